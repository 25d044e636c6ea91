"""Packs a stage's checkpoint for the repository: weights only, so that a later session can go on from it (`--start-from`).

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


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("checkpoint", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--frozen", nargs="*", default=[], help="parts of the model that no stage trains, and that are to be had elsewhere: they stay out (audio)")
    a = p.parse_args(argv)
    state = torch.load(a.checkpoint, weights_only=True)
    a.out.parent.mkdir(parents=True, exist_ok=True)
    parts = [part for part in state if part not in ("step", "optimizer")]
    if "model" in state:
        state["model"] = {k: v for k, v in state["model"].items() if k.partition(".")[0] not in a.frozen}
    torch.save({"step": state["step"], **{part: packed(state[part]) for part in parts}}, a.out)


if __name__ == "__main__":
    main()
