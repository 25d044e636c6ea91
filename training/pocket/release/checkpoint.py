"""Packs a stage's checkpoint for the repository: weights only, float16, so that a later session can go on from it (`--start-from`, `omni --audio`)."""
from __future__ import annotations

import argparse
from pathlib import Path

import torch


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("checkpoint", type=Path)
    p.add_argument("out", type=Path)
    a = p.parse_args()
    state = torch.load(a.checkpoint, weights_only=True)
    a.out.parent.mkdir(parents=True, exist_ok=True)
    parts = [part for part in state if part not in ("step", "optimizer")]
    half = {part: {k: v.half() if v.is_floating_point() else v for k, v in state[part].items()} for part in parts}
    torch.save({"step": state["step"], **half}, a.out)


if __name__ == "__main__":
    main()
