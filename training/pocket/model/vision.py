"""Vision encoder (ViT over a convolutional stem or linear patches) and the projector: 2x2 mean pool, then a two-layer MLP."""
from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .anyres import Grid, View, layout
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


def mean_pool(x: Tensor, c: VisionConfig) -> Tensor:
    """Patches [N, grid * grid, D] -> tokens [N, rows * columns, D]."""
    side, (rows, columns) = c.grid, c.pooled
    if rows == columns:
        return x.view(-1, rows, 2, rows, 2, c.hidden).mean(dim=(2, 4)).reshape(-1, rows * rows, c.hidden)
    windows = F.avg_pool2d(x.transpose(1, 2).unflatten(2, (side, side)), 2, ceil_mode=True)
    return windows[:, :, :rows].flatten(2).transpose(1, 2)


class VisionEncoder(nn.Module):
    """pixels [N, 3, H, W] in -1..1 -> pooled features [N, T, hidden]."""

    def __init__(self, c: VisionConfig) -> None:
        super().__init__()
        self.c = c
        self.stem = nn.Conv2d(3, c.hidden, c.patch, stride=c.patch) if c.patch else convolutional_stem(c)
        self.position = nn.Parameter(torch.randn(1, c.grid * c.grid, c.hidden) * 0.02)
        self.blocks = nn.ModuleList(Block(c.hidden, c.heads, c.mlp) for _ in range(c.layers))
        self.norm = nn.LayerNorm(c.hidden)

    def forward(self, pixels: Tensor) -> Tensor:
        x = self.stem(pixels)
        x = x.flatten(2).transpose(1, 2) + self.position
        for block in self.blocks:
            x = block(x)
        return mean_pool(self.norm(x), self.c)


def convolutional_stem(c: VisionConfig) -> nn.Sequential:
    """On so little data a linear patch learns several times slower."""
    layers: list[nn.Module] = []
    width = 3
    for out in (*c.stem, c.hidden):
        layers += [nn.Conv2d(width, out, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
        width = out
    return nn.Sequential(*layers)


class VisualProjector(nn.Module):
    """Two-layer MLP behind the pool. In the pocket model its first layer looks at a token's neighbours too: a thing on the table is larger
    than a token; and each token is given its row and column: the encoder's features know what is there, and need not know where.
    """

    def __init__(self, c: VisionConfig, text_hidden: int) -> None:
        super().__init__()
        self.rows, self.columns = c.pooled
        self.fc1 = nn.Conv2d(c.hidden, c.projector_hidden, c.projector_kernel, padding=c.projector_kernel // 2)
        self.fc2 = nn.Linear(c.projector_hidden, text_hidden)
        self.places = c.projector_places
        if self.places:
            self.norm = nn.LayerNorm(text_hidden)
            self.row = nn.Parameter(torch.randn(self.rows, 1, text_hidden) * 0.5)
            self.column = nn.Parameter(torch.randn(1, self.columns, text_hidden) * 0.5)

    def project(self, x: Tensor) -> Tensor:
        n, t, d = x.shape
        grid = x.transpose(1, 2).reshape(n, d, self.rows, self.columns)
        tokens = self.fc2(F.gelu(self.fc1(grid)).flatten(2).transpose(1, 2))
        return self.norm(tokens) if self.places else tokens

    def forward(self, x: Tensor) -> Tensor:
        """Pooled features [N, T, hidden] of N pictures, each in one view -> [N, T, text_hidden]."""
        tokens = self.project(x)
        return tokens + (self.row + self.column).flatten(0, 1) if self.places else tokens

    def views(self, x: Tensor, grid: Grid) -> Tensor:
        """Pooled features [views, T, hidden] of one picture's views (anyres.cut) -> its tokens as the decoder sees them [views * T, text_hidden]."""
        tokens = self.project(x)
        if self.places:
            tokens = tokens + torch.stack([self.place(view) for view in layout(grid, x.shape[1])])
        return tokens.flatten(0, 1)

    def place(self, view: View) -> Tensor:
        """Where a view's tokens lie on the picture [T, text_hidden]: between the rows and columns of the whole, so that tiles need no weights
        of their own and the same spot has nearly the same place in the whole and in its tile."""
        rows = between(self.row.squeeze(1), view.top, view.bottom)
        columns = between(self.column.squeeze(0), view.left, view.right)
        return (rows.unsqueeze(1) + columns.unsqueeze(0)).flatten(0, 1)


def between(vectors: Tensor, start: float, end: float) -> Tensor:
    """`vectors` [N, D] stand at the centres of N equal parts of 0..1; -> those at the centres of N equal parts of start..end, by linear interpolation."""
    count = len(vectors)
    centres = (torch.arange(count, dtype=torch.float64) + 0.5) / count * (end - start) + start
    at = (centres * count - 0.5).clamp(0, count - 1)
    before = at.floor().long().clamp_max(max(0, count - 2))
    share = (at - before).to(vectors).unsqueeze(1)
    return torch.lerp(vectors[before], vectors[(before + 1).clamp_max(count - 1)], share)


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
