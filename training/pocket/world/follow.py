"""Follow-ups: "and the square?" after "what color is the star"."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import numpy as np

from . import pictures as p
from .qa import QA, make
from .scene import SHAPES, Scene, pick

Rng = np.random.Generator
# (what is asked next, its answer, the answer's cells)
Next = tuple


def _missing_or(t: ModuleType, scene: Scene, rng: Rng, options: list[Next]) -> Next | None:
    """One of the options; now and then a shape that is not there."""
    if rng.random() < 0.12 or not options:
        noun = t.name(pick(rng, [s for s in SHAPES if not scene.find(s)]))
        return pick(rng, t.FOLLOW).format(o=noun), p.unseen(t, noun)
    return pick(rng, options)


def _colour(t: ModuleType, scene: Scene, rng: Rng) -> Next | None:
    options = [(pick(rng, t.FOLLOW).format(o=n), *p.colour_asked(t, o, n)) for o in scene.objects for n in p.bare_names(t, scene, o)]
    return _missing_or(t, scene, rng, options)


def _position(t: ModuleType, scene: Scene, rng: Rng) -> Next | None:
    options = [(pick(rng, t.FOLLOW).format(o=n), *p.position_asked(t, o)) for o in scene.objects for n in p.names(t, scene, o)]
    return _missing_or(t, scene, rng, options)


def _shape(t: ModuleType, scene: Scene, rng: Rng) -> Next | None:
    full = [o.cell for o in scene.objects]
    free = scene.free_cells()
    cell = pick(rng, full if full and (not free or rng.random() < 0.85) else free or [4])
    return pick(rng, t.FOLLOW_AT).format(at=t.at(cell)), *p.shape_at(t, scene, cell)


def _count(t: ModuleType, scene: Scene, rng: Rng) -> Next | None:
    kinds = [(o.shape, None) for o in scene.objects] + [(None, o.color) for o in scene.objects] + [(pick(rng, SHAPES), None)]
    shape, color = pick(rng, kinds)
    return pick(rng, t.FOLLOW_COUNT).format(p=t.plural(t.name(shape, color))), *p.counted(t, scene, shape, color)


def _existence(t: ModuleType, scene: Scene, rng: Rng) -> Next | None:
    asked = p.a_present(scene, rng) if rng.random() < 0.5 else p.a_missing(scene, rng)
    if asked is None:
        return None
    return pick(rng, t.FOLLOW_ANY).format(a=t.article(t.name(*asked))), *p.existence_asked(t, scene, *asked)


_NEXT: dict[str, Callable[[ModuleType, Scene, Rng], Next | None]] = {
    "colour": _colour, "position": _position, "shape": _shape, "count": _count, "existence": _existence,
}
_OFTEN = ("colour", "colour", "position", "position", "shape", "count", "existence")


def follow(t: ModuleType, scene: Scene, rng: Rng) -> QA | None:
    """A question of one family, and as its history one of the same family before it."""
    family = pick(rng, _OFTEN)
    asked, then = p.ASK[family](t, scene, rng), _NEXT[family](t, scene, rng)
    # "Count the shapes. And the squares?" reads as a whole and its part; a question by place does not tell what "and the square" asks.
    if asked is None or then is None or then[1] == asked.answer or (family == "colour" and asked.question in _by_place(t)):
        return None
    return replace(make(t, "follow", *then, cats="relation" if family == "shape" else family), history=(asked,))


def _by_place(t: ModuleType) -> set[str]:
    return {form.format(o=o, at=t.at(c)) for form in t.COLOUR_AT for o in (t.name(), *(t.name(s) for s in SHAPES)) for c in range(9)}
