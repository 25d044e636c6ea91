"""The language decoder: RMSNorm, RoPE, SwiGLU, few KV heads."""
from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .config import TextConfig
from .layers import PackedAttention, RMSNorm, RowAttention, SwiGLU, mask_bias, rope_angles, rotate


Spans = list[tuple[int, int, int]]


def grouped_attention(q: Tensor, k: Tensor, v: Tensor, bias: Tensor, spans: Spans | None = None) -> Tensor:
    """Attention of [B, heads, S, D] over [B, kv_heads, P, D]: the queries of a group share its keys, which are never copied.

    `spans` (row, start, end) of packed rows; bias is then that of the longest of them and of one head.
    """
    if spans is not None:
        return PackedAttention.apply(q, k, v, bias, spans)
    b, heads, s, d = q.shape
    groups = k.shape[1]
    rows = heads // groups * s
    attended = RowAttention.apply(q.reshape(b, groups, rows, d), k.contiguous(), v.contiguous(), bias)
    return attended.view(b, heads, s, d)


class DecoderLayer(nn.Module):
    def __init__(self, c: TextConfig) -> None:
        super().__init__()
        self.c = c
        self.norm1 = RMSNorm(c.hidden)
        self.qkv = nn.Linear(c.hidden, (c.heads + 2 * c.kv_heads) * c.head_dim, bias=False)
        self.out = nn.Linear(c.heads * c.head_dim, c.hidden, bias=False)
        self.norm2 = RMSNorm(c.hidden)
        self.mlp = SwiGLU(c.hidden, c.mlp)

    def project(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rotated queries [B, heads, S, D], and rotated keys and values [B, kv_heads, S, D]."""
        c = self.c
        b, s, _ = x.shape
        qkv = self.qkv(self.norm1(x)).view(b, s, c.heads + 2 * c.kv_heads, c.head_dim).transpose(1, 2)
        q, k, v = qkv.split([c.heads, c.kv_heads, c.kv_heads], dim=1)
        return rotate(q, cos, sin), rotate(k, cos, sin), v

    def finish(self, x: Tensor, attended: Tensor) -> Tensor:
        x = x + self.out(attended.transpose(1, 2).flatten(2))
        return x + self.mlp(self.norm2(x))


    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, bias: Tensor, spans: Spans | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """-> (output, queries, keys)."""
        q, k, v = self.project(x, cos, sin)
        return self.finish(x, grouped_attention(q, k, v, bias, spans)), q, k


class Trace(NamedTuple):
    """What training looks at inside: hidden states after a layer [B, S, hidden], its queries [B, heads, S, D] and keys [B, kv_heads, S, D]."""

    hidden: Tensor
    queries: Tensor
    keys: Tensor


class Decoder(nn.Module):
    def __init__(self, c: TextConfig) -> None:
        super().__init__()
        self.c = c
        self.embed = nn.Embedding(c.vocab, c.hidden)
        self.layers = nn.ModuleList(DecoderLayer(c) for _ in range(c.layers))
        self.norm = RMSNorm(c.hidden)
        nn.init.normal_(self.embed.weight, std=0.02 * 3)
        for layer in self.layers:
            for w in (layer.out.weight, layer.mlp.down.weight):
                nn.init.normal_(w, std=0.02 / (2 * c.layers) ** 0.5 * 2)

    def logits(self, x: Tensor) -> Tensor:
        return F.linear(self.norm(x), self.embed.weight)

    def forward(self, embeds: Tensor, positions: Tensor, spans: Spans | None = None) -> tuple[Tensor, list[Trace]]:
        """embeds [B, S, hidden] of right-padded rows, positions [B, S] -> last hidden states [B, S, hidden], and a trace of each layer.

        Rows are causal, so what a right-padded row holds behind its end cannot reach back. `spans` (row, start, end): rows are packed, and what
        is in one span sees nothing of another; positions then start anew with each.
        """
        cos, sin = (t.unsqueeze(1) for t in rope_angles(positions, self.c.head_dim, self.c.rope_theta))
        length = embeds.shape[1] if spans is None else max(end - start for _, start, end in spans)
        bias = mask_bias(torch.ones(length, length, dtype=torch.bool).tril())
        if spans is None:
            bias = bias.repeat(self.c.heads // self.c.kv_heads, 1)
        x, traces = embeds, []
        for layer in self.layers:
            x, q, k = layer(x, cos, sin, bias, spans)
            traces.append(Trace(x, q, k))
        return x, traces
