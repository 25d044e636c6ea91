"""Questions about a clip: what happened while it was watched."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType

import numpy as np

from .clips import Clip, Event
from .pictures import names
from .qa import QA, make, say
from .scene import Obj, Scene, pick

Rng = np.random.Generator
MOST_SEEN = 20


@dataclass(frozen=True)
class Watched:
    """The states first..last of a clip: what was shown."""

    clip: Clip
    first: int
    last: int

    @property
    def now(self) -> Scene:
        return self.clip.states[self.last]

    def events(self, *kinds: str) -> list[tuple[int, Event]]:
        """(the state after it, the event), the latest first."""
        found = [(i + 1, e) for i, e in enumerate(self.clip.events) if self.first <= i < self.last and e.kind in kinds]
        return found[::-1]

    def came(self) -> list[tuple[int, Obj]] | None:
        """(state since when, as it was then) of every distinct thing, in the order in which they came. None where a thing that went away
        came back as it was: whether that is one thing or two is anybody's guess."""
        out = [(self.first, o) for o in self.clip.states[self.first].objects]
        gone: set[tuple[str, str]] = set()
        for state, event in reversed(self.events("appear", "disappear")):
            if event.kind == "disappear":
                gone.add((event.before.shape, event.before.color))
            elif (event.after.shape, event.after.color) in gone:
                return None
            else:
                out.append((state, event.after))
        return out


def event_text(t: ModuleType, event: Event) -> str:
    """What happened, in one sentence."""
    if event.kind == "number":
        return say(t, "number", n=event.number)
    thing = event.before or event.after
    o = t.name(thing.shape, thing.color)
    where = {"at": t.at(event.after.cell), "place": t.place(event.after.cell), "c": t.color(event.after.color)} if event.after else {}
    return say(t, event.kind, o=o, a=t.article(o), **where)


def event_cells(event: Event, scene: Scene) -> list[int]:
    """Where it happened, on the table after it."""
    if event.kind == "number":
        return [scene.card.cell]
    return sorted({o.cell for o in (event.before, event.after) if o})


def _change(t: ModuleType, seen: Watched, rng: Rng) -> QA:
    event = seen.clip.events[seen.last - 1] if seen.last > seen.first else None
    cells = event_cells(event, seen.now) if event else []
    return make(t, "change", pick(rng, t.CHANGE), event_text(t, event) if event else say(t, "unchanged"), *cells)


def _kept(seen: Watched, state: int, obj: Obj) -> bool:
    """Whether it has kept its colour: else it would be named by one that a listener does not expect."""
    return not any(e.before.uid == obj.uid for i, e in seen.events("recolor") if i > state)


def _last(t: ModuleType, seen: Watched, rng: Rng) -> QA | None:
    appeared = seen.events("appear")
    if not appeared:
        if rng.random() < 0.8:  # one answer among many
            return None
        return make(t, "last", pick(rng, t.LAST), say(t, "none appeared"))
    state, event = appeared[0]
    if not _kept(seen, state, event.after):
        return None
    answer = say(t, "last", a=t.article(t.name(event.after.shape, event.after.color)))
    return replace(make(t, "last", pick(rng, t.LAST), answer, event.after.cell), state=state)


def _first(t: ModuleType, seen: Watched, rng: Rng) -> QA | None:
    """Only where one shape came before all others."""
    begun = seen.clip.states[seen.first].objects
    came = [(seen.first, begun[0])] if begun else [(i, e.after) for i, e in reversed(seen.events("appear"))]
    if len(begun) > 1 or not came or not _kept(seen, *came[0]):
        return None
    state, obj = came[0]
    answer = say(t, "first", a=t.article(t.name(obj.shape, obj.color)))
    return replace(make(t, "first", pick(rng, t.FIRST), answer, obj.cell), state=state)


def _now(seen: Watched, event: Event) -> Obj | None:
    """The thing that an event was about, as it lies there now."""
    return next((o for o in seen.now.objects if o.uid == event.after.uid), None)


def _before(t: ModuleType, seen: Watched, rng: Rng) -> QA | None:
    options: list[tuple[int, str, str, list[int], tuple[int, ...]]] = []  # (state, question, answer, where it happened, where the thing is now)
    asked: set[tuple[str, int]] = set()  # only the latest change of a thing's colour or place is what was before
    for state, event in seen.events("recolor", "move", "number"):
        if event.kind == "number":
            about, which = seen.clip.states[state - 1].card.number, (event.kind, 0)
            if which not in asked:
                options.append((state, pick(rng, t.BEFORE_NUMBER), say(t, "before number", n=about), event_cells(event, seen.clip.states[state]), ()))
            asked.add(which)
            continue
        obj, which = _now(seen, event), (event.kind, event.after.uid)
        if obj is not None and which not in asked:
            if event.kind == "recolor" and len(seen.now.find(obj.shape)) == 1:
                o = t.name(obj.shape)
                answer = say(t, "before", o=o, c=t.color(event.before.color))
                options += [(state, pick(rng, t.BEFORE).format(o=o), answer, [event.after.cell], (obj.cell,))] * 2
            elif event.kind == "move" and names(t, seen.now, obj):
                o = pick(rng, names(t, seen.now, obj))
                answer = say(t, "before at", o=t.name(obj.shape), at=t.at(event.before.cell))
                options.append((state, pick(rng, t.BEFORE_AT).format(o=o), answer, [event.after.cell], (obj.cell,)))
        asked.add(which)
    if not options:
        return None
    state, question, answer, cells, via = pick(rng, options)
    return replace(make(t, "before", question, answer, *cells), state=state, via=via)


def _way(t: ModuleType, seen: Watched, rng: Rng) -> QA | None:
    moved: dict[int, tuple[int, Event]] = {}
    for state, event in seen.events("move"):
        moved.setdefault(event.after.uid, (state, event))
    here = [o for o in seen.now.objects if names(t, seen.now, o)]
    movers, rest = [o for o in here if o.uid in moved], [o for o in here if o.uid not in moved]
    still = rng.random() < 0.08
    if not (rest if still else movers) or seen.last == seen.first:
        return None
    if still:
        obj = pick(rng, rest)
        answer = say(t, "unmoved", o=t.name(obj.shape, obj.color))
        return replace(make(t, "way", pick(rng, t.WAY).format(o=pick(rng, names(t, seen.now, obj))), answer), via=(obj.cell,))
    obj = pick(rng, movers)
    state, event = moved[obj.uid]
    dx, dy = event.after.cell % 3 - event.before.cell % 3, event.after.cell // 3 - event.before.cell // 3
    answer = say(t, "way", o=t.name(obj.shape, obj.color), w=t.way(dx, dy))
    qa = make(t, "way", pick(rng, t.WAY).format(o=pick(rng, names(t, seen.now, obj))), answer, event.after.cell)
    return replace(qa, state=state, via=(obj.cell,))


def _seen(t: ModuleType, seen: Watched, rng: Rng) -> QA | None:
    came = seen.came()
    if came is None or len(came) > MOST_SEEN:
        return None
    return replace(make(t, "seen", pick(rng, t.SEEN), t.seen(len(came))), came=tuple((state, o.cell) for state, o in came))


ASK: dict[str, Callable[[ModuleType, Watched, Rng], QA | None]] = {
    "change": _change, "last": _last, "first": _first, "before": _before, "way": _way, "seen": _seen,
}
__all__ = ["ASK", "Watched", "event_cells", "event_text"]
