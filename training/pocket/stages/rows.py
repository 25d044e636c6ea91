"""One conversation as training holds it: its tokens, what is to be learned of them, and where it is to look and listen."""
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pocket import world as w

ENGLISH = 0.45  # share of conversations in English


@dataclass(frozen=True)
class Utterance:
    """Something said in a conversation."""

    at: int  # position of its first token
    tokens: int
    clip: int  # which entry of the ears' caches
    text: str  # what is to be heard in words
    pieces: list[tuple[int, int]] = field(default_factory=list)  # its tokens, were it written, and the character that each ends before
    beeps: tuple[tuple[int, ...], ...] = ()  # positions of each beep's tokens
    asks: int = 0  # the character of `text` with which the question begins


@dataclass
class Row:
    """One conversation. `ids` holds token ids, or -1 where a frame's or an utterance's features go."""

    ids: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)  # -100 where nothing is to be learned
    frames: list[tuple[int, int]] = field(default_factory=list)  # (position, row of the frame pool)
    states: list[int] = field(default_factory=list)  # for each frame: the state of the clip that it shows
    earlier: list[int] = field(default_factory=list)  # for each frame: the row of a frame of the state before, -1 if none was shown
    audio: list[Utterance] = field(default_factory=list)
    answers: list[tuple[str, int, int]] = field(default_factory=list)  # (family, first target, one past the last)
    looks: list[tuple[int, tuple[int, ...], tuple[int, ...], float]] = field(default_factory=list)  # (position, tokens to find first, and then, weight)
    counts: list[tuple[int, tuple[tuple[int, ...], ...]]] = field(default_factory=list)  # (position, tokens of each thing to be counted)
    listens: list[tuple[int, int, int, int]] = field(default_factory=list)  # (position, utterance, its characters from, to)
    gap: int = 0
    last: w.QA | None = None  # the turn before, and which utterance asked it (-1: it was typed)
    last_clip: int = -1

    def add(self, ids: list[int], learn: bool = False) -> None:
        self.ids += ids
        self.targets += ids if learn else [-100] * len(ids)


def label(qa: w.QA) -> str:
    """The family as reports name it."""
    return qa.family + ("" if qa.lang == "en" else f".{qa.lang}")


def some_language(rng: np.random.Generator, row: str = "") -> str:
    """Of a conversation; of a turn, mostly that of its conversation."""
    return row if row and rng.random() < 0.85 else "en" if rng.random() < ENGLISH else "zh"
