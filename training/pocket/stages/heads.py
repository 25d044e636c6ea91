"""The ear's heads (model/heads.py), on what the frozen ear made of `situations`.

    python -m pocket.stages.heads --situations work/situations --validation work/situationsval --out work/run_h0 --minutes 5
"""
from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from pocket.model.config import PocketConfig, TurnEndConfig
from pocket.model.heads import HEADS, EarHeads

from .common import Run, adamw, cosine, set_rate, setup

#: A turn that is not for the model and is taken for one is answered; one that is and is not is lost, which is worse. So many of the questions of the validation,
#: which are rougher than a call, may be taken for nobody's at each probability that the rules go by (docs/adr/0069); and so much of what is meant to interrupt missed.
LOST = {"not_for_me": ((0.15, 0.035), (0.5, 0.0165)), "interrupts": ((0.5, 0.029),)}


def auc(scores: np.ndarray, yes: np.ndarray) -> float:
    """Share of (yes, no) pairs in their right order; ties count half. NaN where one of them is not there."""
    order = np.argsort(scores, kind="stable")
    _, first, count = np.unique(scores[order], return_index=True, return_counts=True)
    ranks = np.empty(len(scores))
    ranks[order] = np.repeat(first + (count + 1) / 2, count)
    many = int(yes.sum())
    few = len(yes) - many
    return float((ranks[yes].sum() - many * (many + 1) / 2) / (many * few)) if many and few else float("nan")


