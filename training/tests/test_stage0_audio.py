"""The audio stage: where it starts from, what it calls an error, and how it keeps to the clock."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch
from pocket.model.config import PocketConfig
from pocket.stages import common
from pocket.stages.common import Awake
from pocket.stages.stage0_audio import Model, edits


@pytest.mark.parametrize(("said", "heard", "errors"), [("ni hao ma", "ni hao ma", 0), ("a b c", "a c", 1), ("", "a b", 2), ("a b", "b a", 2)])
def test_edits(said: str, heard: str, errors: int) -> None:
    assert edits(said.split(), heard.split()) == edits(heard.split(), said.split()) == errors


def test_starts_from_a_packed_checkpoint_and_from_its_own(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first, second = Model(PocketConfig()), Model(PocketConfig())
    heads = first.heads.state_dict()
    whole = {f"audio.{k}": v for k, v in first.audio.state_dict().items()}
    torch.save({"step": 1, "model": {**whole, "decoder.x": torch.zeros(1)}, "heads": heads}, tmp_path / "packed.pt")
    torch.save({"step": 1, "audio": first.audio.state_dict(), "heads": heads}, tmp_path / "last.pt")
    for name in ("packed.pt", "last.pt"):
        torch.nn.init.zeros_(second.audio.conv1.weight)
        second.start_from(tmp_path / name)
        assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values()))


def test_hurry_follows_the_clock_but_not_in_its_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(common.time, "monotonic", lambda: now[0])
    clock = Awake(longest_s=30)
    steps = []
    for step, took in enumerate((6, 6, 600, 6)):
        now[0] += took
        steps.append(clock.hurry(step, total=100, minutes=1))
    assert steps == [10, 20, 70, 80]  # the ten minutes counted as half a one
    assert clock.hurry(90, 100, 1) == 90 and clock.hurry(5, 100, 0) == 5
    now[0] += 30
    assert clock.hurry(5, 100, 1) == 100
    assert time.monotonic() == now[0]
