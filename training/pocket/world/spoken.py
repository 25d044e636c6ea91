"""What is answered from the words alone, of open texts: say it back, translate it, work it out. The text gives the answer, so a pool of texts is enough."""
from __future__ import annotations

import re
from types import ModuleType
from typing import NamedTuple

import numpy as np

from . import phrases, phrases_zh
from .check import language
from .repeat import sample_content
from .scene import pick
from .translate import Span, sample_pair, translate

TONGUES: dict[str, ModuleType] = {"en": phrases, "zh": phrases_zh}
LANGUAGES = tuple(TONGUES)
OTHER = {"en": "zh", "zh": "en"}
MOST = 20  # no sum is above


class Reply(NamedTuple):
    """The family of an open text, its answer, and which characters of the answer come from which of the text."""

    family: str
    answer: str
    hears: tuple[Span, ...]


def _prefixes(lang: str) -> list[tuple[str, str]]:
    """(what a text begins with, its family), the longest first: "say after me " before "say "."""
    t = TONGUES[lang]
    found = {(form.removesuffix("{x}"), family) for family, forms in (("repeat", t.REPEAT), ("translate", t.TRANSLATE)) for form in forms}
    return sorted(found, key=lambda p: -len(p[0]))


PREFIXES = {lang: _prefixes(lang) for lang in LANGUAGES}
_WORTH = {lang: {t.number_words(n): n for n in range(100)} for lang, t in TONGUES.items()}
_SUMS = {
    lang: [re.compile(form.format(x=f"(?P<a>{{}})(?P<op>{'|'.join(t.OPERATORS.values())})(?P<b>{{}})").replace("{}", "|".join(sorted(_WORTH[lang], key=len, reverse=True)))) for form in t.SUMS]
    for lang, t in TONGUES.items()
}


def sum_of(a: int, operator: str, b: int) -> int:
    return a + b if operator == "+" else a - b if operator == "-" else a * b


def reply(text: str) -> Reply | None:
    """The answer to an open text; None for any other."""
    lang = language(text)
    for prefix, family in PREFIXES[lang]:
        content = text.removeprefix(prefix)
        if not content or content == text:
            continue
        if family == "repeat":
            return Reply(family, TONGUES[lang].sentence(content), ((0, len(content), len(prefix), len(text)),))
        found = translate(content, lang)
        if found:
            spans = tuple((a, b, c + len(prefix), d + len(prefix)) for a, b, c, d in found[1])
            return Reply(family, TONGUES[OTHER[lang]].sentence(found[0]), spans)
    return _sum(text, lang)


def _sum(text: str, lang: str) -> Reply | None:
    t = TONGUES[lang]
    found = next((m for form in _SUMS[lang] if (m := form.fullmatch(text))), None)
    if not found:
        return None
    operator = next(k for k, v in t.OPERATORS.items() if v == found["op"])
    worth = sum_of(_WORTH[lang][found["a"]], operator, _WORTH[lang][found["b"]])
    if not 0 <= worth <= MOST:
        return None
    said = found["a"] + found["op"] + found["b"]
    answer = t.ANSWERS["sum"].format(x=said, n=t.number_words(worth))
    return Reply("sums", answer[0].upper() + answer[1:], ((0, len(said), found.start("a"), found.end("b")),))


def sample_sum(rng: np.random.Generator, lang: str) -> str:
    t = TONGUES[lang]
    operator = pick(rng, ("+", "+", "-", "-", "*"))
    if operator == "*":
        a, b = pick(rng, [(a, b) for a in range(11) for b in range(11) if a * b <= MOST])
    elif operator == "+":
        a, b = (int(n) for n in rng.integers(0, 11, 2))
    else:
        a = int(rng.integers(0, MOST + 1))
        b = int(rng.integers(0, min(a, 10) + 1))
    return pick(rng, t.SUMS).format(x=t.number_words(a) + t.OPERATORS[operator] + t.number_words(b))


def sample_open(rng: np.random.Generator, family: str, lang: str) -> str:
    """An open text of one of the three families."""
    if family == "sums":
        return sample_sum(rng, lang)
    content = sample_content(rng, lang=lang) if family == "repeat" else sample_pair(rng, lang)
    forms = TONGUES[lang].REPEAT if family == "repeat" else TONGUES[lang].TRANSLATE
    return pick(rng, forms).format(x=content)
