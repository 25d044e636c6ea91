"""Batches of augmented speech: pools of clips in, padded waveforms on the encoder's grid out."""
from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pocket.model.audio import mel_edges
from pocket.model.config import AudioConfig
from pocket.speech.augment import augment, augment_aligned
from pocket.speech.pool import Pool


class Speech:
    """Several pools as one; every clip comes out differently each time."""

    def __init__(self, folders: list[Path], c: AudioConfig) -> None:
        self.pools = [Pool(f) for f in folders]
        self.c = c
        self.starts = np.cumsum([0, *(len(p) for p in self.pools)])
        self.by_text: dict[str, list[int]] = {}
        for start, pool in zip(self.starts, self.pools):
            for text, clips in pool.by_text.items():
                self.by_text.setdefault(text, []).extend(int(start) + i for i in clips)

    def __len__(self) -> int:
        return int(self.starts[-1])

    def locate(self, index: int) -> tuple[Pool, int]:
        which = int(np.searchsorted(self.starts, index, side="right")) - 1
        return self.pools[which], index - int(self.starts[which])

    def text(self, index: int) -> str:
        pool, i = self.locate(index)
        return pool.text(i)

    def length(self, index: int) -> int:
        pool, i = self.locate(index)
        return int(pool.lengths[i])

    def babble(self, rng: np.random.Generator) -> list[np.ndarray] | None:
        if rng.random() > 0.15:
            return None
        out = []
        for _ in range(3):
            pool, i = self.locate(int(rng.integers(len(self))))
            out.append(pool.clip(i))
        return out

    def waveform(self, index: int, rng: np.random.Generator, strength: float) -> np.ndarray:
        pool, i = self.locate(index)
        return augment(pool.clip(i), rng, strength, self.babble(rng))

    def aligned(self, index: int, rng: np.random.Generator, strength: float) -> tuple[np.ndarray, np.ndarray]:
        pool, i = self.locate(index)
        return augment_aligned(pool.clip(i), pool.labels(i), rng, strength, self.babble(rng))

    def pad(self, clips: list[np.ndarray], rng: np.random.Generator, blocks: bool = False) -> tuple[Tensor, Tensor]:
        """-> pcm [B, 240 + N] with the front-end's left context, tokens [B]: how many tokens each clip is. `blocks`: N is whole blocks of the encoder.

        Behind a clip's end lies faint noise, never digital zero: normalisation over padding would see something that no microphone gives.
        """
        unit = self.c.hop * self.c.mel_per_token
        tokens = [-(-len(p) // unit) for p in clips]
        left = self.c.window - self.c.hop
        step = self.c.block_frames // self.c.pool if blocks else 1
        out = rng.normal(0, 1e-4, (len(clips), left + -(-max(tokens) // step) * step * unit)).astype(np.float32)
        out[:, :left] = 0
        for row, (pcm, count) in enumerate(zip(clips, tokens)):
            out[row, left : left + len(pcm)] = pcm
            # The engine fills up the last token with zeros.
            out[row, left + len(pcm) : left + count * unit] = 0
        return torch.from_numpy(out), torch.tensor(tokens)


#: How far formants move, as of a longer or a shorter throat.
_THROATS = (0.82, 1.25)


@lru_cache
def _throat(percent: int, c: AudioConfig) -> Tensor:
    """[bands, bands]: what each band hears when all frequencies are multiplied by percent / 100; above the highest, its like."""
    places = mel_edges(c)[1:-1]
    at = np.interp(places * 100 / percent, places, np.arange(len(places)))
    low = np.minimum(at.astype(int), len(places) - 2)
    out = np.zeros((len(places), len(places)), np.float32)
    rows = np.arange(len(places))
    out[low, rows], out[low + 1, rows] = 1 - (at - low), at - low
    return torch.from_numpy(out)


def warp_bands(mel: Tensor, rng: np.random.Generator) -> Tensor:
    """Vocal tract length perturbation: two of three clips are heard from another throat, at the same pace. Voices differ most in this."""
    throats = [int(rng.uniform(*_THROATS) * 100) if rng.random() < 0.65 else 100 for _ in range(len(mel))]
    c = AudioConfig(n_mels=mel.shape[2])
    with torch.autocast("cpu", enabled=False):  # bfloat16 would round the spectrogram
        return torch.bmm(mel.float(), torch.stack([_throat(percent, c) for percent in throats]))


def mask_bands(mel: Tensor, rng: np.random.Generator) -> Tensor:
    """SpecAugment: hides a band of frequencies and a short stretch of time in some of the clips, after `warp_bands`."""
    b, frames, bands = mel.shape
    mel = warp_bands(mel, rng)
    for row in range(b):
        if rng.random() < 0.5:
            width, at = int(rng.integers(4, 24)), int(rng.integers(0, bands - 24))
            mel[row, :, at : at + width] = mel[row].mean()
        if rng.random() < 0.3:
            width, at = int(rng.integers(2, 12)), int(rng.integers(0, frames - 12))
            mel[row, at : at + width] = mel[row].mean()
    return mel
