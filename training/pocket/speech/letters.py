"""What CTC spells: English as it is written, Chinese as toneless pinyin with a space between syllables. Both share the labels.

Toneless, since spelling is only there to make hearing learn and to find words in the sound; what tone says, the decoder has to tell from context.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the makers of pools spell too, and start faster without torch
    from torch import Tensor

LETTERS = " abcdefghijklmnopqrstuvwxyz'"  # class 0 is CTC's blank
_DIGITS = "零一二三四五六七八九"
_HANZI = "\u3400-\u9fff"
#: What counts as one thing to say in a Chinese text: a run of hanzi (read together, as the reading depends on the word), of digits, of letters.
RUNS = re.compile(f"[{_HANZI}]+|[0-9]+|[a-zA-Z']+")


def is_chinese(text: str) -> bool:
    """Whether `text` is read by the rules for Chinese: one hanzi is enough."""
    return re.search(f"[{_HANZI}]", text) is not None


def letters(text: str) -> list[int]:
    """The labels of `text`."""
    return [LETTERS.index(ch) + 1 for ch in spelling(text)]


def spelling(text: str) -> str:
    """`letters` as a string."""
    return _spelt(text)[0]


def starts(text: str) -> list[int]:
    """The index of the first label of each character, and the number of labels at the end.

    A character that is not spelt (a mark, a space in Chinese) begins where the next one that is does. The space before a syllable belongs to none.
    """
    return list(_spelt(text)[1])


def toned(text: str, joined: bool) -> str:
    """Chinese as pinyin with tones for a synthesiser, which reads single hanzi wrong at times (行 in 行情); `joined`: the syllables of a word in one."""
    from pypinyin import Style, lazy_pinyin
    from pypinyin.seg.mmseg import seg

    def read(run: re.Match[str]) -> str:
        if not is_chinese(run[0]) and not run[0].isdigit():
            return run[0]
        hanzi = _number(run[0]) if run[0].isdigit() else run[0]
        syllables = iter(lazy_pinyin(hanzi, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True))
        words = ["".join(next(syllables, "") for _ in word) for word in (seg.cut(hanzi) if joined else hanzi)]
        return " " + " ".join(words) + " "

    return re.sub(r" +(?=\W|$)", "", RUNS.sub(read, text)).strip()


def greedy(logits: Tensor, length: int) -> str:
    """The best path's text of logits [T, labels + 1], of which the first `length` are the clip's."""
    return "".join(LETTERS[i - 1] for i, _ in groupby(logits[:length].argmax(-1).tolist()) if i)


@lru_cache(maxsize=1 << 16)
def _spelt(text: str) -> tuple[str, tuple[int, ...]]:
    parts = _chinese(text) if is_chinese(text) else [ch if ch in LETTERS else "" for ch in text]
    spelt, at = "", []
    for part in parts:
        bare = part.lstrip(" ") or part
        at.append(len(spelt) + len(part) - len(bare) if part else -1)
        spelt += part
    at.append(len(spelt))
    for i in range(len(at) - 2, -1, -1):
        at[i] = at[i + 1] if at[i] < 0 else at[i]
    return spelt, tuple(at)


def _chinese(text: str) -> list[str]:
    """What each character adds to the spelling, the space before it included."""
    from pypinyin import lazy_pinyin  # late: its dictionaries take 30 MB and English needs none

    parts = [""] * len(text)
    first = True
    for run in RUNS.finditer(text):
        if run[0][0].isdigit():
            said = [" ".join(lazy_pinyin(_number(run[0])))]
        elif run[0][0].isascii():
            said = [*run[0].lower()]
        else:
            said = lazy_pinyin(run[0])
        for i, syllable in enumerate(said):
            apart = not first and (i == 0 or not run[0][0].isascii())
            parts[run.start() + i] = " " * apart + syllable
            first = False
    return parts


def _number(digits: str) -> str:
    """'42' -> 四十二; longer ones and those with a leading zero digit by digit, as they are read out."""
    if len(digits) != 2 or digits[0] == "0":
        return "".join(_DIGITS[int(d)] for d in digits)
    tens, units = digits
    return ("" if tens == "1" else _DIGITS[int(tens)]) + "十" + ("" if units == "0" else _DIGITS[int(units)])
