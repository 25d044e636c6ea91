"""The test set: questions by held-out voices about scenes of held-out seeds, packed for the Node evaluation.

Three files: `set.json` (questions, key words, offsets), `frames.bin` (JPEGs end to end), `speech.bin` (Ogg/Opus files end to end).
"""
from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pocket import world as w
from pocket.speech import flite
from pocket.speech.augment import augment
from pocket.speech.espeak import Espeak
from pocket.speech.voices import sample_voice

from .media import jpeg, ogg

FAMILIES = ("colour", "shape", "count", "position", "existence", "ocr", "change", "caption", "repeat", "absent", "chat")
SEED = 9_000_001  # disjoint from every training and validation seed


class Blob:
    """Byte strings end to end, each known by [offset, length]."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def add(self, data: bytes) -> list[int]:
        self.parts.append(data)
        self.size += len(data)
        return [self.size - len(data), len(data)]


def ask(family: str, rng: np.random.Generator) -> tuple[w.Clip, w.QA]:
    while True:
        clip, qa = w.sample_qa(rng, family)
        if qa.answer != "Nothing changed." or rng.random() < 0.5:
            return clip, qa


def shown(clip: w.Clip) -> list[int]:
    """The states in the order in which frames show them, near-duplicates left out as the gateway leaves them out."""
    return [s for i, s in enumerate(clip.schedule) if i == 0 or clip.schedule[i - 1] != s]


def build(out: Path, per_family: int, flite_per_family: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    frames, speech = Blob(), Blob()
    espeak = Espeak()
    questions = []

    def plan() -> Iterator[tuple[str, str, int]]:
        for family in FAMILIES:
            yield from ((family, "espeak", i) for i in range(per_family))
            yield from ((family, "flite", i) for i in range(flite_per_family))

    for family, synthesiser, i in plan():
        rng = np.random.default_rng([SEED, FAMILIES.index(family), synthesiser == "flite", i])
        clip, qa = ask(family, rng)
        style = w.sample_style(rng, clip.states)
        pictures = [frames.add(jpeg(w.render(clip.states[s], style, rng))) for s in shown(clip)]
        if synthesiser == "espeak":
            voice = sample_voice(rng, "test")
            pcm = espeak.synth(qa.question, voice.accent, voice.variant, rate=voice.rate, pitch=voice.pitch, pitch_range=voice.pitch_range, word_gap=voice.word_gap).pcm
            name = f"{voice.accent}+{voice.variant}"
        else:
            name = str(rng.choice(flite.installed_voices()))
            pcm = flite.synth(qa.question, name)
        questions.append({
            "id": f"{family}-{synthesiser}-{i:03d}", "family": family, "synthesiser": synthesiser, "voice": name, "question": qa.question,
            "answer": qa.answer, "keys": qa.keys, "cats": qa.cats, "frames": pictures, "speech": speech.add(ogg(augment(pcm, rng, 0.6))),
        })
    (out / "frames.bin").write_bytes(b"".join(frames.parts))
    (out / "speech.bin").write_bytes(b"".join(speech.parts))
    (out / "set.json").write_text(json.dumps({"seed": SEED, "split": "test", "questions": questions}, indent=1) + "\n")
    print(f"{len(questions)} questions, {frames.size / 1e6:.1f} MB of pictures, {speech.size / 1e6:.1f} MB of speech")


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--per-family", type=int, default=72)
    p.add_argument("--flite-per-family", type=int, default=10)
    a = p.parse_args()
    build(a.out, a.per_family, a.flite_per_family)
