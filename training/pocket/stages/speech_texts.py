"""What is to be spoken: every closed question, and open sentences that keep hearing wider than the questions."""
from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import numpy as np

from pocket import world as w
from pocket.speech.letters import is_chinese

#: Syllables of a string of dictionary words, at most.
_LONGEST = 9


@dataclass(frozen=True)
class Wanted:
    """How many clips of each language: voices for each closed question, then distinct open texts with one voice each."""

    closed: int = 0
    repeat: int = 0
    translate: int = 0
    sums: int = 0
    content: int = 0
    #: strings of dictionary words, Chinese only
    wide: int = 0


def texts(wanted: Wanted, seed: int, languages: tuple[str, ...] = w.LANGUAGES) -> tuple[list[str], list[int]]:
    """Distinct texts and how many voices speak each."""
    counts: dict[str, int] = {}
    for lang in languages:
        rng = np.random.default_rng([seed, w.LANGUAGES.index(lang)])
        if wanted.closed:
            counts.update({text: wanted.closed for _, text in w.all_question_texts(lang)})
        for family in ("repeat", "translate", "sums"):
            _add(counts, getattr(wanted, family), partial(w.sample_open, rng, family, lang))
        _add(counts, wanted.content, partial(w.sample_content, rng, lang=lang))
        if lang == "zh":
            words = _words()
            _add(counts, wanted.wide, partial(_string, rng, words))
    return list(counts), list(counts.values())


def _add(counts: dict[str, int], number: int, sample: Callable[[], str]) -> None:
    """Up to `number` new texts; fewer where there are no more (the sums are few)."""
    tries = added = 0
    while added < number and tries < 20 * number:
        text, tries = sample(), tries + 1
        if text not in counts:
            counts[text] = 1
            added += 1


def _words() -> list[str]:
    """pypinyin's dictionary: Mandarin's every syllable, far beyond what is said about the table."""
    from pypinyin.constants import PHRASES_DICT

    return [word for word in PHRASES_DICT if len(word) <= 4 and is_chinese(word) and word.isalpha()]


def _string(rng: np.random.Generator, words: list[str]) -> str:
    """One to three words."""
    while True:
        text = "".join(words[int(i)] for i in rng.integers(len(words), size=int(rng.integers(1, 4))))
        if len(text) <= _LONGEST:
            return text


if __name__ == "__main__":
    from pocket.speech.pool import EXTRA_SHARE, build_pool

    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--lang", nargs="+", choices=w.LANGUAGES, default=w.LANGUAGES)
    usual = Wanted(closed=4, repeat=5000, translate=2500, sums=800, content=1000, wide=4000)
    for field in fields(Wanted):
        p.add_argument(f"--{field.name}", type=int, default=getattr(usual, field.name), help="clips of each text" if field.name == "closed" else "texts")
    p.add_argument("--split", default="train")
    p.add_argument("--extra-share", type=float, default=EXTRA_SHARE, help="share of training clips by the recorded voices")
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    wanted = Wanted(**{field.name: getattr(a, field.name) for field in fields(Wanted)})
    spoken, voices = texts(wanted, a.seed, tuple(a.lang))
    print(json.dumps({"texts": len(spoken), "clips": sum(voices)}))
    build_pool(spoken, voices, a.split, a.out, seed=a.seed, workers=1, extra_share=a.extra_share)
