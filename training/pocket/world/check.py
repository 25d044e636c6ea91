"""The checker: an answer is right when its key words are. Size and phrasing never count.

Kept small on purpose: the evaluation in TypeScript holds the same function over the same check_words.json.
"""
from __future__ import annotations

import json
import re
from pathlib import Path

WORDS: dict[str, dict[str, str | int]] = json.loads((Path(__file__).parent / "check_words.json").read_text())
_TOKEN = re.compile(r"[a-z']+|[0-9]+")


def tokens(text: str) -> list[str]:
    """Lower-case words and digit groups; punctuation and hyphens part them."""
    return _TOKEN.findall(text.lower().replace("\u2019", "'"))


def extract(text: str, cats: list[str]) -> list[str]:
    """The key words of the given categories, in the order of the text."""
    out: list[str] = []
    answered = False  # only the first yes/no answers: "No, there is no star." says no once
    tens = 0  # a pending "forty" that waits for its "two"
    for word in tokens(text):
        for cat in cats:
            if cat == "text":
                out.append(word)
            elif cat == "number":
                value = int(word) if word.isdigit() else WORDS[cat].get(word)
                if tens and isinstance(value, int) and 1 <= value <= 9 and not word.isdigit():
                    out[-1] = str(tens + value)
                elif value is not None:
                    out.append(str(value))
                tens = value if value is not None and not word.isdigit() and value >= 20 else 0
            elif word in WORDS[cat] and not (cat == "yesno" and answered):
                out.append(str(WORDS[cat][word]))
                answered = answered or cat == "yesno"
    return out


def check(text: str, keys: list[str], cats: list[str]) -> bool:
    """Whether an answer says exactly the wanted key words."""
    return extract(text, cats) == list(keys)
