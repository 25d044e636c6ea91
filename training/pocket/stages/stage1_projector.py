"""Image-language stage I, projector only: every visual token learns to say what lies where it looks, before the decoder reads it.

The encoder's heads see a cell's four tokens at once, so no single token has to know the whole; the decoder attends to tokens. Dense
targets for each token by itself close that gap in minutes, over cached features of the frozen encoder.
"""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pocket.model.config import PocketConfig
from pocket.model.omni import Pocket
from pocket.model.vision import VisualProjector

from .common import Run, adamw, cosine, set_rate, setup
from .frames import FramePool
from .omni import vision_features

SIZES = {"shape": 8, "color": 8, "size": 2, "tens": 11, "ones": 10}


def token_targets(t: dict[str, np.ndarray], rows: np.ndarray) -> dict[str, Tensor]:
    """What each of the 6x6 tokens is to say: its cell's shape, colour and size, and a card's digits; -1 where nothing."""
    out = {}
    for name in ("shape", "color", "size"):
        cells = t[name][rows].astype(np.int64).reshape(-1, 3, 3)
        out[name] = torch.from_numpy(cells.repeat(2, axis=1).repeat(2, axis=2).reshape(len(rows), 36))
    card = out["shape"] == 7
    for name in ("tens", "ones"):
        digit = torch.from_numpy(t[name][rows].astype(np.int64)).unsqueeze(1).expand(-1, 36)
        out[name] = torch.where(card, digit, -1)
    return out


def losses(tokens: Tensor, heads: nn.Linear, t: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
    total, right = torch.zeros(()), {}
    for (name, target), logits in zip(t.items(), heads(tokens).float().split(list(SIZES.values()), dim=-1)):
        keep = target >= 0
        if not keep.any():
            continue
        rows, wanted = logits[keep], target[keep]
        total = total + F.cross_entropy(rows, wanted)
        hit = rows.argmax(-1) == wanted
        right[name] = (hit[wanted > 0] if name == "shape" else hit).float().mean().item()
    return total, right


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--frames", type=Path, nargs="+", required=True)
    p.add_argument("--validation", type=Path, required=True)
    p.add_argument("--vision", type=Path, required=True)
    p.add_argument("--cache", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--steps", type=int, default=1500)
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args(argv)
    setup(a.seed, a.threads)
    c = PocketConfig()
    model = Pocket(c)
    model.vision.load_state_dict(torch.load(a.vision, weights_only=True)["vision"])
    model.eval()
    pools, held = [FramePool(f) for f in a.frames], FramePool(a.validation)
    features = vision_features(model, pools, a.cache / "train.pt")
    held_features = vision_features(model, [held], a.cache / "validation.pt")
    targets = {k: np.concatenate([pool.targets[k] for pool in pools]) for k in held.targets}
    projector: VisualProjector = model.visual_projector
    heads = nn.Linear(c.text.hidden, sum(SIZES.values()))
    optimizer = adamw([(projector, 1.0), (heads, 1.0)])
    run = Run(a.out)
    start = run.resume(optimizer, projector=projector, heads=heads)
    rng = np.random.default_rng([a.seed, start])
    for step in range(start, a.steps):
        set_rate(optimizer, cosine(step, a.steps, a.rate))
        rows = rng.integers(len(features), size=a.batch)
        with torch.autocast("cpu", torch.bfloat16):
            loss, right = losses(projector(features[rows].to(torch.bfloat16)), heads, token_targets(targets, rows))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if (step + 1) % 100 == 0 or step + 1 == a.steps:
            run.log(step + 1, loss=loss.item(), **right)
        if (step + 1) % 500 == 0 or step + 1 == a.steps:
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                loss, right = losses(projector(held_features.to(torch.bfloat16)), heads, token_targets(held.targets, np.arange(len(held_features))))
            run.log(step + 1, validation=loss.item(), **{f"val_{k}": v for k, v in right.items()})
            run.save(step + 1, optimizer, projector=projector, heads=heads)


if __name__ == "__main__":
    main()
