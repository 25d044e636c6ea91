"""Questions about one picture."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import numpy as np

from .qa import QA, make, say
from .scene import COLORS, SHAPES, Obj, Scene, pick

Rng = np.random.Generator


def names(t: ModuleType, scene: Scene, obj: Obj) -> list[str]:
    """The phrases that name this object and no other: "star", "red star", "red shape"."""
    options = ((obj.shape, None), (obj.shape, obj.color), (None, obj.color))
    return [t.name(s, c) for s, c in options if len(scene.find(s, c)) == 1]


def _pieces(t: ModuleType, scene: Scene) -> list[tuple[int, str]]:
    """Everything on the table in reading order: its cell and its description."""
    things = [(o.cell, t.name(o.shape, o.color, o.size)) for o in scene.objects]
    if scene.card is not None:
        things.append((scene.card.cell, ""))
    things.sort()
    texts = t.pieces([(what, t.at(cell)) for cell, what in things], scene.card.number if scene.card else None)
    return [(cell, text) for (cell, _), text in zip(things, texts)]


def caption(t: ModuleType, scene: Scene) -> str:
    texts = [text for _, text in _pieces(t, scene)]
    return t.joined(texts) if texts else say(t, "empty")


def colour_asked(t: ModuleType, obj: Obj, noun: str) -> tuple[str, int]:
    return say(t, "colour", o=noun, c=t.color(obj.color)), obj.cell


def bare_names(t: ModuleType, scene: Scene, obj: Obj) -> list[str]:
    """What names it without its colour."""
    if len(scene.find(obj.shape)) == 1:
        return [t.name(obj.shape)]
    return [t.name(obj.shape, None, obj.size)] if len(scene.find(obj.shape, size=obj.size)) == 1 else []


def _colour(t: ModuleType, scene: Scene, rng: Rng) -> QA | None:
    options: list[tuple[str, Obj, str]] = []  # question, object, how the answer names it
    for o in scene.objects:
        for noun in bare_names(t, scene, o):
            options += [(pick(rng, t.COLOUR).format(o=noun), o, noun)] * (6 if noun == t.name(o.shape) else 4)
        noun = pick(rng, (t.name(o.shape), t.name()))
        options += [(pick(rng, t.COLOUR_AT).format(o=noun, at=t.at(o.cell)), o, t.name(o.shape))] * 2
    if not options:
        return None
    question, obj, noun = pick(rng, options)
    return make(t, "colour", question, *colour_asked(t, obj, noun))


def shape_at(t: ModuleType, scene: Scene, cell: int) -> tuple[str, int] | tuple[str]:
    """What lies in a cell, and the cell where it lies."""
    obj = scene.at(cell)
    if obj:
        return say(t, "shape", a=t.article(t.name(obj.shape, obj.color))), cell
    if scene.card is not None and scene.card.cell == cell:
        return say(t, "shape", a=t.article(t.name("card"))), cell
    return (say(t, "nothing there"),)


def _shape(t: ModuleType, scene: Scene, rng: Rng) -> QA | None:
    options = []
    for o in scene.objects:
        options.append((pick(rng, t.SHAPE_AT).format(at=t.at(o.cell)), *shape_at(t, scene, o.cell)))
        if len(scene.find(color=o.color)) == 1:
            options.append((pick(rng, t.SHAPE_OF).format(c=t.color(o.color)), *shape_at(t, scene, o.cell)))
    if scene.card is not None:
        # A card is no shape: only "what is" fits it.
        options.append((pick(rng, t.SHAPE_AT[2:5]).format(at=t.at(scene.card.cell)), *shape_at(t, scene, scene.card.cell)))
    return make(t, "shape", *pick(rng, options)) if options else None


def _size(t: ModuleType, scene: Scene, rng: Rng) -> QA | None:
    options = [(noun, o) for o in scene.objects for noun in names(t, scene, o)]
    if not options:
        return None
    noun, o = pick(rng, options)
    answer = say(t, "size", o=t.name(o.shape, o.color), z=t.size(o.size))
    return make(t, "size", pick(rng, t.SIZE).format(o=noun), answer, o.cell)


def counted(t: ModuleType, scene: Scene, shape: str | None, color: str | None) -> tuple:
    found = scene.find(shape, color)
    return t.counted(len(found), t.name(shape, color)), *(o.cell for o in found)


def _count(t: ModuleType, scene: Scene, rng: Rng) -> QA | None:
    """Chooses the answer before the question, so that rare counts are heard as often as common ones."""
    queries: dict[int, list[tuple[str | None, str | None]]] = {}
    kinds = [(None, None)] * 3 + [(s, None) for s in SHAPES] + [(None, c) for c in COLORS]
    kinds += [(o.shape, o.color) for o in scene.objects]
    if scene.objects:  # near misses: a colour and a shape that are there, but not together
        kinds += [(pick(rng, scene.objects).shape, pick(rng, scene.objects).color) for _ in range(2)]
    for s, c in kinds:
        queries.setdefault(len(scene.find(s, c)), []).append((s, c))
    counts = sorted(queries)
    weight = np.array([(0.25, 0.45, 1.0, 2.0, 2.0)[n] for n in counts])
    shape, color = pick(rng, queries[int(rng.choice(counts, p=weight / weight.sum()))])
    if shape is None and color is None:
        # "Objects" and "things" would leave open whether the card counts.
        question = pick(rng, t.COUNT_ALL[:5] if scene.card else t.COUNT_ALL)
    else:
        question = pick(rng, t.COUNT).format(p=t.plural(t.name(shape, color)))
    return make(t, "count", question, *counted(t, scene, shape, color))


def position_asked(t: ModuleType, obj: Obj) -> tuple[str, int]:
    return say(t, "position", o=t.name(obj.shape, obj.color), at=t.at(obj.cell)), obj.cell


def _position(t: ModuleType, scene: Scene, rng: Rng) -> QA | None:
    options = [(n, *position_asked(t, o)) for o in scene.objects for n in names(t, scene, o)]
    if scene.card is not None:
        options.append((t.name("card"), say(t, "position", o=t.name("card"), at=t.at(scene.card.cell)), scene.card.cell))
    if not options:
        return None
    noun, answer, cell = pick(rng, options)
    return make(t, "position", pick(rng, t.POSITION).format(o=noun), answer, cell)


def a_present(scene: Scene, rng: Rng) -> tuple[str | None, str | None] | None:
    """A shape, a colour or both that lie there."""
    if not scene.objects and scene.card is None:
        return None
    if scene.card is not None and (not scene.objects or rng.random() < 0.3):
        return "card", None
    o = pick(rng, scene.objects)
    return pick(rng, ((o.shape, None), (o.shape, o.color), (o.shape, o.color), (None, o.color)))


def a_missing(scene: Scene, rng: Rng) -> tuple[str | None, str | None] | None:
    """One that does not, mostly a near miss: a colour and a shape that are there, but not together."""
    near = scene.objects and rng.random() < 0.7
    o = pick(rng, scene.objects) if near else Obj(pick(rng, SHAPES), pick(rng, COLORS), "small", 0)
    if near and rng.random() < 0.5:
        o = replace(o, color=pick(rng, COLORS))
    else:
        o = replace(o, shape=pick(rng, SHAPES))
    kind = rng.random()
    if scene.card is None and rng.random() < 0.12:
        return "card", None
    if kind < 0.25:
        return pick(rng, [s for s in SHAPES if not scene.find(s)]), None
    if kind < 0.5:
        return None, pick(rng, [c for c in COLORS if not scene.find(color=c)])
    return None if scene.find(o.shape, o.color) else (o.shape, o.color)


def existence_asked(t: ModuleType, scene: Scene, shape: str | None, color: str | None) -> tuple:
    noun = t.name(shape, color)
    found = [scene.card.cell] if shape == "card" and scene.card else [o.cell for o in scene.find(shape, color)]
    return say(t, "yes", a=t.article(noun)) if found else say(t, "no", o=noun), *found


def _existence(t: ModuleType, scene: Scene, rng: Rng) -> QA | None:
    asked = a_present(scene, rng) if rng.random() < 0.5 else a_missing(scene, rng)
    if asked is None:
        return None
    shape, color = asked
    if shape is None and rng.random() < 0.4:
        question = pick(rng, t.ANYTHING).format(c=t.color(color))
    else:
        question = pick(rng, t.EXISTENCE).format(a=t.article(t.name(shape, color)))
    return make(t, "existence", question, *existence_asked(t, scene, shape, color))


def _compare(t: ModuleType, scene: Scene, rng: Rng) -> QA | None:
    """Two shapes, each of which its name alone says: which is bigger, where they differ; and whether their colours are one."""
    alone = [o for o in scene.objects if len(scene.find(o.shape)) == 1]
    pairs = [(a, b) for a in alone for b in alone if a is not b]
    if not pairs:
        return None
    unequal = [(a, b) for a, b in pairs if a.size != b.size]
    if unequal and rng.random() < 0.65:
        a, b = pick(rng, unequal)
        bigger = rng.random() < 0.6
        said = a if (a.size == "large") == bigger else b
        question = pick(rng, t.BIGGER if bigger else t.SMALLER).format(o=t.name(a.shape), q=t.name(b.shape))
        qa = make(t, "compare", question, say(t, "bigger" if bigger else "smaller", o=t.name(said.shape)), a.cell, b.cell)
        return replace(qa, looks=((0, (said.cell,)),), via=(a.cell, b.cell))
    alike = [(a, b) for a, b in pairs if a.color == b.color]
    a, b = pick(rng, alike) if alike and rng.random() < 0.6 else pick(rng, pairs)
    question = pick(rng, t.SAME).format(o=t.name(a.shape), q=t.name(b.shape))
    slots = {"o": t.name(a.shape), "q": t.name(b.shape), "c": t.color(a.color), "d": t.color(b.color)}
    qa = make(t, "compare", question, say(t, "same" if a.color == b.color else "different", **slots), a.cell, b.cell)
    # Each colour is named before they are compared: a small decoder tells whether two words that it has said are one, and not whether two things that
    # it looks at are alike.
    second = qa.answer.rindex(t.name(b.shape))
    compared = qa.answer.index(slots["c"]), qa.answer.index(slots["d"], second)
    return replace(qa, looks=((0, (a.cell,)), (second, (b.cell,))), compared=compared)


_STEPS = ((-1, 0), (1, 0), (0, -1), (0, 1))  # left, right, above, below, as SIDES has them


def beside(scene: Scene, cell: int, side: int) -> int | None:
    """The nearest thing's cell in the same row or column on that side; -1: nothing on that side at all; None: only things askew, or far."""
    x, y = cell % 3, cell // 3
    dx, dy = _STEPS[side]
    taken = {o.cell for o in scene.objects} | ({scene.card.cell} if scene.card else set())
    for n in (1, 2):
        at = (x + n * dx, y + n * dy)
        if at[0] in range(3) and at[1] in range(3) and 3 * at[1] + at[0] in taken:
            return 3 * at[1] + at[0]
    that_side = [c for c in taken if (c % 3 - x) * dx + (c // 3 - y) * dy > 0]
    return None if that_side else -1


def _relation(t: ModuleType, scene: Scene, rng: Rng) -> QA | None:
    options: dict[bool, list[tuple[str, int, int, int]]] = {True: [], False: []}  # whether something is there: (name, side, beside which cell, cell)
    anchors = [(o.cell, n) for o in scene.objects for n in (t.name(o.shape), t.name(None, o.color)) if n in names(t, scene, o)]
    if scene.card is not None:
        anchors.append((scene.card.cell, t.name("card")))
    for cell, noun in anchors:
        for side in range(4):
            found = beside(scene, cell, side)
            if found is not None:
                options[found >= 0].append((noun, side, cell, found))
    # "There is nothing there." must stay one answer among many.
    chosen = options[rng.random() < 0.8]
    if not chosen:
        return None
    noun, side, anchor, cell = pick(rng, chosen)
    question = pick(rng, t.RELATION).format(side=t.SIDES[side], o=noun)
    return replace(make(t, "relation", question, *(shape_at(t, scene, cell) if cell >= 0 else (say(t, "nothing there"),))), via=(anchor,))


def _ocr(t: ModuleType, scene: Scene, rng: Rng) -> QA | None:
    return make(t, "ocr", pick(rng, t.OCR), say(t, "ocr", n=scene.card.number), scene.card.cell) if scene.card else None


def _caption(t: ModuleType, scene: Scene, rng: Rng) -> QA:
    qa = make(t, "caption", pick(rng, t.CAPTION), caption(t, scene))
    looks, at = [], 0
    for cell, text in _pieces(t, scene):
        looks.append((at, (cell,)))  # what stands before a thing is said already looking at it
        at = qa.answer.index(text, at) + len(text)
    return replace(qa, looks=tuple(looks))


def unseen(t: ModuleType, noun: str) -> str:
    return say(t, "unseen", a=t.article(noun))


def _absent(t: ModuleType, scene: Scene, rng: Rng) -> QA | None:
    kind = rng.random()
    if kind < 0.2:  # an empty cell
        free = scene.free_cells()
        return make(t, "absent", pick(rng, t.SHAPE_AT).format(at=t.at(pick(rng, free))), say(t, "nothing there")) if free else None
    if kind < 0.35:
        return None if scene.card else make(t, "absent", pick(rng, t.OCR), unseen(t, t.name("card")))
    missing = t.name(pick(rng, [s for s in SHAPES if not scene.find(s)]))
    if kind < 0.6:
        form = pick(rng, t.COLOUR)
    elif kind < 0.67:
        form = pick(rng, t.SIZE)
    else:
        form = pick(rng, t.POSITION)
        if kind < 0.72 and scene.card is None:
            missing = t.name("card")
        elif kind > 0.88:
            shape, color = pick(rng, SHAPES), pick(rng, COLORS)
            if scene.objects and rng.random() < 0.7:
                shape = pick(rng, scene.objects).shape
            if scene.find(shape, color):
                return None
            missing = t.name(shape, color)
        elif kind > 0.81:
            missing = t.name(None, pick(rng, [c for c in COLORS if not scene.find(color=c)]))
    return make(t, "absent", form.format(o=missing), unseen(t, missing))


ASK: dict[str, Callable[[ModuleType, Scene, Rng], QA | None]] = {
    "colour": _colour, "shape": _shape, "size": _size, "count": _count, "position": _position, "existence": _existence, "compare": _compare,
    "relation": _relation, "ocr": _ocr, "caption": _caption, "absent": _absent,
}  # fmt: skip
__all__ = ["ASK", "beside", "caption", "names", "unseen"]
