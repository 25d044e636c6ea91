"""Sounds of people and things that ask nothing: humming, singing, laughter, coughs, knocks. Made by rule, so that any number of them differ."""
from __future__ import annotations

import numpy as np
from scipy import signal

from .utterance import SAMPLE_RATE

Rng = np.random.Generator
_VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410), (250, 600, 2200))


def _glottis(hertz: np.ndarray) -> np.ndarray:
    """A buzz of this pitch, falling some 12 dB an octave."""
    phase = np.cumsum(hertz) / SAMPLE_RATE
    out = np.zeros(len(hertz))
    for k in range(1, 30):
        out += np.where(hertz * k < 7000, np.sin(2 * np.pi * k * phase) / k**1.6, 0.0)
    return out


def _formants(x: np.ndarray, rng: Rng) -> np.ndarray:
    out = 0.15 * x
    scale = rng.uniform(0.9, 1.2)
    for hertz in _VOWELS[int(rng.integers(len(_VOWELS)))]:
        b, a = signal.iirpeak(min(hertz * scale, 7000), rng.uniform(4, 9), fs=SAMPLE_RATE)
        out = out + signal.lfilter(b, a, x)
    return out


def _pitch(rng: Rng) -> float:
    return float(rng.uniform(85, 180) if rng.random() < 0.5 else rng.uniform(160, 380))


def humming(rng: Rng, sung: bool = False) -> np.ndarray:
    """Some notes, with vibrato; sung: vowels that change."""
    base, parts = _pitch(rng), []
    for _ in range(int(rng.integers(3, 9))):
        n = int(rng.uniform(0.18, 0.7) * SAMPLE_RATE)
        t = np.arange(n) / SAMPLE_RATE
        note = base * 2 ** (int(rng.choice([0, 2, 3, 4, 5, 7, 9, 12])) / 12)
        tone = _glottis(note * (1 + rng.uniform(0, 0.02) * np.sin(2 * np.pi * rng.uniform(4, 7) * t)))
        tone = _formants(tone, rng) if sung else signal.lfilter(*signal.butter(2, rng.uniform(400, 900), fs=SAMPLE_RATE), tone)
        edge = min(n // 3, int(0.05 * SAMPLE_RATE))
        tone[:edge] *= np.linspace(0, 1, edge)
        tone[-edge:] *= np.linspace(1, 0, edge)
        parts.append(tone)
        if rng.random() < 0.3:
            parts.append(np.zeros(int(rng.uniform(0.03, 0.25) * SAMPLE_RATE)))
    return _levelled(np.concatenate(parts), rng)


def laughter(rng: Rng) -> np.ndarray:
    """Bursts of breath and voice at four or five a second, falling."""
    base, rate, parts = _pitch(rng) * 1.3, rng.uniform(3.5, 6), []
    count = int(rng.integers(3, 11))
    for i in range(count):
        n = int(SAMPLE_RATE / rate)
        voiced = int(n * rng.uniform(0.35, 0.6))
        pitch = base * (1 - 0.3 * i / count) * np.linspace(1.1, 0.9, voiced)
        voice = _formants(_glottis(pitch), rng) * np.hanning(voiced)
        breath = rng.normal(0, 1, n - voiced) * np.hanning(n - voiced) * rng.uniform(0.05, 0.35)
        breath = signal.lfilter(*signal.butter(2, [600, 5000], "band", fs=SAMPLE_RATE), breath)
        parts += [breath, voice / (np.abs(voice).max() + 1e-9) * (1 - 0.5 * i / count)]
    return _levelled(np.concatenate(parts), rng)


def cough(rng: Rng) -> np.ndarray:
    parts = []
    for _ in range(int(rng.integers(1, 4))):
        n = int(rng.uniform(0.12, 0.35) * SAMPLE_RATE)
        burst = rng.normal(0, 1, n) * np.exp(-np.arange(n) / (n / rng.uniform(3, 6)))
        burst = signal.lfilter(*signal.butter(2, [rng.uniform(150, 400), rng.uniform(2000, 6000)], "band", fs=SAMPLE_RATE), burst)
        parts += [burst, np.zeros(int(rng.uniform(0.05, 0.4) * SAMPLE_RATE))]
    return _levelled(np.concatenate(parts), rng)


def knock(rng: Rng) -> np.ndarray:
    """A door, a cup, keys: short resonant blows."""
    parts = []
    for _ in range(int(rng.integers(1, 6))):
        n = int(rng.uniform(0.05, 0.25) * SAMPLE_RATE)
        t = np.arange(n) / SAMPLE_RATE
        blow = sum(rng.uniform(0.2, 1) * np.sin(2 * np.pi * f * t) * np.exp(-t * rng.uniform(15, 90)) for f in rng.uniform(90, 5000, int(rng.integers(2, 6))))
        blow = blow + 0.3 * rng.normal(0, 1, n) * np.exp(-t * 120)
        parts += [blow, np.zeros(int(rng.uniform(0.03, 0.4) * SAMPLE_RATE))]
    return _levelled(np.concatenate(parts), rng)


def _levelled(x: np.ndarray, rng: Rng) -> np.ndarray:
    return (x * (0.7 / (np.abs(x).max() + 1e-9))).astype(np.float32)


KINDS = {"humming": humming, "singing": lambda rng: humming(rng, True), "laughter": laughter, "cough": cough, "knock": knock}
