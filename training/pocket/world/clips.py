"""Clips: a table that changes in time, seen at one frame a second."""
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .scene import COLORS, Card, Obj, Scene, pick, sample_number, sample_obj, sample_scene

EVENT_KINDS = ("appear", "disappear", "move", "recolor", "number")


@dataclass(frozen=True)
class Event:
    """One change of the table. `before`/`after` are the object on either side; `number` is the card's new one."""

    kind: str
    before: Obj | None = None
    after: Obj | None = None
    number: int | None = None


@dataclass(frozen=True)
class Clip:
    """states[i + 1] is states[i] after events[i]; schedule[f] is the state that frame f shows."""

    states: list[Scene]
    events: list[Event]
    schedule: list[int]


def _unique(scene: Scene) -> list[Obj]:
    """Objects that "the <colour> <shape>" names unambiguously."""
    return [o for o in scene.objects if len(scene.find(o.shape, o.color)) == 1]


def sample_event(rng: np.random.Generator, scene: Scene, uid: int, moves: float = 0.0) -> tuple[Event, Scene] | None:
    """A random change that one sentence describes unambiguously, and the table after it; None if there is none.

    `moves`: the share of changes that are to be moves, where something can move, before all kinds are alike."""
    unique, free, card = _unique(scene), scene.free_cells(), scene.card
    room = len(scene.objects) < (2 if card else 4)
    kinds = [k for k, ok in (("appear", room and free), ("disappear", unique), ("move", unique and free),
                             ("recolor", unique), ("number", card)) if ok]
    if not kinds:
        return None
    kind = "move" if moves and "move" in kinds and rng.random() < moves else pick(rng, kinds)
    if kind == "number":
        number = sample_number(rng)
        if number == card.number:
            number = (number + 1) % 100
        return Event(kind, number=number), replace(scene, card=replace(card, number=number))
    if kind == "appear":
        new = sample_obj(rng, pick(rng, free), uid)
        return Event(kind, after=new), scene.replaced([*scene.objects, new])
    old = pick(rng, unique)
    rest = [o for o in scene.objects if o is not old]
    if kind == "disappear":
        return Event(kind, before=old), scene.replaced(rest)
    if kind == "move":
        new = replace(old, cell=pick(rng, free))
    else:
        new = replace(old, color=pick(rng, [c for c in COLORS if c != old.color]))
    return Event(kind, old, new), scene.replaced([*rest, new])


def sample_clip(rng: np.random.Generator, max_events: int = 3, max_frames: int = 8, card: bool | None = None,
                min_events: int = 0, few: bool = False, moves: float = 0.0) -> Clip:
    """A clip of up to `max_events` changes; every state is shown for 1..4 frames, `max_frames` in all.

    Beyond three changes their number has a long tail: most clips stay short, as each frame costs. `few`: it begins with at most one thing.
    """
    states, events = [sample_scene(rng, card)], []
    if few:
        states[0] = states[0].replaced(states[0].objects[: int(rng.random() < 0.7)])
    most = min(max_events, max_frames - 1)
    least = min(min_events, most)
    wanted = int(rng.integers(least, most + 1)) if most <= 3 else min(most, least + int(rng.geometric(0.35)) - 1)
    for i in range(wanted):
        step = sample_event(rng, states[-1], 10 + i, moves)
        if step is None:  # e.g. two equal objects and a card: nothing can change unambiguously
            break
        events.append(step[0])
        states.append(step[1])
    lengths = [1] * len(states)
    for _ in range(int(rng.integers(0, 3 * len(states) + 1))):
        i = int(rng.integers(len(states)))
        if lengths[i] < 4 and sum(lengths) < max_frames:
            lengths[i] += 1
    return Clip(states, events, [i for i, n in enumerate(lengths) for _ in range(n)])


__all__ = ["Card", "Clip", "Event", "EVENT_KINDS", "sample_clip", "sample_event"]
