"""Vision encoder (ViT over a convolutional stem) and the projector: 2x2 mean pool, then a two-layer MLP."""
from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .config import VisionConfig
from .layers import attention


class Block(nn.Module):
    def __init__(self, dim: int, heads: int, mlp: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.norm2 = nn.LayerNorm(dim)
        self.fc1 = nn.Linear(dim, mlp)
        self.fc2 = nn.Linear(mlp, dim)

    def forward(self, x: Tensor) -> Tensor:
        n, s, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(n, s, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        x = x + self.out(attention(q, k, v).transpose(1, 2).reshape(n, s, d))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class VisionEncoder(nn.Module):
    """pixels [N, 3, H, W] in -1..1 -> pooled features [N, T, hidden]."""

    def __init__(self, c: VisionConfig) -> None:
        super().__init__()
        self.c = c
        layers: list[nn.Module] = []
        width = 3
        # A strided convolutional stem: a linear patch learns several times slower on so little data.
        for out in (*c.stem, c.hidden):
            layers += [nn.Conv2d(width, out, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
            width = out
        self.stem = nn.Sequential(*layers)
        self.position = nn.Parameter(torch.randn(1, c.grid * c.grid, c.hidden) * 0.02)
        self.blocks = nn.ModuleList(Block(c.hidden, c.heads, c.mlp) for _ in range(c.layers))
        self.norm = nn.LayerNorm(c.hidden)

    def forward(self, pixels: Tensor) -> Tensor:
        x = self.stem(pixels)
        x = x.flatten(2).transpose(1, 2) + self.position
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        g = self.c.grid // 2
        return x.view(-1, g, 2, g, 2, self.c.hidden).mean(dim=(2, 4)).reshape(-1, g * g, self.c.hidden)


class VisualProjector(nn.Module):
    """Two-layer MLP behind the pool. Its first layer looks at a token's neighbours too: a thing on the table is larger than a token.

    Each token is given its row and column: the encoder's features know what is there, and need not know where.
    """

    def __init__(self, c: VisionConfig, text_hidden: int) -> None:
        super().__init__()
        self.side = c.grid // 2
        self.fc1 = nn.Conv2d(c.hidden, c.projector_hidden, 3, padding=1)
        self.fc2 = nn.Linear(c.projector_hidden, text_hidden)
        self.norm = nn.LayerNorm(text_hidden)
        self.row = nn.Parameter(torch.randn(self.side, 1, text_hidden) * 0.5)
        self.column = nn.Parameter(torch.randn(1, self.side, text_hidden) * 0.5)

    def forward(self, x: Tensor) -> Tensor:
        n, t, d = x.shape
        grid = x.transpose(1, 2).reshape(n, d, self.side, self.side)
        tokens = self.norm(self.fc2(F.gelu(self.fc1(grid)).flatten(2).transpose(1, 2)))
        return tokens + (self.row + self.column).flatten(0, 1)


class AttributeHeads(nn.Module):
    """Dense targets of stage 0: what lies in each of the 3x3 cells, and the digits of a card. Training only."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.sizes = {"shape": 8, "color": 8, "size": 2, "tens": 11, "ones": 10}
        self.cell = nn.Sequential(nn.Linear(4 * hidden, 256), nn.GELU(), nn.Linear(256, sum(self.sizes.values())))

    def forward(self, pooled: Tensor) -> dict[str, Tensor]:
        n, _, d = pooled.shape
        cells = pooled.view(n, 3, 2, 3, 2, d).permute(0, 1, 3, 2, 4, 5).reshape(n, 9, 4 * d)
        out = self.cell(cells)
        return dict(zip(self.sizes, out.split(list(self.sizes.values()), dim=-1)))
