"""Log-mel front-end, block-wise causal audio encoder, and the Conv-GMLP projector of Baichuan-omni (figure 5)."""
from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .config import AudioConfig
from .layers import PlainMLP, RowAttention, SwiGLU, attention, mask_bias, rope_angles, rotate

LOG_FLOOR = 1e-7
AUDIO_ROPE_THETA = 1_000.0


def mel_edges(c: AudioConfig) -> np.ndarray:
    """Hz: where the triangular filters begin, peak and end, [n_mels + 2]."""
    def to_mel(f: np.ndarray) -> np.ndarray:
        return np.where(f < 1000.0, f * 3 / 200, 15 + np.log(np.maximum(f, 1e-9) / 1000.0) * 27 / np.log(6.4))

    def to_hz(m: np.ndarray) -> np.ndarray:
        return np.where(m < 15, m * 200 / 3, 1000.0 * np.exp((m - 15) * np.log(6.4) / 27))

    return to_hz(np.linspace(to_mel(np.array(0.0)), to_mel(np.array(c.sample_rate / 2)), c.n_mels + 2))


def mel_filters(c: AudioConfig) -> np.ndarray:
    """Slaney-style triangular filters [n_mels, n_fft / 2 + 1]."""
    bins = np.linspace(0, c.sample_rate / 2, c.n_fft // 2 + 1)
    edges = mel_edges(c)
    lower = (bins[None] - edges[:-2, None]) / np.maximum(edges[1:-1] - edges[:-2], 1e-9)[:, None]
    upper = (edges[2:, None] - bins[None]) / np.maximum(edges[2:] - edges[1:-1], 1e-9)[:, None]
    filters = np.maximum(0, np.minimum(lower, upper)) * (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return filters.astype(np.float32)


class AudioFrontend(nn.Module):
    """pcm [B, window - hop + hop * k] -> log-mel [B, k, n_mels].

    Frame i ends with sample (i + 1) * hop of the utterance, so it never waits for the future; the caller puts
    `window - hop` samples of left context in front (zeros at the start). The maximum is fixed: Whisper's clip-wide one is not causal.
    """

    def __init__(self, c: AudioConfig) -> None:
        super().__init__()
        self.hop = c.hop
        self.bins = c.n_fft // 2 + 1
        n = np.arange(c.window)
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * n / c.window)
        self.register_buffer("window", torch.from_numpy(hann.astype(np.float32)), persistent=False)
        angle = 2 * np.pi * np.arange(self.bins)[:, None] * n[None] / c.n_fft
        basis = np.concatenate([np.cos(angle) * hann, -np.sin(angle) * hann]).astype(np.float32)
        self.register_buffer("basis", torch.from_numpy(basis).unsqueeze(1), persistent=False)
        self.register_buffer("mel", torch.from_numpy(mel_filters(c).T.copy()), persistent=False)

    def forward(self, pcm: Tensor) -> Tensor:
        spectrum = F.conv1d(pcm.unsqueeze(1), self.basis, stride=self.hop)
        real, imag = spectrum.split(self.bins, dim=1)
        return self.log_mel((real * real + imag * imag).transpose(1, 2))

    def by_fft(self, pcm: Tensor) -> Tensor:
        """The same for training, by FFT: several times faster than the convolution that is exported."""
        frames = pcm.unfold(1, self.window.shape[0], self.hop) * self.window
        spectrum = torch.fft.rfft(frames, n=2 * (self.bins - 1))
        return self.log_mel(spectrum.real.square() + spectrum.imag.square())

    def log_mel(self, power: Tensor) -> Tensor:
        return torch.log10(torch.clamp(power @ self.mel, min=LOG_FLOOR)) / 3.0 + 1.0


class AudioBlock(nn.Module):
    def __init__(self, c: AudioConfig) -> None:
        super().__init__()
        self.heads = c.heads
        self.head_dim = c.hidden // c.heads
        self.norm1 = nn.LayerNorm(c.hidden)
        self.qkv = nn.Linear(c.hidden, 3 * c.hidden)
        self.out = nn.Linear(c.hidden, c.hidden)
        self.norm2 = nn.LayerNorm(c.hidden)
        self.mlp = (SwiGLU if c.gated else PlainMLP)(c.hidden, c.mlp)

    def project(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        b, s, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, s, 3, self.heads, self.head_dim).permute(2, 0, 3, 1, 4).unbind(0)
        return rotate(q, cos, sin), rotate(k, cos, sin), v

    def finish(self, x: Tensor, attended: Tensor) -> Tensor:
        x = x + self.out(attended.transpose(1, 2).flatten(2))
        return x + self.mlp(self.norm2(x))


    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, bias: Tensor) -> Tensor:
        q, k, v = self.project(x, cos, sin)
        # Training is bound by memory here: scores of one row at a time stay in the cache.
        by_row = self.training and bias.ndim == 2 and bias.shape[0] > 1  # one mask for all rows
        attended = RowAttention.apply(q.contiguous(), k.contiguous(), v.contiguous(), bias) if by_row else attention(q, k, v, bias)
        return self.finish(x, attended)


