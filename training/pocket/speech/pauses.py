"""Clips as a turn detector meets them: finished, broken off, paused and gone on. Nothing here knows the language.

Where a speaker hesitates is found by ear: at a lull, at a stretch that is quiet by itself (a closure, a gap between words), or anywhere.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pocket.speech.augment import Augmenter
from pocket.speech.pool import MARGIN
from pocket.speech.utterance import SAMPLE_RATE

MS = SAMPLE_RATE // 1000
#: What is looked at to find a quiet place (the same as bench/scripted-pause.ts).
GAP = 20 * MS
#: A clip is broken off somewhere in between, in shares of its speech.
EARLIEST, LATEST = 0.12, 0.9
#: Hesitations inside of a question that goes on.
SHORTEST_PAUSE, LONGEST_PAUSE = 60 * MS, 1600 * MS
#: What a sound that ends a recording is louder than: -45 dB, and so many times the recording's noise (the same as tools/support/true-end.ts).
QUIET, ABOVE_NOISE = 10 ** (-45 / 20), 6.0
#: Noise is measured in the quietest tenth of these.
WINDOW = 10 * MS
#: Level of a quiet room against full scale: what a scripted pause is made of.
ROOM = 1e-4


@dataclass(frozen=True)
class Heard:
    """What has been heard when somebody asks whether the turn is over. The sound ends there."""

    pcm: np.ndarray
    finished: bool
    #: samples of silence at the end
    silence: int


def quietest(clip: np.ndarray, first: float, last: float) -> int:
    """The middle of the quietest GAP between two shares of the speech."""
    begin, end = MARGIN, len(clip) - MARGIN
    from_, to = int(begin + (end - begin) * first), int(begin + (end - begin) * last)
    energy = np.concatenate([[0.0], np.cumsum(np.square(clip[from_:to], dtype=np.float64))])
    if len(energy) <= GAP:
        return (from_ + to) // 2
    return from_ + int(np.argmin(energy[GAP:] - energy[:-GAP])) + GAP // 2


def lulls(clip: np.ndarray, least: int = 90 * MS, below_db: float = -26.0) -> list[tuple[int, int]]:
    """Every stretch inside of the speech that is so much quieter than its peak for so long: where the speaker himself paused. [(start, end)] in samples."""
    peaks = np.abs(clip[: len(clip) // WINDOW * WINDOW]).reshape(-1, WINDOW).max(1)
    loud = np.flatnonzero(peaks >= peaks.max(initial=1e-9) * 10 ** (below_db / 20))
    return [(int(a + 1) * WINDOW, int(b) * WINDOW) for a, b in zip(loud[:-1], loud[1:]) if (b - a - 1) * WINDOW >= least]


def audible(pcm: np.ndarray) -> int:
    """One past the last sample that is louder than QUIET and than the recording's own noise; all of it where none is."""
    windows = pcm[: len(pcm) // WINDOW * WINDOW].reshape(-1, WINDOW).astype(np.float64)
    energies = np.sort(np.square(windows).mean(1))
    noise = np.sqrt(energies[len(energies) // 10]) if len(energies) else 0.0
    loud = np.flatnonzero(np.abs(pcm) > max(QUIET, ABOVE_NOISE * noise))
    return int(loud[-1]) + 1 if len(loud) else len(pcm)


def place(clip: np.ndarray, rng: np.random.Generator) -> int:
    """Where a speaker might break off."""
    kind = rng.random()
    if kind < 0.35:
        return quietest(clip, 0.3, 0.7)
    width = 0.15 if kind < 0.8 else 0.02  # a lull somewhere, or almost anywhere
    first = rng.uniform(EARLIEST, LATEST - width)
    return quietest(clip, first, first + width)


def silence(rng: np.random.Generator) -> int:
    """How much silence there is when the question is put: mostly what a tentative pause and the detector's lag come to."""
    kind = rng.random()
    low, high = (90, 260) if kind < 0.65 else (10, 90) if kind < 0.8 else (260, 600)
    return int(rng.uniform(low, high)) * MS


def fade(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A voice that stops: at once or within 60 ms, so that an edge is no sign of anything."""
    out = clip.copy()
    length = min(len(out), int(rng.uniform(0, 60)) * MS)
    if length and rng.random() < 0.7:
        out[-length:] *= np.linspace(1, 0, length, dtype=np.float32)
    return out


def hesitate(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The clip with a pause inside, after which it goes on."""
    at = place(clip, rng)
    pause = int(np.exp(rng.uniform(np.log(SHORTEST_PAUSE), np.log(LONGEST_PAUSE))))
    return np.concatenate([fade(clip[:at], rng), np.zeros(pause, np.float32), clip[at:]])


def spoken(clip: np.ndarray, finished: bool, rng: np.random.Generator) -> np.ndarray:
    """The clip so far, ending with its last sound."""
    if finished:
        said = clip[: len(clip) - MARGIN]
        return hesitate(clip, rng)[:-MARGIN] if rng.random() < 0.3 else said
    said = fade(clip[: place(clip, rng)], rng)
    if rng.random() < 0.8:
        return said
    return hesitate(np.concatenate([said, np.zeros(MARGIN, np.float32)]), rng)[:-MARGIN]  # the second hesitation of two


def heard(clip: np.ndarray, finished: bool, augmenter: Augmenter, rng: np.random.Generator, strength: float = 1.0) -> Heard:
    """One clip of a pool (MARGIN of near-silence on both sides) as heard when its turn may be over."""
    wanted = silence(rng)
    if rng.random() < 0.3:
        # As a scripted pause is made: the sound is recorded first and interrupted then, so its room and its noise stop too.
        recorded, shift = augmenter(clip, rng, strength)
        body = recorded[: shift.lead + int(len(clip) * shift.stretch)]
        lead = body[: max(0, shift.lead)]
        said = np.concatenate([lead, spoken(body[shift.lead :], finished, rng)])
        if finished and rng.random() < 0.7:
            said = said[: audible(said)]  # soft ends are lost
        return Heard(np.concatenate([said, room(wanted, rng)]), finished, wanted)
    said = spoken(clip, finished, rng)
    recorded, shift = augmenter(said, rng, strength)
    end = shift.lead + int(len(said) * shift.stretch)
    pcm = recorded[: end + wanted]
    if len(pcm) < end + wanted:
        pcm = np.concatenate([pcm, room(end + wanted - len(pcm), rng)])
    return Heard(pcm, finished, wanted)


def room(samples: int, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(-ROOM, ROOM, samples).astype(np.float32)
