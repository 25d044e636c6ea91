"""The one type every synthesiser returns, and the two constants that fix time in this package."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Samples a second of all audio in this package.
SAMPLE_RATE = 16_000
#: Samples in one phoneme-label frame: 20 ms, the audio encoder's 50 Hz.
FRAME = 320


@dataclass(frozen=True)
class Utterance:
    """One spoken sentence, as a synthesiser made it (untrimmed, clean)."""

    #: float32 mono at 16 kHz, within -1..1
    pcm: np.ndarray
    #: (start in ms, phoneme name) in order of time; None where the synthesiser does not tell
    phonemes: list[tuple[float, str]] | None


def resample(pcm: np.ndarray, up: int, down: int, window: np.ndarray | None = None) -> np.ndarray:
    """Polyphase resampling by up/down, in float32 (half the cost of float64, and enough for speech)."""
    from scipy.signal import resample_poly  # late: a spawned worker that never resamples need not pay for the import

    if up == down:
        return pcm
    taps = ("kaiser", 5.0) if window is None else window
    return resample_poly(pcm, up, down, window=taps).astype(np.float32, copy=False)
