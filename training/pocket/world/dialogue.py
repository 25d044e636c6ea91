"""Dialogues: frames stream in, a question comes, more frames, another question."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .clips import Clip, sample_clip
from .qa import PICTURE, QA
from .questions import ask, no_picture
from .scene import Scene, pick

Step = tuple[str, "int | QA"]


class Dialogue(NamedTuple):
    """The clip to draw, and ("frame", state index) and ("turn", QA) in the order in which they come."""

    clip: Clip
    steps: list[Step]


# What of the clip each family needs: changes at least, changes at most, frames at most.
_LONG = {"last": (1, 8, 16), "first": (1, 8, 16), "before": (1, 5, 12), "way": (1, 5, 12), "seen": (1, 8, 16)}
_SHORT = (0, 3, 8)


def sample_qa(rng: np.random.Generator, family: str | None = None, max_events: int | None = None, max_frames: int | None = None,
              lang: str = "en") -> tuple[Clip, QA]:
    """A clip and one question after its last frame. The clip is drawn to suit the family."""
    while True:
        card = True if family == "ocr" else None
        least, events, frames = _LONG.get(family or "", _SHORT)
        # "Nothing changed." must stay one answer among many.
        if family == "change":
            least = int(rng.random() < 0.88)
        elif family == "last":
            least = int(rng.random() < 0.95)
        elif family == "seen":
            least = int(rng.integers(0, 6))
        few = family == "first" or (family in ("seen", "last") and rng.random() < 0.7)
        clip = sample_clip(rng, events if max_events is None else max_events, max_frames or frames, card, least, few)
        # Without repeated shapes and colours, "none" or "one" would be right too often unseen.
        if family == "count" and rng.random() < 0.75 and not _repeats(clip.states[-1]):
            continue
        qa = ask(clip, len(clip.states) - 1, rng, family, lang=lang)
        if qa is not None:
            return clip, qa


def _repeats(scene: Scene) -> bool:
    """Whether some shape or colour lies there twice."""
    return any(len(scene.find(o.shape)) > 1 or len(scene.find(color=o.color)) > 1 for o in scene.objects)


def sample_dialogue(rng: np.random.Generator, max_turns: int = 4, max_frames: int = 10,
                    families: tuple[str, ...] | None = None) -> Dialogue:
    """Every question is about the state of the last frame before it; the first turn follows at least one frame."""
    clip = sample_clip(rng, max_events=3, max_frames=max_frames)
    frames = clip.schedule
    turns = int(rng.integers(1, max_turns + 1))
    # Several turns may follow one frame; the last turn always comes after the last frame, so that none is wasted.
    after = sorted([int(i) for i in rng.integers(1, len(frames) + 1, turns - 1)] + [len(frames)])
    steps: list[Step] = []
    for f, state in enumerate(frames, 1):
        steps.append(("frame", state))
        for _ in range(after.count(f)):
            steps.append(("turn", _turn(clip, state, rng, families)))
    return Dialogue(clip, steps)


def _turn(clip: Clip, state: int, rng: np.random.Generator, families: tuple[str, ...] | None) -> QA:
    for _ in range(50):
        family = str(rng.choice(families)) if families else None
        if family is None and state > 0 and rng.random() < 0.2:
            family = "change"  # where there is something to tell, ask for it more often
        qa = ask(clip, state, rng, family)
        if qa is not None and not (qa.answer == "Nothing changed." and rng.random() < 0.6):
            return qa
    return ask(clip, state, rng, "caption")  # type: ignore[return-value]


def ask_without_picture(rng: np.random.Generator, lang: str = "en") -> QA:
    """A question about the table while no frame was sent (camera off): family "blind", not part of FAMILIES."""
    _, qa = sample_qa(rng, pick(rng, PICTURE), max_events=0, max_frames=1, lang=lang)
    return QA("blind", qa.question, no_picture(lang), ["not"], ["not", "colour", "number", "position"], lang=lang)
