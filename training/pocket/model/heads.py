"""What the ear tells beside words, of all that was heard so far: whether the speaker has finished there, whether it is nothing to be answered, and
whether it is meant to interrupt. They read Whisper's features at two depths (sound and melody lie lower than words) and change nothing of it."""
from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from .audio import AUDIO_ROPE_THETA, AudioBlock
from .config import AudioConfig, TurnEndConfig
from .layers import mask_bias, rope_angles

#: The outputs, in their order.
HEADS = ("turn_end", "not_for_me", "interrupts")


class EarHeads(nn.Module):
    """middle and heard [B, S, hidden], frames of each [B] -> logits [B, len(HEADS)]; `bias` moves each so that 0.5 is its threshold."""

    def __init__(self, audio: AudioConfig, c: TurnEndConfig) -> None:
        super().__init__()
        self.c = c
        self.norms = nn.ModuleList(nn.LayerNorm(audio.hidden) for _ in range(2))
        self.enter = nn.Linear(2 * audio.hidden, c.hidden)
        shape = replace(audio, hidden=c.hidden, heads=c.heads, mlp=c.mlp, gated=True)
        self.blocks = nn.ModuleList(AudioBlock(shape) for _ in range(c.layers))
        self.norm = nn.LayerNorm(c.hidden)
        self.out = nn.Linear(2 * c.hidden, len(HEADS))

    def forward(self, middle: Tensor, heard: Tensor, frames: Tensor | None = None) -> Tensor:
        x = self.enter(torch.cat((self.norms[0](middle), self.norms[1](heard)), dim=-1))
        width = x.shape[1]
        cos, sin = (t.unsqueeze(1) for t in rope_angles(torch.arange(width).unsqueeze(0), self.c.hidden // self.c.heads, AUDIO_ROPE_THETA))
        there = None if frames is None else torch.arange(width) < frames.unsqueeze(1)
        bias = torch.zeros(1, 1) if there is None else mask_bias(there[:, None, None])
        for block in self.blocks:
            x = block(x, cos, sin, bias)
        x = self.norm(x)
        if there is None:
            pooled = torch.cat((x.mean(1), x[:, -1]), dim=-1)
        else:
            rows = torch.arange(len(x))
            mean = (x * there.unsqueeze(-1)).sum(1) / there.sum(1, keepdim=True)
            pooled = torch.cat((mean, x[rows, frames - 1]), dim=-1)
        return self.out(pooled)
