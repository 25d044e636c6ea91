"""AnyRes: a large picture is seen whole, scaled down to one view, and once more in a grid of tiles, each a view of its own.

What the decoder sees of one picture is the whole's tokens first, then each tile's, row by row; so tokens of a tile can attend to the whole.
"""
from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F


class Grid(NamedTuple):
    """How a picture is cut. 1x1 is not cut: the whole is its only view."""

    rows: int
    columns: int

    @property
    def views(self) -> int:
        tiles = self.rows * self.columns
        return 1 + tiles if tiles > 1 else 1


class View(NamedTuple):
    """One view's first token, counted from the picture's first, and where it lies on the picture (shares of its height and width, 0..1)."""

    first: int
    top: float
    left: float
    bottom: float
    right: float


def grid_for(width: int, height: int, side: int, most: int) -> Grid:
    """The grid of at most `most` tiles of `side` pixels that keeps most pixels of the picture, and of equals the one that wastes least.

    The rule of LLaVA-NeXT, which the paper cites: the picture is thought to be fitted into the grid with its aspect kept.
    """
    def rank(grid: Grid) -> tuple[float, int]:
        scale = min(grid.columns * side / width, grid.rows * side / height)
        kept = min(round(width * scale) * round(height * scale), width * height)
        return -kept, grid.rows * grid.columns

    return min((Grid(r, c) for r in range(1, most + 1) for c in range(1, most // r + 1)), key=rank)


def layout(grid: Grid, tokens: int) -> list[View]:
    """The views of a picture in the decoder's order; `tokens` of each view."""
    views = [View(0, 0.0, 0.0, 1.0, 1.0)]
    if grid.views > 1:
        for tile in range(grid.rows * grid.columns):
            row, column = divmod(tile, grid.columns)
            views.append(View((tile + 1) * tokens, row / grid.rows, column / grid.columns, (row + 1) / grid.rows, (column + 1) / grid.columns))
    return views


def cut(picture: Tensor, side: int, grid: Grid) -> Tensor:
    """A picture [3, H, W] -> its views [views, 3, side, side], in the order of `layout`. Scaling squashes, as preprocessor_config.json says."""
    def scaled(rows: int, columns: int) -> Tensor:
        size = (rows * side, columns * side)
        return picture if picture.shape[1:] == size else F.interpolate(picture[None], size, mode="bilinear", antialias=True)[0]

    whole = scaled(1, 1).unsqueeze(0)
    if grid.views == 1:
        return whole
    tiles = scaled(*grid).unflatten(1, (grid.rows, side)).unflatten(3, (grid.columns, side))
    return torch.cat((whole, tiles.permute(1, 3, 0, 2, 4).flatten(0, 1)))
