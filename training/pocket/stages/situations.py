"""What the ear's heads learn on: sound up to the moment at which they are asked, and what is to be said of it there.

    python -m pocket.stages.situations --encoder work/ear_int8.onnx --robots work/robots --natural work/natural --count 6000 --out work/situations

Labels are 1, 0 or -1 (nobody knows), in the order of `HEADS`.
"""
from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from pocket.model.config import WHISPER_BASE
from pocket.speech import pauses, voiced
from pocket.speech.pool import MARGIN
from pocket.speech.rough import LEAD, Roughener
from pocket.speech.utterance import SAMPLE_RATE

from .ear_cache import Clip, Ear, natural, robots, whole

Rng = np.random.Generator
KINDS = {"finished": 0.24, "brief": 0.12, "unfinished": 0.23, "begun": 0.09, "aside": 0.14, "nobody": 0.11, "afar": 0.07}
BRIEF_S = 1.1
LONGEST_S = 8.0
NOISES = ("music", "keyboard", "fan", "street", "babble", "pink")


class Situations:
    def __init__(self, clips: list[Clip], rng: Rng) -> None:
        by = lambda *kinds: [c for c in clips if c.kind in kinds and len(c.pcm) > 0.15 * SAMPLE_RATE]  # noqa: E731
        self.questions, self.asides, self.loose = by("question"), by("backchannel", "stop", "fragment"), by("content", "question")
        self.brief = [c for c in self.questions if len(c.pcm) < BRIEF_S * SAMPLE_RATE] or self.questions
        # Natural voices as often as robots, however few they are.
        weight = lambda of: np.array([1.0 if c.robot else max(1.0, sum(x.robot for x in of) / max(1, sum(not x.robot for x in of))) for c in of])  # noqa: E731
        self._weights = {id(of): weight(of) / weight(of).sum() for of in (self.questions, self.brief, self.asides, self.loose)}
        self.rough = Roughener(rng, lambda r: self._one(self.loose, r).pcm)

    def _one(self, of: list[Clip], rng: Rng) -> Clip:
        return of[int(rng.choice(len(of), p=self._weights[id(of)]))]

    def sample(self, rng: Rng) -> tuple[np.ndarray, tuple[int, int, int], str]:
        """-> sound so far, labels, kind"""
        kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
        said, labels = getattr(self, "_" + kind)(rng)
        lead = np.zeros(int(rng.uniform(*LEAD) * SAMPLE_RATE), np.float32)
        behind = 0 if kind == "begun" else pauses.silence(rng)
        strength = float(rng.choice((0.0, 0.5, 1.0), p=(0.25, 0.35, 0.4)))
        if rng.random() < 0.2:  # a recording that is cut off: its room stops too
            pcm = np.concatenate([self.rough(np.concatenate([lead, said]), rng, strength), pauses.room(behind, rng)])
        else:
            pcm = self.rough(np.concatenate([lead, said, np.zeros(behind, np.float32)]), rng, strength)
        return pcm[-int(LONGEST_S * SAMPLE_RATE) :], labels, kind

    def _finished(self, rng: Rng) -> tuple[np.ndarray, tuple[int, int, int]]:
        said = pauses.spoken(self._one(self.questions, rng).pcm, True, rng)
        if rng.random() < 0.12:  # and something happens behind it
            noise = voiced.KINDS[str(rng.choice(["cough", "knock"]))](rng)[: int(0.6 * SAMPLE_RATE)]
            said = np.concatenate([said, np.zeros(int(rng.uniform(0.05, 0.3) * SAMPLE_RATE), np.float32), np.float32(rng.uniform(0.1, 0.7)) * noise])
        return said, (1, 0, 1)

    def _brief(self, rng: Rng) -> tuple[np.ndarray, tuple[int, int, int]]:
        """"Hello", "help", "who are you": as short as what is not for the model, and for it all the same."""
        return pauses.spoken(self._one(self.brief, rng).pcm, True, rng), (1, 0, 1)

    def _unfinished(self, rng: Rng) -> tuple[np.ndarray, tuple[int, int, int]]:
        said = pauses.spoken(self._one(self.questions, rng).pcm, False, rng)
        return said, (0, 0 if len(said) > 0.5 * SAMPLE_RATE else -1, 1 if len(said) > 0.5 * SAMPLE_RATE else -1)

    def _begun(self, rng: Rng) -> tuple[np.ndarray, tuple[int, int, int]]:
        clip = self._one(self.questions, rng).pcm[MARGIN:]
        return clip[: int(rng.uniform(0.4, 1.4) * SAMPLE_RATE)], (-1, 0, 1)

    def _aside(self, rng: Rng) -> tuple[np.ndarray, tuple[int, int, int]]:
        clip = self._one(self.asides, rng)
        return clip.pcm[: len(clip.pcm) - MARGIN], (-1 if clip.kind == "fragment" else 1, 1, int(clip.kind == "stop"))

    def _nobody(self, rng: Rng) -> tuple[np.ndarray, tuple[int, int, int]]:
        if rng.random() < 0.65:
            return voiced.KINDS[str(rng.choice(list(voiced.KINDS)))](rng)[: int(5 * SAMPLE_RATE)], (1, 1, 0)
        noise = self.rough.noise(str(rng.choice(NOISES)), int(rng.uniform(0.5, 4.0) * SAMPLE_RATE), rng)
        return (noise * np.float32(0.7 / (np.abs(noise).max() + 1e-9))).astype(np.float32), (1, 1, 0)

    def _afar(self, rng: Rng) -> tuple[np.ndarray, tuple[int, int, int]]:
        """A television or people in the next room: sentences in a row, through a wall, far below what a speaker close by has."""
        parts = []
        for _ in range(int(rng.integers(1, 4))):
            parts += [self._one(self.loose, rng).pcm, np.zeros(int(rng.uniform(0.0, 0.3) * SAMPLE_RATE), np.float32)]
        talk = np.concatenate(parts)[: int(5 * SAMPLE_RATE)]
        from scipy import signal

        talk = signal.lfilter(*signal.butter(2, rng.uniform(700, 2500), fs=SAMPLE_RATE), talk).astype(np.float32)
        for _ in range(2):
            room = self.rough._augmenter._room(rng)
            talk = signal.fftconvolve(talk, room)[: len(talk)].astype(np.float32)
        if rng.random() < 0.5:
            talk = self.rough.noisy(talk, str(rng.choice(["music", "babble"])), rng.uniform(-3, 12), rng)
        return talk * np.float32(0.7 / (np.abs(talk).max() + 1e-9)), (-1, 1, 0)


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--encoder", type=Path, required=True)
    p.add_argument("--robots", type=Path, nargs="*", default=[])
    p.add_argument("--natural", type=Path, nargs="*", default=[])
    p.add_argument("--shards", type=int, nargs=2, default=(0, 10_000))
    p.add_argument("--count", type=int, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args(argv)
    torch.set_num_threads(1)
    rng = np.random.default_rng(a.seed)
    unit = WHISPER_BASE.hop * WHISPER_BASE.mel_per_token
    clips = [x for f in a.robots for x in robots(f)] + [x for f in a.natural for x in natural(f, tuple(a.shards))]
    situations, ear = Situations(clips, rng), Ear(a.encoder)
    a.out.mkdir(parents=True, exist_ok=True)
    rows, at, began = [], 0, time.monotonic()
    with open(a.out / "middle.f16", "wb") as middles, open(a.out / "heard.f16", "wb") as heards:
        for _ in range(a.count):
            pcm, labels, kind = situations.sample(rng)
            middle, heard = ear(whole(pcm, unit))
            middles.write(middle.tobytes())
            heards.write(heard.tobytes())
            rows.append([at, len(heard), *labels, kind])
            at += len(heard)
            if len(rows) % 500 == 0:
                print(f"{len(rows)} of {a.count}, {at / 50:.0f} s of sound in {time.monotonic() - began:.0f} s", flush=True)
    (a.out / "rows.json").write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
