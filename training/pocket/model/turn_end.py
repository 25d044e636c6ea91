"""The turn-end head: for every 20 ms frame of the audio encoder, how likely it is that the speaker has finished there.

It reads the encoder at three depths (sound and melody lie low, words high) and goes on with layers of the same kind: full attention inside a
block, the same blocks back, never forward. So it streams exactly as the encoder does, and its keys and values are but more layers of the same cache.
"""
from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from .audio import AUDIO_ROPE_THETA, AudioBlock, AudioEncoder
from .config import AudioConfig, TurnEndConfig
from .layers import mask_bias, rope_angles

TAPS = 3


class TurnEndHead(nn.Module):
    """taps, TAPS of [B, S, encoder hidden] -> logits [B, S]. The encoder is not changed by it, nor trained with it."""

    def __init__(self, audio: AudioConfig, c: TurnEndConfig) -> None:
        super().__init__()
        self.c = c
        self.norms = nn.ModuleList(nn.LayerNorm(audio.hidden) for _ in range(TAPS))
        self.enter = nn.Linear(TAPS * audio.hidden, c.hidden)
        shape = replace(audio, hidden=c.hidden, heads=c.heads, mlp=c.mlp)
        self.blocks = nn.ModuleList(AudioBlock(shape) for _ in range(c.layers))
        self.norm = nn.LayerNorm(c.hidden)
        self.out = nn.Linear(c.hidden, 1)

    def begin(self, taps: list[Tensor]) -> Tensor:
        return self.enter(torch.cat([norm(x) for norm, x in zip(self.norms, taps)], dim=-1))

    def finish(self, x: Tensor) -> Tensor:
        return self.out(self.norm(x)).squeeze(-1)

    def forward(self, taps: list[Tensor], visible: Tensor) -> Tensor:
        """visible: of `visibility`."""
        x = self.begin(taps)
        cos, sin = angles(x, self.c.hidden // self.c.heads)
        bias = mask_bias(visible)
        for block in self.blocks:
            x = block(x, cos, sin, bias)
        return self.finish(x)


def tapped(layer: int, layers: int) -> bool:
    """Whether the head reads what comes out of this layer of the encoder's `layers`; 0 is the stem. The last is read behind the norm."""
    return layer in (0, layers // 2)


def angles(x: Tensor, head_dim: int) -> tuple[Tensor, Tensor]:
    positions = torch.arange(x.shape[1], device=x.device).unsqueeze(0)
    cos, sin = (t.unsqueeze(1) for t in rope_angles(positions, head_dim, AUDIO_ROPE_THETA))
    return cos, sin


def visibility(encoder: AudioEncoder, frames: Tensor, width: int) -> Tensor:
    """[B, 1, width, width]: which frame sees which, where row b has only its first `frames[b]`.

    The engine's last block is as long as the utterance, in whole tokens: nothing lies behind it. In a padded batch something does.
    """
    there = torch.arange(width, device=frames.device) < frames.unsqueeze(1)
    seen = encoder.block_mask(width, frames.device) & there.unsqueeze(1)
    # Padding sees itself, or its softmax would be over nothing.
    return (seen | torch.eye(width, dtype=torch.bool, device=frames.device)).unsqueeze(1)


def read(encoder: AudioEncoder, mel: Tensor, visible: Tensor) -> list[Tensor]:
    """What the head reads of an utterance each, from log-mel [B, k, n_mels]."""
    c = encoder.c
    x, _, _ = encoder.stem(mel, mel.new_zeros(len(mel), c.n_mels, 2), mel.new_zeros(len(mel), c.hidden, 1))
    cos, sin = angles(x, c.hidden // c.heads)
    bias = mask_bias(visible)
    taps = [x]
    for i, block in enumerate(encoder.blocks, 1):
        x = block(x, cos, sin, bias)
        if tapped(i, c.layers):
            taps.append(x)
    return [*taps, encoder.norm(x)]
