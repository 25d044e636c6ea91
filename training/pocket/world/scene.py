"""What lies on the table: objects in a 3x3 grid, a number card, and how both are sampled."""
from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

SHAPES = ("circle", "square", "triangle", "star", "heart", "cross")
COLORS = ("red", "green", "blue", "yellow", "purple", "orange", "black", "white")
SIZES = ("small", "large")
CELLS = (
    "at the top left", "at the top", "at the top right",
    "on the left", "in the center", "on the right",
    "at the bottom left", "at the bottom", "at the bottom right",
)
CARD_SHAPE = 7  # the class of a card in the per-cell shape target
NO_TENS = 10  # the class of "one digit only" in the tens target
CENTER = 4


@dataclass(frozen=True)
class Obj:
    """One thing on the table. `uid` ties its looks together across a clip; it is no part of its identity."""

    shape: str
    color: str
    size: str
    cell: int
    uid: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Card:
    """A white card with a number. A `big` card lies in the centre, alone, and may cover neighbouring cells."""

    number: int
    cell: int = CENTER
    big: bool = False


@dataclass(frozen=True)
class Scene:
    """One state of the table; objects are kept in reading order so that equal tables compare equal."""

    objects: tuple[Obj, ...] = ()
    card: Card | None = None

    def at(self, cell: int) -> Obj | None:
        """The object in a cell, if any."""
        return next((o for o in self.objects if o.cell == cell), None)

    def free_cells(self) -> list[int]:
        """Cells that hold neither an object nor the card."""
        if self.card is not None and self.card.big:
            return []
        taken = {o.cell for o in self.objects} | ({self.card.cell} if self.card else set())
        return [c for c in range(9) if c not in taken]

    def find(self, shape: str | None = None, color: str | None = None, size: str | None = None) -> list[Obj]:
        """All objects that match every attribute given."""
        return [o for o in self.objects if (shape is None or o.shape == shape)
                and (color is None or o.color == color) and (size is None or o.size == size)]

    def replaced(self, objects: list[Obj] | tuple[Obj, ...]) -> "Scene":
        """The same table with other objects, in reading order."""
        return replace(self, objects=tuple(sorted(objects, key=lambda o: o.cell)))


def pick(rng: np.random.Generator, items):
    """One element of a sequence (rng.choice would turn dataclasses into arrays)."""
    return items[int(rng.integers(len(items)))]


def sample_number(rng: np.random.Generator) -> int:
    """0..99, with one-digit numbers drawn more often than their one tenth."""
    return int(rng.integers(10)) if rng.random() < 0.25 else int(rng.integers(10, 100))


def sample_obj(rng: np.random.Generator, cell: int, uid: int) -> Obj:
    """A random object in the given cell."""
    return Obj(pick(rng, SHAPES), pick(rng, COLORS), pick(rng, SIZES), cell, uid)


def sample_scene(rng: np.random.Generator, card: bool | None = None) -> Scene:
    """A random table. `card` forces a card to be there or not; by default one scene in five has one."""
    if card is None:
        card = rng.random() < 0.2
    cells = rng.permutation(9)
    the_card = None
    if card:
        alone = rng.random() < 0.6
        count = 0 if alone else int(rng.integers(1, 3))
        # A card alone is mostly held up big in the middle, as a person would do before a camera.
        if alone and rng.random() < 0.6:
            the_card = Card(sample_number(rng), CENTER, True)
        else:
            the_card = Card(sample_number(rng), int(cells[8]))
    else:
        count = int(rng.choice(5, p=(0.04, 0.20, 0.26, 0.26, 0.24)))
    # A theme makes repeated shapes and colours common; without it nearly every count would be one.
    theme = rng.random()
    shape, color = pick(rng, SHAPES), pick(rng, COLORS)
    objects = []
    for uid in range(count):
        obj = sample_obj(rng, int(cells[uid]), uid + 1)
        if theme < 0.22 and rng.random() < 0.75:
            obj = replace(obj, shape=shape)
        elif theme < 0.40 and rng.random() < 0.75:
            obj = replace(obj, color=color)
        elif theme < 0.48 and rng.random() < 0.7:
            obj = replace(obj, shape=shape, color=color)
        objects.append(obj)
    return Scene((), the_card).replaced(objects)


def scene_targets(scene: Scene) -> dict[str, np.ndarray]:
    """Dense targets: shape/color/size per cell [9], and tens/ones/card_cell as scalars (-1 where there is none)."""
    shape = np.zeros(9, np.int64)
    color = np.full(9, -1, np.int64)
    size = np.full(9, -1, np.int64)
    for o in scene.objects:
        shape[o.cell] = 1 + SHAPES.index(o.shape)
        color[o.cell] = COLORS.index(o.color)
        size[o.cell] = SIZES.index(o.size)
    tens = ones = card_cell = -1
    if scene.card is not None:
        shape[scene.card.cell] = CARD_SHAPE
        card_cell = scene.card.cell
        tens = scene.card.number // 10 or NO_TENS
        ones = scene.card.number % 10
    return {"shape": shape, "color": color, "size": size, "tens": np.asarray(tens, np.int64),
            "ones": np.asarray(ones, np.int64), "card_cell": np.asarray(card_cell, np.int64)}