class AudioEncoder(nn.Module):
    """log-mel [B, k, n_mels] -> 50 Hz features [B, k / 2, hidden].

    Attention is full inside a block and reaches `left_context_blocks` back, never forward: so it streams, and streaming is exact.
    """

    def __init__(self, c: AudioConfig) -> None:
        super().__init__()
        self.c = c
        self.conv1 = nn.Conv1d(c.n_mels, c.hidden, 3)
        self.conv2 = nn.Conv1d(c.hidden, c.hidden, 3, stride=2)
        self.blocks = nn.ModuleList(AudioBlock(c) for _ in range(c.layers))
        self.norm = nn.LayerNorm(c.hidden)

    def stem(self, mel: Tensor, past1: Tensor, past2: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Causal convolutions; `past1` [B, n_mels, 2] and `past2` [B, hidden, 1] are what came before."""
        x = torch.cat((past1, mel.transpose(1, 2)), dim=2)
        next1 = x[:, :, -2:]
        x = torch.cat((past2, F.gelu(self.conv1(x))), dim=2)
        next2 = x[:, :, -1:]
        return F.gelu(self.conv2(x)).transpose(1, 2), next1, next2

    def block_mask(self, frames: int, device: torch.device) -> Tensor:
        block = torch.arange(frames, device=device) // self.c.block_frames
        gap = block[:, None] - block[None]
        return (gap >= 0) & (gap <= self.c.left_context_blocks)

    def forward(self, mel: Tensor) -> Tensor:
        b = mel.shape[0]
        zeros1 = mel.new_zeros(b, self.c.n_mels, 2)
        zeros2 = mel.new_zeros(b, self.c.hidden, 1)
        x, _, _ = self.stem(mel, zeros1, zeros2)
        positions = torch.arange(x.shape[1], device=x.device).unsqueeze(0)
        cos, sin = (t.unsqueeze(1) for t in rope_angles(positions, self.c.hidden // self.c.heads, AUDIO_ROPE_THETA))
        bias = mask_bias(self.block_mask(x.shape[1], x.device))
        for block in self.blocks:
            x = block(x, cos, sin, bias)
        return self.norm(x)


class ConvGMLP(nn.Module):
    """Gated MLP whose two linear layers are convolutions: each cuts the length by n and widens the channels n-fold; a shortcut runs along."""

    def __init__(self, c: AudioConfig, text_hidden: int) -> None:
        super().__init__()
        self.n = c.pool
        wide = c.pool * c.projected
        if c.narrow:
            self.enter = nn.Conv1d(c.hidden, c.narrow, 3, padding=1)
        self.gate = nn.Conv1d(c.projected, wide, c.pool, stride=c.pool)
        self.up = nn.Conv1d(c.projected, wide, c.pool, stride=c.pool)
        self.norm = nn.LayerNorm(wide)
        self.out = nn.Linear(wide, text_hidden)

    def narrowed(self, x: Tensor) -> Tensor:
        """Features [B, S, hidden] in the channels that are folded, [B, S, projected]."""
        return self.enter(x.transpose(1, 2)).transpose(1, 2) if hasattr(self, "enter") else x

    def forward(self, x: Tensor) -> Tensor:
        return self.folded(self.narrowed(x))

    def folded(self, x: Tensor) -> Tensor:
        b, s, d = x.shape
        t = x.transpose(1, 2)
        gated = (F.silu(self.gate(t)) * self.up(t)).transpose(1, 2)
        shortcut = x.reshape(b, s // self.n, self.n * d)
        return self.out(self.norm(gated + shortcut))
