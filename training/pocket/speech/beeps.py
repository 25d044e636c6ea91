"""Beeps to count: a few short tones before or after what is said, as an oven or a phone makes them."""

from __future__ import annotations

import numpy as np

from pocket.speech.utterance import SAMPLE_RATE

#: Length of a beep and of the quiet between two, and between them and the speech.
BEEP_MS = (80.0, 200.0)
BETWEEN_MS = (120.0, 350.0)
APART_MS = (300.0, 700.0)
HERTZ = (400.0, 2000.0)
_EDGE_MS = (4.0, 15.0)
#: Peak of a beep as a share of the speech's peak; beeps without speech are as loud as clips of a pool.
_LEVEL = (0.2, 0.9)
_ALONE = 0.7


#: First sample, and one past the last.
Span = tuple[int, int]


def add_beeps(pcm: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` beeps and `pcm` in one clip, the beeps first or last; float32 at 16 kHz. No beeps: `pcm` itself."""
    return beeped(pcm, count, rng)[0]


def beeped(pcm: np.ndarray, count: int, rng: np.random.Generator) -> tuple[np.ndarray, list[Span]]:
    """`add_beeps`, and where each beep lies in the clip."""
    if count == 0:
        return pcm, []
    beeps, spans = _series(count, rng)
    beeps = beeps * np.float32(rng.uniform(*_LEVEL) * (float(np.abs(pcm).max(initial=0.0)) or _ALONE))
    apart = _quiet(APART_MS, rng)
    first = rng.random() < 0.5
    parts = [beeps, apart, pcm] if first else [pcm, apart, beeps]
    at = 0 if first else len(pcm) + len(apart)
    return np.concatenate(parts).astype(np.float32, copy=False), [(at + begin, at + end) for begin, end in spans]


def _series(count: int, rng: np.random.Generator) -> tuple[np.ndarray, list[Span]]:
    """Beeps of one source, so of one timbre: mostly all alike at an even pace, at times of various pitch or pace."""
    timbre = _timbre(rng)
    hertz, length, between = (rng.uniform(*span) for span in (HERTZ, BEEP_MS, BETWEEN_MS))
    tune, uneven = rng.random() < 0.3, rng.random() < 0.3
    parts: list[np.ndarray] = []
    spans: list[Span] = []
    for number in range(count):
        if tune:
            hertz = rng.uniform(*HERTZ)
        if uneven:
            length, between = rng.uniform(*BEEP_MS), rng.uniform(*BETWEEN_MS)
        if number:
            parts.append(_quiet((between, between), rng))
        parts.append(_beep(hertz, length, timbre, rng.uniform(*_EDGE_MS)))
        end = sum(map(len, parts))
        spans.append((end - len(parts[-1]), end))
    return np.concatenate(parts), spans


def _beep(hertz: float, length_ms: float, timbre: np.ndarray, edge_ms: float) -> np.ndarray:
    time = np.arange(int(length_ms * SAMPLE_RATE / 1000), dtype=np.float32) / SAMPLE_RATE
    wave = np.zeros(len(time), np.float32)
    for order, weight in enumerate(timbre, 1):
        if order * hertz < 0.45 * SAMPLE_RATE:
            wave += np.float32(weight) * np.sin(np.float32(2 * np.pi * order * hertz) * time)
    edge = int(edge_ms * SAMPLE_RATE / 1000)
    rise = (0.5 - 0.5 * np.cos(np.pi * np.arange(edge) / edge)).astype(np.float32)
    wave[:edge] *= rise
    wave[-edge:] *= rise[::-1]
    return wave / np.abs(wave).max()


def _timbre(rng: np.random.Generator) -> np.ndarray:
    """Weights of the harmonics: a sine, a square-like buzzer's odd ones, or any."""
    orders = np.arange(1, 8)
    kind = rng.integers(3)
    if kind == 0:
        return (orders == 1).astype(float)
    if kind == 1:
        return (orders % 2) / orders
    return np.where(orders == 1, 1.0, rng.uniform(0.0, 0.7, len(orders)) / orders)


def _quiet(span_ms: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    return np.zeros(int(rng.uniform(*span_ms) * SAMPLE_RATE / 1000), np.float32)
