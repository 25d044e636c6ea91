"""What every stage shares: seeds, schedule, checkpoints that resume, a log that becomes a curve."""
from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn


def setup(seed: int, threads: int) -> None:
    torch.manual_seed(seed)
    torch.set_num_threads(threads)


def fuse(layers: Iterable[nn.Module]) -> None:
    """Compiles what stands around each layer's attention, for any length: on a CPU the elementwise work costs more than the products."""
    torch._dynamo.config.recompile_limit = 128
    for layer in layers:
        layer.project = torch.compile(layer.project, dynamic=True)
        layer.finish = torch.compile(layer.finish, dynamic=True)


def cosine(step: int, total: int, peak: float, warmup: int = 100, floor: float = 0.02) -> float:
    """Learning rate at `step`: linear warm-up, then a cosine down to floor * peak."""
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = min(1.0, (step - warmup) / max(1, total - warmup))
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * progress)))


class Awake:
    """How long a run has worked. A measurement on the same machine may stop it (SIGSTOP): a step that seems to last longer than `longest_s` slept."""

    def __init__(self, longest_s: float = 30.0) -> None:
        self.longest_s = longest_s
        self.seconds = 0.0
        self._last = time.monotonic()

    def hurry(self, step: int, total: int, minutes: float) -> int:
        """The step on the schedule: ahead of `step` where `minutes` ask for it (0: never)."""
        now = time.monotonic()
        self.seconds += min(now - self._last, self.longest_s)
        self._last = now
        return min(total, max(step, int(total * self.seconds / 60 / minutes) if minutes else 0))


class Together:
    """Two optimisers as one."""

    def __init__(self, *parts: torch.optim.Optimizer) -> None:
        self.parts = parts
        self.param_groups = [g for part in parts for g in part.param_groups]

    def zero_grad(self, set_to_none: bool = True) -> None:
        for part in self.parts:
            part.zero_grad(set_to_none=set_to_none)

    def step(self) -> None:
        for part in self.parts:
            part.step()

    def state_dict(self) -> list[dict]:
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: list[dict]) -> None:
        for part, state in zip(self.parts, states):
            part.load_state_dict(state)
        self.param_groups = [g for part in self.parts for g in part.param_groups]


def optimizer_of(groups: Iterable[tuple[nn.Module, float]], muon: Iterable[nn.Parameter] = (), decay: float = 0.05, muon_factor: float = 1.0) -> Together:
    """AdamW over (module, learning-rate factor) pairs, Muon over the matrices named; vectors and biases are not decayed."""
    muon = list(muon)
    apart = {id(q) for q in muon}
    out = []
    for module, factor in groups:
        params = [p for p in module.parameters() if p.requires_grad and id(p) not in apart]
        out.append({"params": [p for p in params if p.ndim > 1], "weight_decay": decay, "factor": factor})
        out.append({"params": [p for p in params if p.ndim <= 1], "weight_decay": 0.0, "factor": factor})
    parts: list[torch.optim.Optimizer] = [torch.optim.AdamW(out, lr=1e-3, betas=(0.9, 0.98), fused=True)]
    if muon:
        parts.append(torch.optim.Muon([{"params": muon, "factor": muon_factor}], lr=1e-3, weight_decay=decay, adjust_lr_fn="match_rms_adamw"))
    return Together(*parts)


def adamw(groups: Iterable[tuple[nn.Module, float]], decay: float = 0.05) -> Together:
    return optimizer_of(groups, decay=decay)


def set_rate(optimizer: Together, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate * group["factor"]


def part(weights: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The weights of one part of a whole model: those whose names begin with `prefix`, without it, in float32."""
    return {k.removeprefix(prefix): v.float() if v.is_floating_point() else v for k, v in weights.items() if k.startswith(prefix)}


class Run:
    """One stage's folder: log.jsonl, last.pt (weights, optimiser, step)."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.started = time.time()

    def log(self, step: int, **values: float) -> None:
        line = {"step": step, "minutes": round((time.time() - self.started) / 60, 2), **{k: round(float(v), 4) for k, v in values.items()}}
        with open(self.folder / "log.jsonl", "a") as f:
            f.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)

    def save(self, step: int, optimizer: Together, **modules: nn.Module) -> None:
        state = {"step": step, "optimizer": optimizer.state_dict(), **{k: m.state_dict() for k, m in modules.items()}}
        temporary = self.folder / "last.tmp"
        torch.save(state, temporary)
        os.replace(temporary, self.folder / "last.pt")  # a cut-off run never leaves half a checkpoint

    def resume(self, optimizer: Together, **modules: nn.Module) -> int:
        """The step to go on from: 0 when there is nothing yet."""
        path = self.folder / "last.pt"
        if not path.exists():
            return 0
        state = torch.load(path, weights_only=True)
        for name, module in modules.items():
            module.load_state_dict(state[name])
        optimizer.load_state_dict(state["optimizer"])
        return state["step"]
