"""Pools of speech: many voices of each text, on disk, memory-mapped by the training.

A pool folder holds `pcm.i16` (all clips end to end, 16 kHz), `labels.i8` (phoneme classes at 20 ms, end to end), `meta.npz`
(offsets, lengths, text_id, voice_id, label_offsets, label_lengths, split), `texts.json`, `phonemes.json` and `voices.json`.

    python -m pocket.speech.pool --texts FILE.json --per-text 20 --split train --out DIR --seed 1
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from pocket.speech.letters import is_chinese
from pocket.speech.phonemes import INVENTORY, frame_labels
from pocket.speech.sources import Sources, all_speakers
from pocket.speech.utterance import SAMPLE_RATE, Utterance
from pocket.speech.voices import SPLITS, Lang, Split

#: Clips to a worker process. Each chunk gets a fresh one (see espeak.py), so the pool does not depend on `workers`.
_CHUNK = 4000
#: Samples kept before and after the sound: 30 ms.
MARGIN = 480
#: Share of clips that go through Opus.
OPUS_SHARE = 0.35
#: Share of training clips by the recorded voices of extra.py, where installed.
EXTRA_SHARE = 0.3
#: Level to which clips are raised, so that 16 bits are used alike by loud and soft voices.
_PEAK = 0.7
#: Ways to end a sentence: espeak takes its melody from the mark.
_ENDINGS = {"en": ("", "", ".", "?", "?", "!"), "zh": ("", "", "。", "？", "？", "！")}


#: One clip: its sound, the phoneme classes of its frames, the text's index and the voice's.
Clip = tuple[np.ndarray, np.ndarray, int, int]
_Tables = dict[str, np.ndarray]


@dataclass(frozen=True)
class _Job:
    """One chunk of clips: the first clip's number and the text ids to speak."""

    first: int
    text_ids: list[int]


class SilentUtterance(ValueError):
    """A synthesiser said nothing: few voices cannot say few texts."""


