"""What becomes of speech on its way to a model, without moving it in time: rooms, noises, microphones, gains, the codec and its losses.

`placed` is what a client sends when nothing goes wrong; `rough` what rooms, noises and lines make of it, sample for sample in the same place: so two ears
can hear the same moment, one clean and one not.
"""
from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import signal

from .augment import Augmenter, _equaliser, _overdrive
from .opus import OpusPass
from .utterance import SAMPLE_RATE

Rng = np.random.Generator
#: How long a crop begins before the first sound and ends behind the last, s.
LEAD, TAIL = (0.05, 0.4), (0.1, 0.45)
#: Tempo and pitch together, as of a tape.
RATES = (0.88, 1.14)
BITRATES = (12_000, 16_000, 20_000, 24_000, 32_000)
NOISES = ("white", "pink", "brown", "fan", "music", "street", "keyboard", "babble")


def placed(clip: np.ndarray, rng: Rng, rate: float = 1.0) -> tuple[np.ndarray, int]:
    """The clip at another rate with silence round it, peak 0.7; and how many samples of silence there are in front."""
    if rate != 1.0:
        clip = signal.resample(clip, int(len(clip) / rate)).astype(np.float32)
    lead, tail = (int(rng.uniform(*of) * SAMPLE_RATE) for of in (LEAD, TAIL))
    out = np.concatenate([np.zeros(lead, np.float32), clip, np.zeros(tail, np.float32)])
    return out * np.float32(0.7 / (np.abs(out).max() + 1e-9)), lead


