from __future__ import annotations

import time

import pytest

from pocket.stages import common
from pocket.stages.common import Awake
from pocket.stages.spelt import edits


@pytest.mark.parametrize(("said", "heard", "errors"), [("ni hao ma", "ni hao ma", 0), ("a b c", "a c", 1), ("", "a b", 2), ("a b", "b a", 2)])
def test_edits(said: str, heard: str, errors: int) -> None:
    assert edits(said.split(), heard.split()) == edits(heard.split(), said.split()) == errors


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