def trim(utterance: Utterance) -> tuple[np.ndarray, np.ndarray]:
    """Cut a clip to its sound with MARGIN on both sides, normalise it, and label its frames."""
    pcm = utterance.pcm
    peak = float(np.abs(pcm).max(initial=0.0))
    if peak < 1e-3:
        raise SilentUtterance("a silent utterance")
    # 5 ms means rather than samples: the click that ends some variants is not speech.
    hop = SAMPLE_RATE // 200
    means = np.abs(pcm[: len(pcm) // hop * hop]).reshape(-1, hop).mean(axis=1)
    loud = np.flatnonzero(means > 0.004 * peak)
    first, last = int(loud[0]) * hop, (int(loud[-1]) + 1) * hop
    clip = np.zeros(last - first + 2 * MARGIN, np.float32)
    start, end = max(0, first - MARGIN), min(len(pcm), last + MARGIN)
    clip[start - first + MARGIN : end - first + MARGIN] = pcm[start:end]
    clip *= _PEAK / peak
    labels = frame_labels(utterance.phonemes, len(clip), first - MARGIN, (MARGIN, MARGIN + last - first))
    return clip, labels


def _make_chunk(job: _Job, texts: Sequence[str], split: Split, seed: int, folder: Path, extra_share: float) -> _Tables:
    """Synthesise one chunk into part files; returns its share of the tables. Runs in a process of its own."""
    from pocket.speech.opus import opus_pass

    sources = Sources(split, extra_share)
    voice_ids = {name: index for index, name in enumerate(all_speakers())}

    def clips() -> Iterator[Clip]:
        for number, text_id in enumerate(job.text_ids, job.first):
            # A generator to a clip: clip n of a pool is the same voice whatever came before it.
            rng = np.random.default_rng((seed, SPLITS.index(split), number))
            lang: Lang = "zh" if is_chinese(texts[text_id]) else "en"
            voice = sources.sample(rng, lang)
            spoken = texts[text_id] + str(rng.choice(_ENDINGS[lang]))
            try:
                clip, labels = trim(sources.synth(spoken, voice))
            except SilentUtterance:
                voice = sources.sample(rng, lang)
                clip, labels = trim(sources.synth(spoken, voice))
            if rng.random() < OPUS_SHARE:
                clip = opus_pass(clip, rng)
            yield clip, labels, text_id, voice_ids[voice.name]

    return _write_part(folder, job.first, clips())


def _write_part(folder: Path, first: int, clips: Iterable[Clip]) -> _Tables:
    rows = []
    with open(folder / f"pcm.{first}.part", "wb") as pcm_file, open(folder / f"labels.{first}.part", "wb") as label_file:
        for clip, labels, text_id, voice_id in clips:
            pcm_file.write((clip * 32767.0).round().astype(np.int16).tobytes())
            label_file.write(labels.astype(np.int8).tobytes())
            rows.append((len(clip), len(labels), text_id, voice_id))
    lengths, label_lengths, texts, voices = np.array(rows, np.int32).T
    return {"lengths": lengths, "label_lengths": label_lengths, "text_id": texts, "voice_id": voices.astype(np.int16)}


def write_pool(out: Path, clips: Iterable[Clip], texts: list[str], voices: list[str]) -> "Pool":
    """A pool of clips that were made elsewhere, held out from training like those of split "test"."""
    out.mkdir(parents=True, exist_ok=True)
    _join(out, [0], [_write_part(out, 0, clips)], {"texts": texts, "phonemes": INVENTORY, "voices": voices}, "test")
    return Pool(out)


def build_pool(
    texts: list[str],
    per_text: int | list[int],
    split: Split,
    out_dir: str | Path,
    seed: int,
    workers: int = 1,
    extra_share: float = EXTRA_SHARE,
) -> "Pool":
    """Speak each text `per_text` times (or per_text[i] times) in voices of `split`.

    The same arguments give the same bytes for any `workers`, on machines with the same synthesisers installed.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {SPLITS}")
    counts = [per_text] * len(texts) if isinstance(per_text, int) else per_text
    if len(counts) != len(texts) or len(set(texts)) != len(texts):
        raise ValueError("texts must be distinct, with one count to each")
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    order = [text_id for text_id, count in enumerate(counts) for _ in range(count)]
    jobs = [_Job(first, order[first : first + _CHUNK]) for first in range(0, len(order), _CHUNK)]
    make = partial(_make_chunk, texts=texts, split=split, seed=seed, folder=out, extra_share=extra_share)
    parts = []
    began = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(max(1, workers), maxtasksperchild=1) as processes:
        for job, part in zip(jobs, processes.imap(make, jobs)):
            parts.append(part)
            done = job.first + len(job.text_ids)
            print(f"speech pool {out.name}: {done}/{len(order)} clips, {time.monotonic() - began:.0f} s", flush=True)
    names = {"texts": texts, "phonemes": INVENTORY, "voices": all_speakers()}
    _join(out, [job.first for job in jobs], parts, names, split)
    return Pool(out)


def _join(out: Path, firsts: list[int], parts: list[_Tables], names: dict[str, Sequence[str]], split: Split) -> None:
    """Join the part files and write the tables last, so that a folder with meta.npz is a whole pool."""
    for kind, name in (("pcm", "pcm.i16"), ("labels", "labels.i8")):
        with open(out / name, "wb") as whole:
            for first in firsts:
                part = out / f"{kind}.{first}.part"
                whole.write(part.read_bytes())
                part.unlink()
    joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    for key in ("lengths", "label_lengths"):
        offsets = np.concatenate([[0], np.cumsum(joined[key], dtype=np.int64)[:-1]])
        joined[key.replace("lengths", "offsets")] = offsets
    for name, values in names.items():
        (out / f"{name}.json").write_text(json.dumps(values, ensure_ascii=False, indent=0))
    np.savez(out / "meta.npz", split=np.array(split), **joined)


class Pool:
    """Reads a pool folder; clips come from a memory map, so opening costs nothing and forked loaders share the pages."""

    def __init__(self, folder: str | Path) -> None:
        root = Path(folder)
        meta = np.load(root / "meta.npz")
        self.split: str = str(meta["split"])
        self.offsets: np.ndarray = meta["offsets"]
        self.lengths: np.ndarray = meta["lengths"]
        self.text_id: np.ndarray = meta["text_id"]
        self.voice_id: np.ndarray = meta["voice_id"]
        self._label_offsets: np.ndarray = meta["label_offsets"]
        self._label_lengths: np.ndarray = meta["label_lengths"]
        self._pcm = np.memmap(root / "pcm.i16", np.int16, "r")
        self._labels = np.memmap(root / "labels.i8", np.int8, "r")
        self.texts: list[str] = json.loads((root / "texts.json").read_text())
        self.phonemes: list[str] = json.loads((root / "phonemes.json").read_text())
        self.voices: list[str] = json.loads((root / "voices.json").read_text())
        self.by_text: dict[str, list[int]] = {text: [] for text in self.texts}
        for index, text_id in enumerate(self.text_id.tolist()):
            self.by_text[self.texts[text_id]].append(index)

    def __len__(self) -> int:
        return len(self.lengths)

    def clip(self, index: int) -> np.ndarray:
        """Clip as float32 at 16 kHz, peak about 0.7."""
        start = int(self.offsets[index])
        return self._pcm[start : start + int(self.lengths[index])].astype(np.float32) / 32768.0

    def labels(self, index: int) -> np.ndarray:
        """Phoneme class of each 20 ms frame, int8, ceil(samples / 320) of them; -1 where unknown."""
        start = int(self._label_offsets[index])
        return np.array(self._labels[start : start + int(self._label_lengths[index])])

    def text(self, index: int) -> str:
        """What clip `index` says."""
        return self.texts[int(self.text_id[index])]


def main(argv: Sequence[str] | None = None) -> None:
    """Command line: see the module's head."""
    parser = argparse.ArgumentParser(description="Build a speech pool")
    parser.add_argument("--texts", type=Path, required=True, help="a JSON list of sentences")
    parser.add_argument("--per-text", type=int, default=20)
    parser.add_argument("--split", choices=SPLITS, default="train")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--extra-share", type=float, default=EXTRA_SHARE, help="share of clips not by espeak (train only)")
    options = parser.parse_args(argv)
    texts = json.loads(options.texts.read_text())
    pool = build_pool(
        texts, options.per_text, options.split, options.out, options.seed, options.workers, options.extra_share
    )
    print(f"{len(pool)} clips, {int(pool.lengths.sum()) / SAMPLE_RATE / 3600:.2f} hours")


if __name__ == "__main__":
    main()