class Situated:
    def __init__(self, folders: list[Path], hidden: int) -> None:
        self.rows: list[tuple[int, int, int, int, int, int, str]] = []
        self._middle, self._heard = [], []
        for which, folder in enumerate(folders):
            self._middle.append(np.memmap(folder / "middle.f16", np.float16, "r").reshape(-1, hidden))
            self._heard.append(np.memmap(folder / "heard.f16", np.float16, "r").reshape(-1, hidden))
            self.rows += [(which, *r) for r in json.loads((folder / "rows.json").read_text())]

    def batch(self, chosen: list[int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """-> middle, heard [B, S, hidden], frames [B], labels [B, heads]"""
        rows = [self.rows[i] for i in chosen]
        width = -(-max(r[2] for r in rows) // 16) * 16
        out = np.zeros((2, len(rows), width, self._heard[0].shape[1]), np.float16)
        for b, r in enumerate(rows):
            for half, of in enumerate((self._middle, self._heard)):
                out[half, b, : r[2]] = of[r[0]][r[1] : r[1] + r[2]]
        both = torch.from_numpy(out)
        return both[0], both[1], torch.tensor([r[2] for r in rows]), torch.tensor([r[3:6] for r in rows], dtype=torch.float32)


def logits_of(heads: EarHeads, data: Situated) -> np.ndarray:
    order = np.argsort([r[2] for r in data.rows])
    out = np.zeros((len(data.rows), len(HEADS)), np.float32)
    heads.eval()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for some in np.array_split(order, max(1, len(order) // 64)):
            middle, heard, frames, _ = data.batch(some.tolist())
            out[some] = heads(middle.bfloat16(), heard.bfloat16(), frames).float().numpy()
    heads.train()
    return out


def figures(logits: np.ndarray, data: Situated) -> dict[str, float]:
    labels = np.array([r[3:6] for r in data.rows])
    kinds = np.array([r[6] for r in data.rows])
    out = {}
    for i, name in enumerate(HEADS):
        known = labels[:, i] >= 0
        out[f"auc_{name}"] = auc(logits[known, i], labels[known, i] == 1)
    # What is hard of each: ends from pauses that the speaker made himself and from beginnings spoken as if they were all, questions from clear talk to others.
    for head, yes, no, name in (("turn_end", ("finished", "brief"), ("hesitating",), "hesitating"), ("turn_end", ("finished", "brief"), ("broken",), "broken"), ("not_for_me", ("talker",), ("finished", "brief"), "talker")):
        i, chosen = HEADS.index(head), np.isin(kinds, yes + no)
        if np.isin(kinds, yes).any() and np.isin(kinds, no).any():
            out[f"auc_{head}_{name}"] = auc(logits[chosen, i], np.isin(kinds[chosen], yes))
    for kind in sorted(set(kinds)):
        for i, name in enumerate(HEADS):
            known = (labels[:, i] >= 0) & (kinds == kind)
            if known.any():
                out[f"{name}_{kind}"] = float(((logits[known, i] > 0) == (labels[known, i] == 1)).mean())
    return out


def settle(heads: EarHeads, logits: np.ndarray, held_out: Situated) -> None:
    """Moves the logits, and where there are two points spreads them, so that as few as LOST says of what is meant for the model are lost where it is decided."""
    labels, kinds = np.array([r[3:6] for r in held_out.rows]), np.array([r[6] for r in held_out.rows])
    with torch.no_grad():
        for name, points in LOST.items():
            i = HEADS.index(name)
            meant = np.isin(kinds, ("finished", "brief")) if name == "not_for_me" else labels[:, i] == 1
            found = [float(np.quantile(logits[meant, i], 1 - share if name == "not_for_me" else share)) for _, share in points]
            wanted = [float(np.log(p / (1 - p))) for p, _ in points]
            spread = (wanted[1] - wanted[0]) / max(1e-3, found[1] - found[0]) if len(points) > 1 else 1.0
            heads.out.weight[i] *= spread
            heads.out.bias[i] = spread * (heads.out.bias[i] - found[0]) + wanted[0]


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--situations", type=Path, nargs="+", required=True)
    p.add_argument("--validation", type=Path, nargs="+", required=True)
    p.add_argument("--start-from", type=Path)
    p.add_argument("--keep", type=float, default=0.0, help="share of the weights that it started from in those it ends with: what was learned before and not asked now is kept")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--steps", type=int, default=3000)
    p.add_argument("--minutes", type=float, default=0.0)
    p.add_argument("--batch", type=int, default=48)
    p.add_argument("--rate", type=float, default=1.5e-3)
    p.add_argument("--every", type=int, default=200)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args(argv)
    setup(a.seed, a.threads)
    c = PocketConfig().audio
    data, held_out = Situated(a.situations, c.hidden), Situated(a.validation, c.hidden)
    heads = EarHeads(c, TurnEndConfig())
    if a.start_from:
        heads.load_state_dict(torch.load(a.start_from, weights_only=True)["heads"])
    optimizer, run, rng = adamw([(heads, 1.0)]), Run(a.out), np.random.default_rng(a.seed)
    start = run.resume(optimizer, heads=heads)
    waiting: list[list[int]] = []
    recent: dict[str, list[float]] = defaultdict(list)
    began = time.time()
    for step in range(start, a.steps):
        hurried = int(a.steps * (time.time() - began) / 60 / a.minutes) if a.minutes else 0
        scheduled = max(step, hurried)
        set_rate(optimizer, cosine(scheduled, a.steps, a.rate, 50))
        if not waiting:
            some = rng.integers(len(data.rows), size=8 * a.batch)
            some = some[np.argsort([data.rows[i][2] for i in some])]
            waiting = [some[i * a.batch : (i + 1) * a.batch].tolist() for i in rng.permutation(8)]
        middle, heard, frames, labels = data.batch(waiting.pop())
        with torch.autocast("cpu", torch.bfloat16):
            shake = lambda x: x.bfloat16() * (1 + 0.05 * torch.randn(len(x), 1, 1)).bfloat16() + 0.1 * torch.randn_like(x.bfloat16())  # noqa: E731
            logits = heads(shake(middle), shake(heard), frames).float()
        known = labels >= 0
        wanted = labels.clamp(min=0) * 0.96 + 0.02
        loss = (F.binary_cross_entropy_with_logits(logits, wanted, reduction="none") * known).sum(0) / known.sum(0).clamp(min=1)
        optimizer.zero_grad(set_to_none=True)
        loss.sum().backward()
        torch.nn.utils.clip_grad_norm_(heads.parameters(), 1.0)
        optimizer.step()
        for name, value in zip(HEADS, loss.tolist()):
            recent[name].append(value)
        finished = scheduled + 1 >= a.steps
        if (step + 1) % 50 == 0 or finished:
            run.log(step + 1, **{k: float(np.mean(v)) for k, v in recent.items()})
            recent.clear()
        if (step + 1) % a.every == 0 or finished:
            run.log(step + 1, **figures(logits_of(heads, held_out), held_out))
            run.save(step + 1, optimizer, heads=heads)
        if finished:
            break
    if a.keep and start < a.steps:
        began_with = torch.load(a.start_from, weights_only=True)["heads"]
        heads.load_state_dict({name: a.keep * began_with[name].float() + (1 - a.keep) * now for name, now in heads.state_dict().items()})
    settle(heads, logits_of(heads, held_out), held_out)
    found = figures(logits_of(heads, held_out), held_out)
    run.log(a.steps, **found)
    run.save(a.steps, optimizer, heads=heads)
    (a.out / "evaluation.json").write_text(json.dumps({"examples": len(held_out.rows), **{k: round(v, 4) for k, v in found.items()}}, indent=2) + "\n")


if __name__ == "__main__":
    main()
