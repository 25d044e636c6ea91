"""Stage 0, vision: the encoder learns what lies in each cell (dense targets), since no pre-trained one can be had."""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from pocket.model.config import PocketConfig
from pocket.model.vision import AttributeHeads, VisionEncoder

from .common import Run, adamw, cosine, part, set_rate, setup
from .frames import FramePool


def pixels(batch: np.ndarray) -> Tensor:
    """uint8 [N, H, W, 3] -> float [N, 3, H, W] in -1..1."""
    return torch.from_numpy(batch).permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)


def jitter(x: Tensor, generator: torch.Generator) -> Tensor:
    """Gain, tint, zoom and move a picture a little, and add grain, as cameras do: the pool's own pictures are soon known by heart."""
    n = x.shape[0]
    move = torch.zeros(n, 2, 3)
    move[:, 0, 0] = 1 + 0.05 * (2 * torch.rand(n, generator=generator) - 1)
    move[:, 1, 1] = 1 + 0.05 * (2 * torch.rand(n, generator=generator) - 1)
    move[:, :, 2] = 0.04 * (2 * torch.rand(n, 2, generator=generator) - 1)
    x = F.grid_sample(x, F.affine_grid(move, list(x.shape), align_corners=False), padding_mode="border", align_corners=False)
    grain = 0.06 * torch.rand(n, 1, 1, 1, generator=generator) * (torch.rand(n, 1, 1, 1, generator=generator) < 0.5)
    x = x + grain * torch.randn(x.shape, generator=generator)
    gain = 1 + 0.15 * (2 * torch.rand(n, 1, 1, 1, generator=generator) - 1)
    tint = 0.05 * (2 * torch.rand(n, 3, 1, 1, generator=generator) - 1)
    return (x * gain + tint).clamp_(-1, 1)


def losses(out: dict[str, Tensor], t: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
    total = torch.zeros(())
    right: dict[str, float] = {}
    for name, logits in out.items():
        logits = logits.float()
        if name in ("tens", "ones"):
            has = t["card_cell"] >= 0
            rows, target = logits[has, t["card_cell"][has]], t[name][has]
        else:
            rows, target = logits.flatten(0, 1), t[name].flatten()
            keep = target >= 0
            rows, target = rows[keep], target[keep]
        if len(target) == 0:
            continue
        weight = {"shape": 2.0, "tens": 0.5, "ones": 0.5, "size": 0.3}.get(name, 1.0)
        total = total + weight * F.cross_entropy(rows, target)
        hit = rows.argmax(-1) == target
        right[name] = hit[target > 0].float().mean().item() if name == "shape" else hit.float().mean().item()
    return total, right


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--frames", type=Path, nargs="+", required=True)
    p.add_argument("--validation", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--start-from", type=Path, help="a packed checkpoint (release/checkpoint.py) whose vision encoder is to go on learning")
    p.add_argument("--steps", type=int, default=4000)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--rate", type=float, default=1.5e-3)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args(argv)
    setup(a.seed, a.threads)
    c = PocketConfig()
    pools = [FramePool(f) for f in a.frames]
    held_out = FramePool(a.validation)
    vision, heads = VisionEncoder(c.vision), AttributeHeads(c.vision.hidden)
    if a.start_from:
        vision.load_state_dict(part(torch.load(a.start_from, weights_only=True)["model"], "vision."))
    vision.to(memory_format=torch.channels_last)
    optimizer = adamw([(vision, 1.0), (heads, 1.0)])
    run = Run(a.out)
    start = run.resume(optimizer, vision=vision, heads=heads)
    rng = np.random.default_rng([a.seed, start])
    generator = torch.Generator().manual_seed(a.seed + start)

    def batch(pool: FramePool, rows: np.ndarray) -> tuple[Tensor, dict[str, Tensor]]:
        rows = np.sort(rows)
        x = pixels(pool.frames[rows]).contiguous(memory_format=torch.channels_last)
        return x, {k: torch.from_numpy(v[rows].astype(np.int64)) for k, v in pool.targets.items()}

    for step in range(start, a.steps):
        set_rate(optimizer, cosine(step, a.steps, a.rate))
        pool = pools[rng.integers(len(pools))]
        x, t = batch(pool, rng.integers(len(pool.frames), size=a.batch))
        with torch.autocast("cpu", torch.bfloat16):
            out = heads(vision(jitter(x, generator)))
        loss, right = losses(out, t)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*vision.parameters(), *heads.parameters()], 1.0)
        optimizer.step()
        if (step + 1) % 50 == 0 or step + 1 == a.steps:
            run.log(step + 1, loss=loss.item(), **right)
        if (step + 1) % 500 == 0 or step + 1 == a.steps:
            vision.eval()
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                x, t = batch(held_out, np.arange(min(800, len(held_out.frames))))
                loss, right = losses(heads(vision(x)), t)
            vision.train()
            run.log(step + 1, validation=loss.item(), **{f"val_{k}": v for k, v in right.items()})
            run.save(step + 1, optimizer, vision=vision, heads=heads)


if __name__ == "__main__":
    main()
