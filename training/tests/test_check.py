"""The checker: check_cases.json is read by tools/eval/check.test.ts too, which holds the two implementations together."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from pocket import world as w

CASES = json.loads((Path(__file__).parent / "check_cases.json").read_text())


@pytest.mark.parametrize(("text", "cats", "keys"), CASES)
def test_extract(text: str, cats: list[str], keys: list[str]) -> None:
    assert w.extract(text, cats) == keys


def test_size_counts_only_where_it_is_asked_for() -> None:
    assert w.check("A small red circle in the middle.", ["red", "circle", "center"], ["colour", "shape", "position"])
    assert not w.check("The star is large.", ["small"], ["size"])


def test_a_translation_into_the_same_language_is_none() -> None:
    assert not w.check("The red circle.", ["zh", "red", "circle"], w.CATS["translate"])
