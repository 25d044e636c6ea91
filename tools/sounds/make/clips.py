"""What a clip is made of: where its speech lies, how loud it is, and the quiet room round it."""
from __future__ import annotations

import numpy as np

from voices import SAMPLE_RATE

#: A sound counts as speech down to this below the clip's peak (dB).
AUDIBLE_DB = -40.0
_HOP = SAMPLE_RATE // 250
#: dBFS of the microphone's own noise: there is no digital silence.
_FLOOR_DB = -72.0


def span(pcm: np.ndarray) -> tuple[int, int]:
    """First and last sample of what is audible: single peaks do not count, two hops of 4 ms in succession do."""
    peaks = np.abs(pcm[: len(pcm) // _HOP * _HOP]).reshape(-1, _HOP).max(1)
    loud = peaks > np.abs(pcm).max() * 10 ** (AUDIBLE_DB / 20)
    lasting = np.flatnonzero(loud[:-1] & loud[1:])
    return int(lasting[0]) * _HOP, (int(lasting[-1]) + 2) * _HOP


def trimmed(pcm: np.ndarray) -> np.ndarray:
    start, end = span(pcm)
    return pcm[start:end]


def at_level(pcm: np.ndarray, dbfs: float) -> np.ndarray:
    """Speech whose effective value, pauses left out, is `dbfs`; less where its peaks would be cut."""
    windows = pcm[: len(pcm) // 320 * 320].reshape(-1, 320)
    energy = np.square(windows).mean(1)
    active = float(np.sqrt(energy[energy > energy.max() * 1e-3].mean()))
    gain = min(10 ** (dbfs / 20) / active, 0.95 / float(np.abs(pcm).max()))
    return (pcm * gain).astype(np.float32)


def in_a_room(pcm: np.ndarray, lead_ms: float, tail_ms: float, rng: np.random.Generator) -> np.ndarray:
    """With the quiet before and after it, over the microphone's own noise."""
    lead, tail = (int(ms * SAMPLE_RATE / 1000) for ms in (lead_ms, tail_ms))
    out = np.concatenate([np.zeros(lead, np.float32), pcm, np.zeros(tail, np.float32)])
    return out + rng.standard_normal(len(out), dtype=np.float32) * np.float32(10 ** (_FLOOR_DB / 20))


def longest_quiet(pcm: np.ndarray, first: float = 0.15, last: float = 0.9) -> tuple[int, int]:
    """The longest stretch inside the speech that is 26 dB below its peak, samples; of no length where there is none."""
    peaks = np.abs(pcm[: len(pcm) // _HOP * _HOP]).reshape(-1, _HOP).max(1)
    quiet = peaks < peaks.max() * 10 ** (-26 / 20)
    best = (0, 0)
    at = int(len(quiet) * first)
    while at < len(quiet) * last:
        end = at
        while end < len(quiet) * last and quiet[end]:
            end += 1
        if end - at > best[1] - best[0]:
            best = (at, end)
        at = end + 1
    return best[0] * _HOP, best[1] * _HOP
