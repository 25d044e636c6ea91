"""Packs a stage's checkpoint for the repository: weights only, so that a later session can go on from it (`--start-from`, `omni --audio`).

In float16 as the exported graphs have them: what is small stays float32 there too, so a folder made from the packed checkpoint is the same folder.
"""
from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from pocket.export.export import SMALL


def packed(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k: v.half() if v.is_floating_point() and v.numel() >= SMALL else v for k, v in weights.items()}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("checkpoint", type=Path)
    p.add_argument("out", type=Path)
    a = p.parse_args()
    state = torch.load(a.checkpoint, weights_only=True)
    a.out.parent.mkdir(parents=True, exist_ok=True)
    parts = [part for part in state if part not in ("step", "optimizer")]
    torch.save({"step": state["step"], **{part: packed(state[part]) for part in parts}}, a.out)


if __name__ == "__main__":
    main()
