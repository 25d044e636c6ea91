"""Whisper's encoder, cropped to the speech: log-mel of the sound alone in, 50 features a second out, positions cut, nothing padded to 30 s."""
from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .audio import AudioFrontend
from .config import AudioConfig
from .layers import PlainMLP, attention

POWER_FLOOR = 1e-10
DYNAMIC_RANGE = 8.0  # of log10 power: what lies further below the loudest band of the crop is silence
MIDDLE = 3  # the layer whose output the heads read beside the last: sound and melody lie lower than words


class WhisperFrontend(AudioFrontend):
    """pcm [B, window - hop + hop * k] -> log10 of the mel power [B, k, 80], each frame by itself; what the crop's maximum does comes in the encoder."""

    def log_mel(self, power: Tensor) -> Tensor:
        return torch.log10(torch.clamp(power @ self.mel, min=POWER_FLOOR))


class WhisperBlock(nn.Module):
    def __init__(self, c: AudioConfig) -> None:
        super().__init__()
        self.heads = c.heads
        self.norm1 = nn.LayerNorm(c.hidden)
        self.qkv = nn.Linear(c.hidden, 3 * c.hidden)
        self.out = nn.Linear(c.hidden, c.hidden)
        self.norm2 = nn.LayerNorm(c.hidden)
        self.mlp = PlainMLP(c.hidden, c.mlp)

    def forward(self, x: Tensor) -> Tensor:
        b, s, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, s, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        x = x + self.out(attention(q, k, v).transpose(1, 2).flatten(2))
        return x + self.mlp(self.norm2(x))


class WhisperEncoder(nn.Module):
    """log10 mel power [B, k, n_mels] -> features [B, k / 2, hidden]; every frame sees all of the crop."""

    def __init__(self, c: AudioConfig) -> None:
        super().__init__()
        self.c = c
        self.conv1 = nn.Conv1d(c.n_mels, c.hidden, 3, padding=1)
        self.conv2 = nn.Conv1d(c.hidden, c.hidden, 3, stride=2, padding=1)
        self.positions = nn.Parameter(torch.zeros(c.max_seconds * 50, c.hidden), requires_grad=False)
        self.blocks = nn.ModuleList(WhisperBlock(c) for _ in range(c.layers))
        self.norm = nn.LayerNorm(c.hidden)

    def scaled(self, mel: Tensor) -> Tensor:
        """Whisper's own: nothing below the crop's maximum less DYNAMIC_RANGE, then to about -1..1.5."""
        return (torch.maximum(mel, mel.amax((1, 2), keepdim=True) - DYNAMIC_RANGE) + 4.0) / 4.0

    def stem(self, scaled: Tensor) -> Tensor:
        x = F.gelu(self.conv2(F.gelu(self.conv1(scaled.transpose(1, 2))))).transpose(1, 2)
        return x + self.positions[: x.shape[1]]

    def taps(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """What comes out of layer MIDDLE, and out of the last behind its norm."""
        x = self.stem(self.scaled(mel))
        middle = x
        for i, block in enumerate(self.blocks, 1):
            x = block(x)
            if i == MIDDLE:
                middle = x
        return middle, self.norm(x)

    def forward(self, mel: Tensor) -> Tensor:
        return self.taps(mel)[1]
