"""Batches of the omni stages: rows of one kind and of like length, and the mixture that they are drawn from."""
from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from pocket.children import end_with_parent
from pocket.model.config import PocketConfig

from .conversations import Conversations
from .frames import FramePool
from .pointing import Counted, Listen, Look, places, shares
from .rows import Row
from .ears import Ears

AUDIO_GROUP = 16
# oneDNN writes a kernel for every new shape, which takes longer than to run it: batches keep to few lengths.
WIDTHS = 32
ROWS = 4
TOKENS = 8
AT_ONCE = 5  # batches of a kind that are drawn together, so that each holds rows of like length


class Heard(NamedTuple):
    """One utterance: where its tokens go, and what it is."""

    row: int
    at: int
    tokens: int
    text: str
    sample: int  # which conversation of the batch
    clip: int  # which utterance of it


# Rows of one kind are of like length; about as many tokens in a batch of any kind, at --batch 16.
KINDS = {"drill": 1.0, "film": 0.9, "hear": 1.25, "ask": 1.5, "talk": 0.75}


def rounded(n: int, step: int) -> int:
    """The least multiple of `step` that is not below n."""
    return -(-n // step) * step


def pack(lengths: list[int], budget: int) -> list[list[int]]:
    """Which samples share a row of at most `budget` tokens: first fit, the longest first, so few rows hold much. A longer sample has its own row."""
    bins: list[list[int]] = []
    room: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        at = next((b for b, left in enumerate(room) if left >= lengths[i]), len(bins))
        if at == len(bins):
            bins.append([])
            room.append(budget)
        bins[at].append(i)
        room[at] -= lengths[i]
    return bins


class Batch:
    """Conversations in rows padded on the right: one in each row, all of like length; or packed, `bins` naming those that share a row.

    Packed conversations see nothing of each other: attention stays within `spans` (row, start, end), and positions start anew with each.
    """

    def __init__(self, rows: list[Row], speech: Ears, scenes: dict[str, np.ndarray] | None = None, bins: list[list[int]] | None = None) -> None:
        self.rows = rows
        self.placed = [(i, 0) for i in range(len(rows))]  # of each conversation: its row and its first position
        for i, members in enumerate(bins or []):
            starts = np.cumsum([0, *(len(rows[m].ids) for m in members)]).tolist()
            for m, start in zip(members, starts):
                self.placed[m] = i, start
        ends = [start + len(r.ids) for (_, start), r in zip(self.placed, rows)]
        b, s = len(bins or rows), rounded(max(ends), WIDTHS)
        self.spans = None if bins is None else [(i, start, end) for (i, start), end in zip(self.placed, ends)]
        self.ids = torch.zeros(b, s, dtype=torch.long)
        self.targets = torch.full((b, s), -100)
        self.positions = torch.zeros(b, s, dtype=torch.long)
        for (i, start), end, r in zip(self.placed, ends, rows):
            self.ids[i, start:end] = torch.tensor(r.ids).clamp_min(0)
            self.targets[i, start:end] = torch.tensor(r.targets)
            self.positions[i, start:end] = torch.arange(len(r.ids))
            self.positions[i, start + 1 : end] += r.gap
        placed = [(i, start, r) for (i, start), r in zip(self.placed, rows)]
        self.frame_rows = torch.tensor([index for r in rows for _, index in r.frames], dtype=torch.long)
        self.frame_at = [(i, start + at) for i, start, r in placed for at, _ in r.frames]
        looks = [
            Look(i, start + at, start, *(tuple(start + token for token in on) for on in both), weight)
            for i, start, r in placed for at, *both, weight in r.looks
        ]
        self.look_at = places(looks)
        self.look_weights = torch.tensor([x.weight for x in looks])
        self.look_on = torch.zeros(2, len(looks), s, dtype=torch.bool)  # for each head of LOOK
        for i, x in enumerate(looks):
            for head, on in enumerate((x.first_on, x.then_on)):
                self.look_on[head, i, list(on)] = True
        counts = [Counted(i, start + at, start, tuple(tuple(start + token for token in tokens) for tokens in things)) for i, start, r in placed for at, things in r.counts]
        self.count_at = places(counts)
        self.count_shares = shares(counts, s)
        # Where each character of each utterance begins; those that could not be aligned teach no place.
        firsts = {(m, j): speech.first_frames(u.clip) for m, r in enumerate(rows) for j, u in enumerate(r.audio)}
        self.firsts = {at: first for at, first in firsts.items() if first is not None}
        self.listens = [Listen(i, start + at, start, m, *which) for m, (i, start, r) in enumerate(placed) for at, *which in r.listens if (m, which[0]) in self.firsts]
        self.happened = happened(scenes, rows) if scenes else None
        heard = [
            (Heard(i, start + u.at, u.tokens, u.text, m, j), u.clip)
            for m, (i, start, r) in enumerate(placed) for j, u in enumerate(r.audio)
        ]
        # Utterances of like length together: sentences to repeat are three times as long as questions.
        heard.sort(key=lambda h: h[0].tokens)
        count = max(1, -(-len(heard) // AUDIO_GROUP))
        size = max(ROWS, rounded(-(-len(heard) // count), ROWS))
        groups = [heard[i : i + size] for i in range(0, len(heard), size)]
        self.audio = [self.heard(group, speech) for group in groups]

    def heard(self, group: list[tuple[Heard, int]], speech: Ears) -> tuple[list[Heard], Tensor, Tensor]:
        """-> who they are, their features [N, T, hidden] and tokens [N]; filled up with silent rows and time, so that shapes are few."""
        count, longest = rounded(len(group), ROWS), rounded(max(h.tokens for h, _ in group), TOKENS)
        out = np.zeros((count, longest * speech.pool, speech.hidden), np.float16)
        tokens = torch.ones(count, dtype=torch.long)
        for row, (h, clip) in enumerate(group):
            x = speech.features(clip)
            out[row, : len(x)] = x
            tokens[row] = h.tokens
        return [h for h, _ in group], torch.from_numpy(out), tokens


def happened(scenes: dict[str, np.ndarray], rows: list[Row]) -> Tensor:
    """[frames, 4, 36]: what happened at each visual token since the state before, the shape and colour that were there, and the cell that what came
    there had left; -1: not asked."""
    now = np.array([index for r in rows for _, index in r.frames], dtype=np.int64)
    before = np.array([index for r in rows for index in r.earlier], dtype=np.int64)
    was, then = scenes["shape"][before].astype(np.int64), scenes["color"][before].astype(np.int64)
    here, colour = scenes["shape"][now].astype(np.int64), scenes["color"][now].astype(np.int64)
    digits = ((scenes["tens"][now] != scenes["tens"][before]) | (scenes["ones"][now] != scenes["ones"][before]))[:, None] & (here == 7)
    kind = np.select([(was == 0) & (here > 0), (was > 0) & (here == 0), digits, (was != here) | (then != colour)], [1, 2, 4, 3], 0)
    asked = (kind > 0) & (was > 0)
    came, went = kind == 1, kind == 2
    left = went.argmax(1)  # one thing happens between two states: what came as it had gone has moved
    each = np.arange(len(now))
    moved = came & ((came.sum(1) == 1) & (went.sum(1) == 1))[:, None] & (here == was[each, left][:, None]) & (colour == then[each, left][:, None])
    cells = np.stack([kind, np.where(asked, was, -1), np.where(asked, then, -1), np.where(moved, left[:, None], -1)], 1)
    cells[before < 0] = -1
    grid = cells.reshape(len(now), 4, 3, 3).repeat(2, axis=2).repeat(2, axis=3)
    return torch.from_numpy(grid.reshape(len(now), 4, 36))


class Mixture:
    """What the batches of a run are drawn from. `first` and `last` are the shares of KINDS; the process that makes batches opens the pools.

    `packed` above 0: conversations of all kinds share rows of so many tokens, `batch` rows at a time.
    """

    def __init__(self, tokenizer: Path, frames: list[Path], ears: list[Path], c: PocketConfig, batch: int, first: list[float], last: list[float], packed: int = 0) -> None:
        self.tokenizer, self.frames, self.ears, self.c = tokenizer, frames, ears, c
        self.batch, self.first, self.last, self.packed = batch, np.array(first), np.array(last), packed

    def open(self) -> None:
        pools = [FramePool(f) for f in self.frames]
        self.sounds = Ears(self.ears, self.c.audio.hidden, self.c.audio.pool, self.c.audio.hop * self.c.audio.mel_per_token)
        self.talks = Conversations(Tokenizer.from_file(str(self.tokenizer)), pools, self.sounds, self.c.vision.tokens_per_frame)
        self.scenes = {k: np.concatenate([pool.targets[k] for pool in pools]) for k in ("shape", "color", "tens", "ones")}
        self.waiting: dict[str, list[list[Row]]] = defaultdict(list)
        self.loose: list[Row] = []

    def draw(self, kind: str, rng: np.random.Generator, moved: float) -> Row:
        spoken = 0.3 + 0.4 * moved
        talks = self.talks
        return {
            "drill": lambda: talks.drill(rng), "film": lambda: talks.film(rng, 0.4 * spoken), "hear": lambda: talks.hear(rng),
            "ask": lambda: talks.ask(rng, 0.95), "talk": lambda: talks.talk(rng, 0.9),
        }[kind]()

    def make(self, moved: float, seed: int) -> Batch:
        """The next batch; `moved` 0..1 is how far the shares are from the first to the last."""
        rng = np.random.default_rng(seed)
        part = self.first * (1 - moved) + self.last * moved
        if self.packed:
            return self.make_packed(part, moved, rng)
        kind = str(rng.choice(list(KINDS), p=part / part.sum()))
        size = round(self.batch * KINDS[kind])
        if not self.waiting[kind]:  # rows of like length together: padding would cost as much as the rows themselves
            rows = sorted((self.draw(kind, rng, moved) for _ in range(AT_ONCE * size)), key=lambda r: len(r.ids))
            self.waiting[kind] = [rows[i * size : (i + 1) * size] for i in rng.permutation(AT_ONCE)]
        return Batch(self.waiting[kind].pop(), self.sounds, self.scenes)

    def make_packed(self, part: np.ndarray, moved: float, rng: np.random.Generator) -> Batch:
        """Rows filled from what is at hand, the fullest of them; what is left waits for the next batch."""
        chance = part * np.array(list(KINDS.values()))  # as many conversations of each kind as batches of one kind hold
        drawn = rng.choice(list(KINDS), p=chance / chance.sum(), size=4 * self.batch * self.packed // 64)
        at_hand = sum(len(r.ids) for r in self.loose)
        for kind in drawn:
            if at_hand >= 1.5 * self.batch * self.packed:
                break
            self.loose.append(self.draw(str(kind), rng, moved))
            at_hand += len(self.loose[-1].ids)
        lengths = [len(r.ids) for r in self.loose]
        bins = sorted(pack(lengths, self.packed), key=lambda members: -sum(lengths[m] for m in members))[: self.batch]
        rows, flat = self.loose, [m for members in bins for m in members]
        self.loose = [r for m, r in enumerate(rows) if m not in set(flat)]
        index = {m: i for i, m in enumerate(flat)}
        return Batch([rows[m] for m in flat], self.sounds, self.scenes, [[index[m] for m in members] for members in bins])


_mixture: Mixture | None = None


def open_mixture(mixture: Mixture) -> None:
    """In the process that makes batches, once."""
    global _mixture
    end_with_parent()
    torch.set_num_threads(1)
    mixture.open()
    _mixture = mixture


def make_batch(moved: float, seed: int) -> Batch:
    assert _mixture is not None
    return _mixture.make(moved, seed)
