"""All families together: a question about a clip, or about what was said, with its one canonical answer, right by construction."""
from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import pictures, videos
from .check import extract, language
from .clips import Clip, Event
from .follow import follow
from .qa import CATS, FAMILIES, HEARING, QA, TONGUES, make, say, varied
from .scene import SIZES, Scene, pick
from .spoken import LANGUAGES, reply, sample_open

# How often each family is asked when none is named.
WEIGHTS = {
    "colour": 10, "shape": 9, "size": 5, "count": 9, "position": 10, "existence": 7, "compare": 6, "relation": 7, "caption": 8, "ocr": 7, "absent": 5,
    "change": 9, "last": 5, "first": 5, "before": 6, "way": 6, "seen": 5, "follow": 7, "repeat": 6, "translate": 8, "sums": 6, "sound": 4,
    "recall": 4, "chat": 4, "outside": 4,
}  # fmt: skip
MOST_BEEPS = 5


def caption_text(scene: Scene, lang: str = "en") -> str:
    return pictures.caption(TONGUES[lang], scene)


def event_text(event: Event, lang: str = "en") -> str:
    return videos.event_text(TONGUES[lang], event)


def no_picture(lang: str) -> str:
    return say(TONGUES[lang], "no picture")


def open_qa(text: str) -> QA | None:
    """The question that an open text asks: something to repeat, to translate or to work out."""
    found = reply(text)
    if found is None:
        return None
    cats = CATS[found.family]
    return QA(found.family, text, found.answer, extract(found.answer, cats), cats, lang=language(text), hears=found.hears)


def recall(previous: QA | None, rng: np.random.Generator, lang: str) -> QA:
    """What was said before, said again; `previous` is that turn, if there was one."""
    t = TONGUES[lang]
    question = pick(rng, t.RECALL)
    if previous is None:
        return make(t, "recall", question, say(t, "unsaid"))
    answer = say(t, "recall", x=previous.question)
    at = answer.index(previous.question)
    qa = make(t, "recall", question, answer)
    return replace(qa, hears=((at, at + len(previous.question), 0, len(previous.question)),), history=(previous,))


def sound(rng: np.random.Generator, lang: str) -> QA:
    t = TONGUES[lang]
    count = int(rng.integers(1, MOST_BEEPS + 1)) if rng.random() < 0.92 else 0
    return replace(make(t, "sound", pick(rng, t.SOUND), t.beeps(count)), beeps=count)


def chat(rng: np.random.Generator, lang: str) -> QA:
    answer, questions = pick(rng, TONGUES[lang].CHAT)
    return make(TONGUES[lang], "chat", pick(rng, questions), answer)


def outside(rng: np.random.Generator, lang: str) -> QA:
    t = TONGUES[lang]
    asked = pick(rng, t.OUTSIDE) if rng.random() < 0.5 else pick(rng, t.OUTSIDE_FORMS).format(x=pick(rng, t.OUTSIDE_TOPICS))
    return make(t, "outside", asked, t.OUTSIDE_ANSWER)


def _words(family: str, rng: np.random.Generator, lang: str) -> QA | None:
    """The families that need no picture."""
    if family in ("repeat", "translate", "sums"):
        return open_qa(sample_open(rng, family, lang))
    return {"sound": sound, "chat": chat, "outside": outside}[family](rng, lang)


def ask(clip: Clip, upto_state: int, rng: np.random.Generator, family: str | None = None, first_state: int = 0, lang: str = "en") -> QA | None:
    """A question about the state `upto_state`. None where the family has no unambiguous question about it.

    `first_state` is the first state that was shown: what changed before it cannot be known.
    """
    if family is None:
        weights = np.array([WEIGHTS[f] for f in FAMILIES], float)
        family = str(rng.choice(FAMILIES, p=weights / weights.sum()))
    t, scene = TONGUES[lang], clip.states[upto_state]
    if family in pictures.ASK:
        qa = pictures.ASK[family](t, scene, rng)
    elif family in videos.ASK:
        qa = videos.ASK[family](t, videos.Watched(clip, first_state, upto_state), rng)
    elif family == "follow":
        qa = follow(t, scene, rng)
    elif family == "recall":
        before = ask(clip, upto_state, rng, pick(rng, _RECALLED), first_state, lang) if rng.random() < 0.9 else None
        qa = recall(before, rng, lang)
    else:
        qa = _words(family, rng, lang)
    return varied(qa, rng) if qa and family in (*pictures.ASK, *videos.ASK) else qa


_RECALLED = ("colour", "shape", "count", "position", "existence", "repeat", "sums", "chat", "outside", "caption")

__all__ = ["CATS", "FAMILIES", "HEARING", "LANGUAGES", "QA", "SIZES", "ask", "caption_text", "event_text", "no_picture", "open_qa", "recall"]
