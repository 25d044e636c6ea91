"""The checker: an answer is right when its key words are, in either language. Phrasing never counts.

Kept small on purpose: the evaluation in TypeScript holds the same function over the same check_words.json. A word there may give several
keys ("左上角" is top and left); `plain` lists Chinese words that hold the letters of others and mean none of them.
"""
from __future__ import annotations

import json
import re
from pathlib import Path

WORDS: dict[str, dict[str, str | int]] = json.loads((Path(__file__).parent / "check_words.json").read_text())
_TOKEN = re.compile(r"[a-z']+|[0-9]+|[\u4e00-\u9fff]+")
KNOWN = {word for table in WORDS.values() for word in table if "\u4e00" <= word[0] <= "\u9fff"}
_LONGEST = max(map(len, KNOWN))
_DIGITS = "零一二三四五六七八九"
_NUMERAL = re.compile("[一二三四五六七八九]?十[一二三四五六七八九]?|[零一二两三四五六七八九]")


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= ch <= "\u9fff" for ch in text)


def language(text: str) -> str:
    """Of a question or an answer: "zh" where there is any Chinese character."""
    return "zh" if is_chinese(text) else "en"


def segment(run: str) -> list[str]:
    """Chinese characters as words: the longest known word, a numeral, or one character."""
    out = []
    while run:
        word = next((run[:n] for n in range(min(_LONGEST, len(run)), 0, -1) if run[:n] in KNOWN), None)
        if word is None:
            numeral = _NUMERAL.match(run)
            word = numeral[0] if numeral else run[0]
        out.append(word)
        run = run[len(word):]
    return out


def tokens(text: str) -> list[str]:
    """Lower-case words, digit groups and Chinese words; punctuation and hyphens part them."""
    out = []
    for part in _TOKEN.findall(text.lower().replace("\u2019", "'")):
        out += segment(part) if is_chinese(part) else [part]
    return out


def _numeral(word: str) -> int | None:
    """'四十二' -> 42; None for what is no Chinese numeral."""
    if not _NUMERAL.fullmatch(word):
        return None
    if "十" not in word:
        return 2 if word == "两" else _DIGITS.index(word)
    tens, ones = word.split("十")
    return 10 * (_DIGITS.index(tens) if tens else 1) + (_DIGITS.index(ones) if ones else 0)


def extract(text: str, cats: list[str]) -> list[str]:
    """The key words of the given categories, in the order of the text; `language` gives the languages of the text before them."""
    words = tokens(text)
    out: list[str] = []
    if "language" in cats:
        out += sorted({language(word) for word in words if not word.isdigit()})
    answered = False  # only the first yes/no answers: "No, there is no star." says no once
    tens = 0  # a pending "forty" that waits for its "two"
    for word in words:
        for cat in cats:
            if cat == "language":
                continue
            if cat == "text":
                out += word if is_chinese(word) else [word]
            elif cat == "number":
                spelled = not word.isdigit() and not is_chinese(word)
                value = WORDS[cat].get(word, _numeral(word)) if not word.isdigit() else int(word)
                if tens and spelled and value is not None and 1 <= value <= 9:
                    out[-1] = str(tens + value)
                elif value is not None:
                    out.append(str(value))
                tens = value if spelled and value is not None and value >= 20 else 0
            elif word in WORDS[cat] and not (cat == "yesno" and answered):
                out += str(WORDS[cat][word]).split()
                answered = answered or cat == "yesno"
    return out


def check(text: str, keys: list[str], cats: list[str]) -> bool:
    """Whether an answer says exactly the wanted key words."""
    return extract(text, cats) == list(keys)
