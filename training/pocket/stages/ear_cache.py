"""Hears pools of clips with the frozen ear, each in some rough variants, and keeps what it heard (ears.py).

    python -m pocket.stages.ear_cache --encoder work/ear_int8.onnx --robots work/robots --natural work/natural --variants 2 --teacher work/v2.pt --out work/ears

The ear is the int8 graph that the engine runs, so what is learned on its features fits it. A teacher is an earlier model that hears robots well: it hears the
same clip, clean, at the same time, and what it hears is kept beside (`ear_start` begins with it).
"""
from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

from pocket import world as w
from pocket.model.audio import AudioEncoder, AudioFrontend
from pocket.model.config import WHISPER_BASE, AudioConfig
from pocket.model.whisper import WhisperFrontend
from pocket.speech.beeps import beeped
from pocket.speech.pool import MARGIN, Pool
from pocket.speech.rough import RATES, Roughener, placed

from .common import part
from .ears import Entry

Rng = np.random.Generator


@dataclass(frozen=True)
class Clip:
    pcm: np.ndarray
    kind: str
    text: str
    said: str
    at: int
    robot: bool
    source: str


def trimmed(pcm: np.ndarray) -> np.ndarray:
    """Cut to its sound with a margin of 30 ms."""
    loud = np.flatnonzero(np.abs(pcm) > 0.012 * np.abs(pcm).max())
    return pcm[max(0, loud[0] - MARGIN) : loud[-1] + MARGIN] if len(loud) else pcm


def robots(folder: Path) -> Iterator[Clip]:
    pool = Pool(folder)
    meanings = json.loads((folder / "meanings.json").read_text())
    for i in range(len(pool)):
        yield Clip(pool.clip(i), robot=True, source=f"{folder.name}:{i}", **meanings[pool.text(i)])


def natural(folder: Path, shards: tuple[int, int]) -> Iterator[Clip]:
    for path in sorted(folder.glob("s?????.npz")):
        if not shards[0] <= int(path.stem[1:]) < shards[1]:
            continue
        data = np.load(path)
        pcm, at = data["pcm"], 0
        for n, r in enumerate(json.loads(str(data["rows"]))):
            sound = pcm[at : at + r["samples"]].astype(np.float32) / 32768
            at += r["samples"]
            yield Clip(trimmed(sound), r.get("kind", "question"), r["text"], r.get("said", r["text"]), r.get("at", 0), False, f"{folder.name}:{path.stem}:{n}")


class Teacher:
    """The causal ear of 2.5.0."""

    def __init__(self, checkpoint: Path) -> None:
        weights = torch.load(checkpoint, weights_only=True)["model"]
        self.c = c = AudioConfig()
        self.frontend, self.audio = AudioFrontend(c), AudioEncoder(c)
        self.audio.load_state_dict(part(weights, "audio."))
        self.audio.eval()

    def __call__(self, pcm: np.ndarray) -> np.ndarray:
        """`pcm` in whole tokens -> [frames, hidden]"""
        with torch.no_grad():
            mel = self.frontend.by_fft(torch.from_numpy(np.concatenate([np.zeros(240, np.float32), pcm]))[None])
            return self.audio(mel)[0].half().numpy()


class Ear:
    def __init__(self, graph: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self._frontend = WhisperFrontend(WHISPER_BASE)

    def __call__(self, pcm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`pcm` in whole tokens -> middle and last features [frames, hidden], float16."""
        with torch.no_grad():
            mel = self._frontend.by_fft(torch.from_numpy(np.concatenate([np.zeros(240, np.float32), pcm]))[None]).numpy()
        middle, heard = self._session.run(["middle", "heard"], {"input_features": mel})
        return middle[0].astype(np.float16), heard[0].astype(np.float16)


def whole(pcm: np.ndarray, unit: int) -> np.ndarray:
    """Filled up to whole tokens with zeros, as the engine does."""
    return np.pad(pcm, (0, -len(pcm) % unit))


def sounding(clip: Clip, rng: Rng, asked: set[str]) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """What asks about beeps is heard with some."""
    if clip.text not in asked:
        return clip.pcm, []
    return beeped(clip.pcm, int(rng.integers(0, w.MOST_BEEPS + 1)), rng)


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--encoder", type=Path, required=True)
    p.add_argument("--robots", type=Path, nargs="*", default=[])
    p.add_argument("--natural", type=Path, nargs="*", default=[])
    p.add_argument("--shards", type=int, nargs=2, default=(0, 10_000), help="of natural: from, to")
    p.add_argument("--teacher", type=Path)
    p.add_argument("--variants", type=int, default=1)
    p.add_argument("--strength", type=float, default=1.0)
    p.add_argument("--share", type=float, default=1.0, help="of the clips, by chance")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args(argv)
    torch.set_num_threads(1)
    rng = np.random.default_rng(a.seed)
    c = WHISPER_BASE
    unit = c.hop * c.mel_per_token
    clips = [x for f in a.robots for x in robots(f)] + [x for f in a.natural for x in natural(f, tuple(a.shards))]
    if a.share < 1:
        clips = [x for x in clips if rng.random() < a.share]
    rough = Roughener(rng, lambda r: clips[int(r.integers(len(clips)))].pcm)
    asked = {text for lang in w.LANGUAGES for text in w.TONGUES[lang].SOUND}
    ear, teacher = Ear(a.encoder), Teacher(a.teacher) if a.teacher else None
    a.out.mkdir(parents=True, exist_ok=True)
    entries, frames, taught, began = [], 0, 0, time.monotonic()
    with open(a.out / "features.f16", "wb") as features, open(a.out / "teacher.f16", "wb") as teachers:
        for variant in range(a.variants):
            for i in rng.permutation(len(clips)):
                clip = clips[i]
                pcm, beeps = sounding(clip, rng, asked)
                rate = float(rng.uniform(*RATES)) if rng.random() < 0.5 else 1.0
                clean, lead = placed(pcm, rng, rate)
                spans = tuple((lead + int(b / rate), lead + int(e / rate)) for b, e in beeps)
                clean = whole(clean[: c.max_seconds * c.sample_rate - unit], unit)
                _, heard = ear(rough(clean, rng, a.strength))
                features.write(heard.tobytes())
                tokens, row = len(clean) // unit, -1
                if teacher and clip.robot and clip.said == clip.text:
                    teachers.write(teacher(clean).tobytes())
                    row, taught = taught, taught + tokens * c.pool
                entries.append(asdict(Entry(clip.kind, clip.text, clip.said, clip.at, frames, tokens, row, spans, clip.source)))
                frames += tokens * c.pool
                if len(entries) % 500 == 0:
                    print(f"{len(entries)} of {len(clips) * a.variants}, {frames / 50:.0f} s of sound in {time.monotonic() - began:.0f} s", flush=True)
    (a.out / "entries.json").write_text(json.dumps(entries, ensure_ascii=False))
    print(f"{len(entries)} utterances, {frames / 50:.0f} s of sound in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
