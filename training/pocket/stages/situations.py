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
from scipy import signal

from pocket.model.config import WHISPER_BASE
from pocket.speech import pauses, voiced
from pocket.speech.pool import MARGIN
from pocket.speech.rough import LEAD, Roughener
from pocket.speech.utterance import SAMPLE_RATE

from .ear_cache import Clip, Ear, natural, robots, whole

Rng = np.random.Generator
KINDS = {"finished": 0.2, "brief": 0.08, "unfinished": 0.11, "broken": 0.1, "hesitating": 0.12, "begun": 0.07, "aside": 0.1, "nobody": 0.07, "afar": 0.04, "talker": 0.13}
BRIEF_S = 1.1
LONGEST_S = 9.0
#: So much of a pause belongs to the sound before it, which dies away.
GOES_ON = SAMPLE_RATE // 50
NOISES = ("music", "keyboard", "fan", "street", "babble", "pink")


class Situations:
    def __init__(self, clips: list[Clip], rng: Rng) -> None:
        by = lambda *kinds: [c for c in clips if c.kind in kinds and len(c.pcm) > 0.15 * SAMPLE_RATE]  # noqa: E731
        self.questions, self.asides, self.loose = by("question"), by("backchannel", "stop", "fragment"), by("content", "question")
        self.paused, self.broken, self.talk = by("hesitating"), by("broken"), by("talk")
        self.brief = [c for c in self.questions if len(c.pcm) < BRIEF_S * SAMPLE_RATE] or self.questions
        # Natural voices as often as robots, however few they are.
        self._weights = {id(of): weights(of) for of in (self.questions, self.brief, self.asides, self.loose, self.paused, self.broken, self.talk) if of}
        # Pools without pauses or talk have no situations of them.
        shares = {k: v for k, v in KINDS.items() if {"hesitating": self.paused, "broken": self.broken, "talker": self.talk}.get(k, True)}
        self.kinds, self._shares = list(shares), np.array(list(shares.values())) / sum(shares.values())
        self.rough = Roughener(rng, lambda r: self._one(self.loose, r).pcm)

    def _one(self, of: list[Clip], rng: Rng) -> Clip:
        return of[int(rng.choice(len(of), p=self._weights[id(of)]))]

    def sample(self, rng: Rng) -> tuple[np.ndarray, tuple[int, int, int], str]:
        """-> sound so far, labels, kind"""
        kind = str(rng.choice(self.kinds, p=self._shares))
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
        said = stretched(self._one(self.paused, rng).pcm, rng)[:-MARGIN] if self.paused and rng.random() < 0.35 else pauses.spoken(self._one(self.questions, rng).pcm, True, rng)
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

    def _broken(self, rng: Rng) -> tuple[np.ndarray, tuple[int, int, int]]:
        """Some of a question, spoken as if it were all: only its words tell."""
        said = self._one(self.broken, rng).pcm[:-MARGIN]
        long = len(said) > 0.5 * SAMPLE_RATE
        return said, (0, 0 if long else -1, 1 if long else -1)

    def _hesitating(self, rng: Rng) -> tuple[np.ndarray, tuple[int, int, int]]:
        """Up to a pause that the speaker himself made: his voice goes on before it, and does not end."""
        clip = self._one(self.paused, rng).pcm
        if not (found := pauses.lulls(clip)):
            return self._unfinished(rng)
        at = found[int(rng.integers(len(found)))][0] + GOES_ON
        said = stretched(clip[:at], rng)
        long = len(said) > 0.5 * SAMPLE_RATE
        return said, (0, 0 if long else -1, 1 if long else -1)

    def _begun(self, rng: Rng) -> tuple[np.ndarray, tuple[int, int, int]]:
        clip = self._one(self.questions, rng).pcm[MARGIN:]
        return clip[: int(rng.uniform(0.4, 1.4) * SAMPLE_RATE)], (-1, 0, 1)

    def _aside(self, rng: Rng) -> tuple[np.ndarray, tuple[int, int, int]]:
        clip = self._one(self.asides, rng)
        return clip.pcm[: len(clip.pcm) - MARGIN], (-1 if clip.kind == "fragment" else 1, 1, int(clip.kind == "stop"))

    def _talker(self, rng: Rng) -> tuple[np.ndarray, tuple[int, int, int]]:
        """Somebody who is clear to hear, and speaks to others: a sentence or more of it, from anywhere to anywhere, as such or by a loudspeaker with music."""
        one = self._one(self.talk, rng)
        parts = [one.pcm[MARGIN:-MARGIN]]
        while rng.random() < 0.45 and sum(map(len, parts)) < 6 * SAMPLE_RATE:
            parts += [np.zeros(int(rng.uniform(0.05, 0.5) * SAMPLE_RATE), np.float32), self._one(self.talk, rng).pcm[MARGIN:-MARGIN]]
        said = np.concatenate(parts)
        places = [place for lull in pauses.lulls(said) for place in lull]
        least = int(1.2 * SAMPLE_RATE)
        if rng.random() < 0.35 and (late := [x for x in places if x < len(said) - least]):
            said = said[late[int(rng.integers(len(late)))] :]
        if len(said) > 1.5 * least and rng.random() < 0.4:
            said = pauses.fade(said[: int(rng.uniform(least, len(said)))], rng)
        if rng.random() < 0.35:
            said = televised(said, rng, self.rough)
        return said, (-1, 1, 0)

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
        talk = signal.lfilter(*signal.butter(2, rng.uniform(700, 2500), fs=SAMPLE_RATE), talk).astype(np.float32)
        for _ in range(2):
            room = self.rough._augmenter._room(rng)
            talk = signal.fftconvolve(talk, room)[: len(talk)].astype(np.float32)
        if rng.random() < 0.5:
            talk = self.rough.noisy(talk, str(rng.choice(["music", "babble"])), rng.uniform(-3, 12), rng)
        return talk * np.float32(0.7 / (np.abs(talk).max() + 1e-9)), (-1, 1, 0)


