"""A question with its one canonical answer, and what training may be told about it."""
from __future__ import annotations

from dataclasses import dataclass, replace
from types import ModuleType

import numpy as np

from .check import extract
from .phrases_zh import SYNONYMS
from .spoken import TONGUES
from .translate import Span

PICTURE = ("colour", "shape", "size", "count", "position", "existence", "compare", "relation", "caption", "ocr", "absent")
VIDEO = ("change", "last", "first", "before", "way", "seen")
HEARING = ("repeat", "translate", "sums", "sound")
FAMILIES = (*PICTURE, *VIDEO, "follow", *HEARING, "recall", "chat", "outside")
# The categories of words that decide an answer, by family; a follow-up has those of the question that it follows.
CATS = {
    "colour": ["not", "colour"], "shape": ["not", "shape"], "size": ["not", "size"], "count": ["number"], "position": ["not", "position"],
    "existence": ["yesno"], "compare": ["yesno", "shape", "colour"], "relation": ["not", "event", "colour", "shape"], "ocr": ["not", "number"],
    "change": ["event", "colour", "shape", "position", "number"], "caption": ["event", "colour", "shape", "position", "number"],
    "absent": ["not", "event", "colour", "shape"], "last": ["not", "colour", "shape"], "first": ["not", "colour", "shape"],
    "before": ["not", "colour", "position", "number"], "way": ["not", "way"], "seen": ["number"], "sound": ["number"], "sums": ["number"],
    "translate": ["language", "not", "event", "size", "colour", "shape", "position", "number"],
    "repeat": ["text"], "recall": ["text"], "chat": ["text"], "outside": ["text"],
}  # fmt: skip


@dataclass(frozen=True)
class QA:
    """A question as it is spoken, its canonical answer, and the key words that the checker wants.

    For training: `looks` is where the answer comes from, (offset in the answer, cells): from this character on it speaks of these cells,
    as the last frame of `state` shows them (-1: the last frame of all); `via` is what has to be found before them, in any frame since, where that is
    something else; `found` are the cells of all that the question asks for, none where
    there is no such thing; `came` is the same of things over time, each as (state since when, cell); `hears` says which characters of the answer come from which of the question (of the one before, for recall).
    """

    family: str
    question: str
    answer: str
    keys: list[str]
    cats: list[str]
    looks: tuple[tuple[int, tuple[int, ...]], ...] = ()
    found: tuple[int, ...] | None = None
    via: tuple[int, ...] = ()
    compared: tuple[int, ...] = ()  # where in the answer the two words begin on which the rest of it depends
    came: tuple[tuple[int, int], ...] | None = None
    lang: str = "en"
    state: int = -1
    hears: tuple[Span, ...] = ()
    beeps: int = 0
    history: tuple["QA", ...] = ()  # what was asked before it in the same conversation


def say(t: ModuleType, key: str, **slots: object) -> str:
    text = t.ANSWERS[key].format(**slots)
    return text[0].upper() + text[1:]


def make(t: ModuleType, family: str, question: str, answer: str, *cells: int, cats: str = "") -> QA:
    """`cells`: what the answer speaks of, in the last frame; `cats`: the family whose categories decide."""
    wanted = CATS[cats or family]
    found = cells if family != "caption" and family in (*PICTURE, "follow") else None
    return QA(family, question, answer, extract(answer, wanted), wanted, ((0, cells),) if cells else (), found, lang=t.LANG)


def varied(qa: QA, rng: np.random.Generator) -> QA:
    """The same question in other words for a shape, where people have some."""
    return replace(qa, question=synonymous(qa.question)) if qa.lang == "zh" and rng.random() < 0.15 else qa


def synonymous(question: str) -> str:
    """Only bare shapes are said otherwise: with colours there would be too many texts to speak."""
    if "色" not in question.replace("颜色", ""):
        for usual, other in SYNONYMS.items():
            question = question.replace(usual, other)
    return question


__all__ = ["CATS", "FAMILIES", "HEARING", "PICTURE", "QA", "TONGUES", "VIDEO", "make", "say", "synonymous", "varied"]
