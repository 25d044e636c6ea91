"""Questions about a clip with their one canonical answer each, right by construction."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from . import phrases as P
from .check import extract
from .clips import Clip, Event
from .phrases import FAMILIES, all_question_texts, article, name, plural
from .repeat import sample_repeat
from .scene import CELLS, COLORS, SHAPES, SIZES, Obj, Scene, pick

# The categories of words that decide an answer, by family.
CATS = {
    "colour": ["not", "colour"], "shape": ["not", "shape"], "count": ["number"], "position": ["not", "position"],
    "existence": ["yesno"], "ocr": ["not", "number"], "change": ["event", "colour", "shape", "position", "number"],
    "caption": ["event", "colour", "shape", "position", "number"], "repeat": ["text"], "chat": ["text"],
    "absent": ["not", "event", "colour", "shape"],
}
# How often each family is asked when none is named.
WEIGHTS = {"colour": 14, "shape": 12, "count": 12, "position": 14, "existence": 10, "ocr": 8, "change": 14,
           "caption": 10, "repeat": 6, "chat": 4, "absent": 6}
NO_PICTURE = "I do not see a picture."


@dataclass(frozen=True)
class QA:
    """A question as it is spoken, its canonical answer, and the key words that the checker wants.

    For training: `looks` is where the answer comes from, (offset in the answer, cells): from this character on it speaks of these cells;
    `found` are the cells of all that the question asks for, none where there is no such thing.
    """

    family: str
    question: str
    answer: str
    keys: list[str]
    cats: list[str]
    looks: tuple[tuple[int, tuple[int, ...]], ...] = ()
    found: tuple[int, ...] | None = None


def _qa(family: str, question: str, answer: str, *cells: int) -> QA:
    found = None if family in ("change", "caption", "chat") else cells
    return QA(family, question, answer, extract(answer, CATS[family]), CATS[family], ((0, cells),) if cells else (), found)


def _names(scene: Scene, obj: Obj) -> list[str]:
    """The phrases that name this object and no other: "star", "red star", "red shape"."""
    options = ((obj.shape, None), (obj.shape, obj.color), (None, obj.color))
    return [name(s, c) for s, c in options if len(scene.find(s, c)) == 1]


def _things(scene: Scene) -> list[tuple[int, str]]:
    """Everything on the table in reading order: its cell and its description."""
    things = [(o.cell, f"{article(name(o.shape, o.color, o.size))} {CELLS[o.cell]}") for o in scene.objects]
    if scene.card is not None:
        text = f"a card with the number {scene.card.number}"
        # A card alone needs no place: it is what is held up.
        things.append((scene.card.cell, f"{text} {CELLS[scene.card.cell]}" if things else text))
    return sorted(things)


def caption_text(scene: Scene) -> str:
    texts = [t for _, t in _things(scene)]
    if not texts:
        return "The table is empty."
    return "There is " + (", ".join(texts[:-1]) + " and " if texts[1:] else "") + texts[-1] + "."


def event_text(event: Event) -> str:
    """What happened, in one sentence."""
    if event.kind == "number":
        return f"The number changed to {event.number}."
    if event.kind == "appear":
        return f"{article(name(event.after.shape, event.after.color)).capitalize()} appeared {CELLS[event.after.cell]}."
    the = f"The {name(event.before.shape, event.before.color)}"
    if event.kind == "disappear":
        return f"{the} disappeared."
    if event.kind == "move":
        return f"{the} moved to {CELLS[event.after.cell].split(' ', 1)[1]}."
    return f"{the} turned {event.after.color}."


def event_cells(event: Event, scene: Scene) -> list[int]:
    """Where it happened, on the table after it."""
    if event.kind == "number":
        return [scene.card.cell]
    return sorted({o.cell for o in (event.before, event.after) if o})


def _colour(scene: Scene, rng: np.random.Generator) -> QA | None:
    options: list[tuple[str, Obj, str]] = []  # question, object, how the answer names it
    for o in scene.objects:
        if len(scene.find(o.shape)) == 1:
            options += [(pick(rng, P.COLOUR).format(o=o.shape), o, o.shape)] * 6
        elif len(scene.find(o.shape, size=o.size)) == 1:
            sized = name(o.shape, None, o.size)
            options += [(pick(rng, P.COLOUR).format(o=sized), o, sized)] * 4
        noun = pick(rng, (o.shape, "shape"))
        options += [(pick(rng, P.COLOUR_AT).format(o=noun, at=CELLS[o.cell]), o, o.shape)] * 2
    if not options:
        return None
    question, obj, noun = pick(rng, options)
    return _qa("colour", question, f"The {noun} is {obj.color}.", obj.cell)


def _shape(scene: Scene, rng: np.random.Generator) -> QA | None:
    options: list[tuple[str, str, int]] = []
    for o in scene.objects:
        answer = f"It is {article(name(o.shape, o.color))}."
        options.append((pick(rng, P.SHAPE_AT).format(at=CELLS[o.cell]), answer, o.cell))
        if len(scene.find(color=o.color)) == 1:
            options.append((pick(rng, P.SHAPE_OF).format(c=o.color), answer, o.cell))
    if scene.card is not None:
        # A card is no shape: only "what is" fits it.
        options.append((pick(rng, P.SHAPE_AT[2:5]).format(at=CELLS[scene.card.cell]), "It is a card.", scene.card.cell))
    return _qa("shape", *pick(rng, options)) if options else None


def _count(scene: Scene, rng: np.random.Generator) -> QA | None:
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
    n = int(rng.choice(counts, p=weight / weight.sum()))
    shape, color = pick(rng, queries[n])
    noun = name(shape, color)
    if shape is None and color is None:
        # "Objects" and "things" would leave open whether the card counts.
        question = pick(rng, P.COUNT_ALL[:5] if scene.card else P.COUNT_ALL)
    else:
        question = pick(rng, P.COUNT).format(p=plural(noun))
    return _qa("count", question, f"There {'is' if n == 1 else 'are'} {P.NUMBER_WORDS[n]} {noun if n == 1 else plural(noun)}.",
               *(o.cell for o in scene.find(shape, color)))


def _position(scene: Scene, rng: np.random.Generator) -> QA | None:
    options = []
    for o in scene.objects:
        options += [(n, f"The {name(o.shape, o.color)} is {CELLS[o.cell]}.", o.cell) for n in _names(scene, o)]
    if scene.card is not None:
        options.append(("card", f"The card is {CELLS[scene.card.cell]}.", scene.card.cell))
    if not options:
        return None
    noun, answer, cell = pick(rng, options)
    return _qa("position", pick(rng, P.POSITION).format(o=noun), answer, cell)


def _existence(scene: Scene, rng: np.random.Generator) -> QA | None:
    yes = rng.random() < 0.5
    if yes:
        if not scene.objects and scene.card is None:
            return None
        if scene.card is not None and (not scene.objects or rng.random() < 0.3):
            shape, color = "card", None
        else:
            o = pick(rng, scene.objects)
            shape, color = pick(rng, ((o.shape, None), (o.shape, o.color), (o.shape, o.color), (None, o.color)))
    else:
        near = scene.objects and rng.random() < 0.7
        o = pick(rng, scene.objects) if near else Obj(pick(rng, SHAPES), pick(rng, COLORS), "small", 0)
        if near and rng.random() < 0.5:
            o = Obj(o.shape, pick(rng, COLORS), o.size, o.cell)
        else:
            o = Obj(pick(rng, SHAPES), o.color, o.size, o.cell)
        shapes = [s for s in SHAPES if not scene.find(s)]
        colors = [c for c in COLORS if not scene.find(color=c)]
        kind = rng.random()
        if scene.card is None and rng.random() < 0.12:
            shape, color = "card", None
        elif kind < 0.25:
            shape, color = pick(rng, shapes), None
        elif kind < 0.5:
            shape, color = None, pick(rng, colors)
        else:
            shape, color = o.shape, o.color
            if scene.find(shape, color):
                return None
    noun = name(shape, color)
    if shape is None and rng.random() < 0.4:
        question = pick(rng, P.ANYTHING).format(c=color)
    else:
        question = pick(rng, P.EXISTENCE).format(a=article(noun))
    if not yes:
        return _qa("existence", question, f"No, there is no {noun}.")
    found = [scene.card.cell] if shape == "card" else [o.cell for o in scene.find(shape, color)]
    return _qa("existence", question, f"Yes, there is {article(noun)}.", *found)


def _ocr(scene: Scene, rng: np.random.Generator) -> QA | None:
    return _qa("ocr", pick(rng, P.OCR), f"The number is {scene.card.number}.", scene.card.cell) if scene.card else None


def _caption(scene: Scene, rng: np.random.Generator) -> QA:
    qa = _qa("caption", pick(rng, P.CAPTION), caption_text(scene))
    looks, at = [], 0
    for cell, text in _things(scene):
        looks.append((at, (cell,)))
        at = qa.answer.index(text, at) + len(text)
    return replace(qa, looks=tuple(looks))


def _chat(_: Scene, rng: np.random.Generator) -> QA:
    answer, questions = pick(rng, P.CHAT[:-1]) if rng.random() < 0.5 else P.CHAT[-1]
    return _qa("chat", pick(rng, questions), answer)


def _absent(scene: Scene, rng: np.random.Generator) -> QA | None:
    kind = rng.random()
    if kind < 0.2:  # an empty cell
        free = scene.free_cells()
        return _qa("absent", pick(rng, P.SHAPE_AT).format(at=CELLS[pick(rng, free)]), "There is nothing there.") if free else None
    if kind < 0.35:
        return None if scene.card else _qa("absent", pick(rng, P.OCR), "I do not see a card.")
    if kind < 0.65:
        noun = pick(rng, [s for s in SHAPES if not scene.find(s)])
        return _qa("absent", pick(rng, P.COLOUR).format(o=noun), f"I do not see {article(noun)}.")
    if kind < 0.7 and scene.card is None:
        noun = "card"
    elif kind < 0.8:
        noun = pick(rng, [s for s in SHAPES if not scene.find(s)])
    elif kind < 0.87:
        noun = name(None, pick(rng, [c for c in COLORS if not scene.find(color=c)]))
    else:
        shape, color = pick(rng, SHAPES), pick(rng, COLORS)
        if scene.objects and rng.random() < 0.7:
            shape = pick(rng, scene.objects).shape
        if scene.find(shape, color):
            return None
        noun = name(shape, color)
    return _qa("absent", pick(rng, P.POSITION).format(o=noun), f"I do not see {article(noun)}.")


def _repeat(_: Scene, rng: np.random.Generator) -> QA:
    return QA("repeat", *sample_repeat(rng))


_ASK: dict[str, Callable[[Scene, np.random.Generator], QA | None]] = {
    "colour": _colour, "shape": _shape, "count": _count, "position": _position, "existence": _existence, "ocr": _ocr,
    "caption": _caption, "chat": _chat, "absent": _absent, "repeat": _repeat,
}


def ask(clip: Clip, upto_state: int, rng: np.random.Generator, family: str | None = None, first_state: int = 0) -> QA | None:
    """A question about the state `upto_state`. None where the family has no unambiguous question about it.

    `first_state` is the first state that was shown: what changed before it cannot be known.
    """
    if family is None:
        weights = np.array([WEIGHTS[f] for f in FAMILIES], float)
        return ask(clip, upto_state, rng, str(rng.choice(FAMILIES, p=weights / weights.sum())), first_state)
    if family == "change":
        event = clip.events[upto_state - 1] if upto_state > first_state else None
        cells = event_cells(event, clip.states[upto_state]) if event else []
        return _qa("change", pick(rng, P.CHANGE), event_text(event) if event else "Nothing changed.", *cells)
    return _ASK[family](clip.states[upto_state], rng)


__all__ = ["CATS", "FAMILIES", "NO_PICTURE", "QA", "SIZES", "all_question_texts", "ask", "caption_text", "event_text", "sample_repeat"]