def weights(clips: list[Clip]) -> np.ndarray:
    """How often each is to be drawn, so that natural voices come as often as robots."""
    robots = sum(c.robot for c in clips)
    of = np.array([1.0 if c.robot else max(1.0, robots / (len(clips) - robots)) for c in clips])
    return of / of.sum()


def stretched(clip: np.ndarray, rng: Rng) -> np.ndarray:
    """The pauses that are in it, as long as somebody may think: 0.1 to 2 s."""
    out, at = [], 0
    for start, end in pauses.lulls(clip):
        middle = (start + end) // 2
        wanted = int(np.exp(rng.uniform(np.log(0.1), np.log(2.0))) * SAMPLE_RATE) - (end - start)
        if rng.random() < 0.6 and wanted > 0:
            out += [clip[at:middle], np.zeros(wanted, np.float32)]
            at = middle
    return np.concatenate([*out, clip[at:]])


def televised(talk: np.ndarray, rng: Rng, rough: Roughener) -> np.ndarray:
    """By a small loudspeaker across the room, or a telephone's; often with music under it."""
    if rng.random() < 0.6:
        talk = rough.noisy(talk, "music", rng.uniform(3, 22), rng)
    low, high = (rng.uniform(120, 260), rng.uniform(3800, 7000)) if rng.random() < 0.75 else (rng.uniform(280, 400), rng.uniform(2900, 3500))
    talk = signal.lfilter(*signal.butter(2, (low, high), "bandpass", fs=SAMPLE_RATE), talk).astype(np.float32)
    if rng.random() < 0.8:
        talk = signal.fftconvolve(talk, rough._augmenter._room(rng))[: len(talk)].astype(np.float32)
    return talk * np.float32(0.7 / (np.abs(talk).max() + 1e-9))


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