class Roughener:
    """`babble` draws a clip of somebody else's speech."""

    def __init__(self, rng: Rng, babble: Callable[[Rng], np.ndarray]) -> None:
        self._augmenter = Augmenter(rng)
        self._babble = babble
        self._opus = OpusPass()

    def __call__(self, pcm: np.ndarray, rng: Rng, strength: float = 1.0) -> np.ndarray:
        """strength 0 is a good microphone close by, 1 the full range."""
        hard = rng.random() < 0.75 * strength
        size = len(pcm)
        out = self._channel(pcm, rng, 0.8 * strength if hard else 0.1, hard)
        if rng.random() < 0.6 * strength:
            out = self.noisy(out, str(rng.choice(NOISES)), rng.uniform(0.0, 20.0) if rng.random() < 0.6 else rng.uniform(15.0, 35.0), rng)
        peak = float(np.abs(out).max()) + 1e-9
        if hard and rng.random() < 0.2:
            out = _overdrive(out, peak, rng)
            peak = float(np.abs(out).max()) + 1e-9
        quiet = rng.uniform(-40.0, 0.0) if rng.random() < 0.5 * strength else rng.uniform(-20.0, 0.0)
        out = out * np.float32(10.0 ** (quiet / 20.0) / peak)
        out += self._augmenter._stretch_of(self._augmenter.white, size, rng) * np.float32(10.0 ** (rng.uniform(-90.0, -66.0) / 20.0))
        out = np.clip(out, -1.0, 1.0).astype(np.float32)
        if rng.random() < 0.35:
            out = self.called(out, rng)
        return out

    def called(self, pcm: np.ndarray, rng: Rng) -> np.ndarray:
        """Through the codec, at times with losses that its decoder conceals."""
        loss = rng.uniform(0.0, 0.05) if rng.random() < 0.5 else 0.0
        return self._opus.lossy(pcm, int(rng.choice(BITRATES)), lambda _: bool(rng.random() < loss))

    def _channel(self, pcm: np.ndarray, rng: Rng, amount: float, hard: bool) -> np.ndarray:
        room = self._augmenter._room(rng) if hard and rng.random() < 0.5 else None
        size = len(pcm) + (0 if room is None else len(room)) + 64
        size = int(2 ** np.ceil(np.log2(size)))
        spectrum = np.fft.rfft(pcm, size)
        if room is not None:
            spectrum *= np.fft.rfft(room, size)
        spectrum *= _equaliser(len(spectrum), rng, amount, not hard)
        return np.fft.irfft(spectrum, size)[: len(pcm)].astype(np.float32)

    def noisy(self, pcm: np.ndarray, kind: str, snr_db: float, rng: Rng) -> np.ndarray:
        noise = self.noise(kind, len(pcm), rng)
        speech = np.sqrt(np.mean(np.square(pcm[np.abs(pcm) > 0.02 * (np.abs(pcm).max() + 1e-9)]))) if np.abs(pcm).max() > 0 else 1.0
        level = float(np.sqrt(np.mean(np.square(noise)))) + 1e-9
        return pcm + noise * np.float32(speech / level * 10.0 ** (-snr_db / 20.0))

    def noise(self, kind: str, size: int, rng: Rng) -> np.ndarray:
        """Of about unit energy."""
        a = self._augmenter
        banks = dict(zip(("white", "pink", "brown"), a.banks))
        if kind in banks:
            return a._stretch_of(banks[kind], size, rng)
        return {"fan": self._fan, "music": self._music, "street": self._street, "keyboard": self._keyboard, "babble": self._many}[kind](size, rng)

    def _many(self, size: int, rng: Rng) -> np.ndarray:
        """One to five people elsewhere."""
        out = np.zeros(size, np.float32)
        for _ in range(int(rng.integers(1, 6))):
            at, gain = -int(rng.integers(0, SAMPLE_RATE)), rng.uniform(0.4, 1.0)
            while at < size:
                other = self._babble(rng)
                begin, end = max(0, at), min(size, at + len(other))
                if end > begin:
                    out[begin:end] += np.float32(gain) * other[begin - at : end - at]
                at += len(other) + int(rng.uniform(0, 0.5) * SAMPLE_RATE)
        return out

    def _fan(self, size: int, rng: Rng) -> np.ndarray:
        t = np.arange(size, dtype=np.float32) / SAMPLE_RATE
        out = self._augmenter._stretch_of(self._augmenter.banks[2], size, rng).copy()
        base = rng.uniform(40, 240)
        for k in range(1, 6):
            out += np.float32(rng.uniform(0, 0.8) / k) * np.sin(2 * np.pi * base * k * t + rng.uniform(0, 6.28)).astype(np.float32)
        return out * (1 + np.float32(0.2) * np.sin(2 * np.pi * rng.uniform(0.5, 6) * t))

    def _street(self, size: int, rng: Rng) -> np.ndarray:
        """Rumble and passing cars: pink and brown noise that swells."""
        knots = rng.uniform(0.15, 1.0, max(2, size // SAMPLE_RATE + 2))
        swell = np.interp(np.arange(size) / SAMPLE_RATE, np.arange(len(knots)), knots).astype(np.float32)
        a = self._augmenter
        return swell * (a._stretch_of(a.banks[1], size, rng) + a._stretch_of(a.banks[2], size, rng))

    def _keyboard(self, size: int, rng: Rng) -> np.ndarray:
        out = np.zeros(size, np.float32)
        at = int(rng.uniform(0, 0.2) * SAMPLE_RATE)
        while at < size:
            n = min(int(rng.uniform(0.004, 0.03) * SAMPLE_RATE), size - at)
            click = rng.standard_normal(n).astype(np.float32) * np.exp(-np.arange(n) / max(1.0, n / 5)).astype(np.float32)
            out[at : at + n] += np.float32(rng.uniform(0.4, 1.5)) * click
            at += int(rng.uniform(0.06, 0.35) * SAMPLE_RATE)
        return out

    def _music(self, size: int, rng: Rng) -> np.ndarray:
        """Chords and a tune of decaying harmonics over a beat."""
        out = np.zeros(size, np.float32)
        root, beat = rng.uniform(90, 220), int(rng.uniform(0.2, 0.6) * SAMPLE_RATE)
        scale = np.array([0, 2, 3, 5, 7, 8, 10, 12] if rng.random() < 0.5 else [0, 2, 4, 5, 7, 9, 11, 12])
        soft = rng.uniform(0.8, 2.0)
        for start in range(0, size, beat):
            n = min(size - start, int(beat * rng.uniform(0.8, 2.5)))
            t = np.arange(n, dtype=np.float32) / SAMPLE_RATE
            notes = [root * 2 ** (rng.choice(scale) / 12) for _ in range(int(rng.integers(1, 4)))]
            for f in notes:
                for k in range(1, 7):
                    if f * k < 7500:
                        out[start : start + n] += np.float32(rng.uniform(0.3, 1) / k**soft) * np.sin(2 * np.pi * f * k * t + rng.uniform(0, 6.28)).astype(np.float32) * np.exp(-t * rng.uniform(1, 6)).astype(np.float32)
            if rng.random() < 0.5:
                m = min(n, 1200)
                out[start : start + m] += np.float32(rng.uniform(0.3, 1.5)) * rng.standard_normal(m).astype(np.float32) * np.exp(-np.arange(m) / 250).astype(np.float32)
        return out
