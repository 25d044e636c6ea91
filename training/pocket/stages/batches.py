"""Batches of the omni stages: rows of one kind and of like length, and the mixture that they are drawn from."""
from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from pocket.model.config import PocketConfig

from .conversations import Conversations, Row
from .frames import FramePool
from .pointing import Listen, Look, cell_tokens, shares
from .speech_data import Speech

AUDIO_GROUP = 16


class Heard(NamedTuple):
    """One utterance: where its tokens go, and what it is."""

    row: int
    at: int
    tokens: int
    text: str
    clip: int  # which of the row's


# Rows of one kind are of like length; about as many tokens in a batch of any kind, at --batch 16.
KINDS = {"drill": 1.0, "film": 1.25, "hear": 1.25, "ask": 1.5, "talk": 0.75}


class Batch:
    """Rows of like length, padded on the right."""

    def __init__(self, rows: list[Row], speech: Speech, rng: np.random.Generator, scenes: dict[str, np.ndarray] | None = None) -> None:
        self.rows = rows
        b, s = len(rows), max(len(r.ids) for r in rows)
        self.ids = torch.zeros(b, s, dtype=torch.long)
        self.targets = torch.full((b, s), -100)
        self.positions = torch.arange(s).repeat(b, 1)
        for i, r in enumerate(rows):
            self.ids[i, : len(r.ids)] = torch.tensor(r.ids).clamp_min(0)
            self.targets[i, : len(r.ids)] = torch.tensor(r.targets)
            self.positions[i, 1:] += r.gap
        self.frame_rows = torch.tensor([index for r in rows for _, index in r.frames], dtype=torch.long)
        self.frame_at = [(i, at) for i, r in enumerate(rows) for at, _ in r.frames]
        looks = [(Look(i, *look)) for i, r in enumerate(rows) for look in r.looks]
        self.look_at = torch.tensor([(x.row, x.at) for x in looks], dtype=torch.long).view(-1, 2)
        self.look_on = torch.zeros(len(looks), s, dtype=torch.bool)
        for i, x in enumerate(looks):
            for cell in x.cells:
                self.look_on[i, [x.frame + token for token in cell_tokens(cell)]] = True
        counts = [Look(i, *look) for i, r in enumerate(rows) for look in r.counts]
        self.count_at = torch.tensor([(x.row, x.at) for x in counts], dtype=torch.long).view(-1, 2)
        self.count_shares = shares(counts, s)
        self.listens = [Listen(i, *listen) for i, r in enumerate(rows) for listen in r.listens]
        self.happened = happened(scenes, rows) if scenes else None
        heard = [(Heard(i, at, n, text, j), wave) for i, r in enumerate(rows) for j, ((at, n, wave), text) in enumerate(zip(r.audio, r.spoken))]
        # Utterances of like length together: sentences to repeat are three times as long as questions.
        heard.sort(key=lambda h: h[0].tokens)
        groups = [heard[i : i + AUDIO_GROUP] for i in range(0, len(heard), AUDIO_GROUP)]
        self.audio = [([h for h, _ in group], *speech.pad([wave for _, wave in group], rng)) for group in groups]
        for r in rows:  # they are in the batch now, and it travels between processes
            r.audio = [(at, n, np.empty(0, np.float32)) for at, n, _ in r.audio]


def happened(scenes: dict[str, np.ndarray], rows: list[Row]) -> Tensor:
    """[frames, 3, 36]: what happened at each visual token since the state before, and the shape and colour that were there; -1: not asked."""
    now = np.array([index for r in rows for _, index in r.frames], dtype=np.int64)
    before = np.array([index for r in rows for index in r.earlier], dtype=np.int64)
    was, then = scenes["shape"][before].astype(np.int64), scenes["color"][before].astype(np.int64)
    here, colour = scenes["shape"][now].astype(np.int64), scenes["color"][now].astype(np.int64)
    digits = ((scenes["tens"][now] != scenes["tens"][before]) | (scenes["ones"][now] != scenes["ones"][before]))[:, None] & (here == 7)
    kind = np.select([(was == 0) & (here > 0), (was > 0) & (here == 0), digits, (was != here) | (then != colour)], [1, 2, 4, 3], 0)
    asked = (kind > 0) & (was > 0)
    cells = np.stack([kind, np.where(asked, was, -1), np.where(asked, then, -1)], 1)
    cells[before < 0] = -1
    grid = cells.reshape(len(now), 3, 3, 3).repeat(2, axis=2).repeat(2, axis=3)
    return torch.from_numpy(grid.reshape(len(now), 3, 36))


class Mixture:
    """What the batches of a run are drawn from. `first` and `last` are the shares of KINDS; the process that makes batches opens the pools."""

    def __init__(self, tokenizer: Path, frames: list[Path], speech: list[Path], c: PocketConfig, batch: int, first: list[float], last: list[float]) -> None:
        self.tokenizer, self.frames, self.speech, self.c = tokenizer, frames, speech, c
        self.batch, self.first, self.last = batch, np.array(first), np.array(last)

    def open(self) -> None:
        pools = [FramePool(f) for f in self.frames]
        self.sounds = Speech(self.speech, self.c.audio)
        self.talks = Conversations(Tokenizer.from_file(str(self.tokenizer)), pools, self.sounds, self.c.vision.tokens_per_frame)
        self.scenes = {k: np.concatenate([pool.targets[k] for pool in pools]) for k in ("shape", "color", "tens", "ones")}
        self.waiting: dict[str, list[list[Row]]] = defaultdict(list)

    def make(self, moved: float, seed: int) -> Batch:
        """The next batch; `moved` 0..1 is how far the shares are from the first to the last."""
        rng = np.random.default_rng(seed)
        part = self.first * (1 - moved) + self.last * moved
        kind = str(rng.choice(list(KINDS), p=part / part.sum()))
        size = round(self.batch * KINDS[kind])
        spoken = 0.3 + 0.4 * moved
        talks = self.talks
        draw = {
            "drill": lambda: talks.drill(rng), "film": lambda: talks.film(rng, spoken), "hear": lambda: talks.hear(rng),
            "ask": lambda: talks.ask(rng, 0.95, 1.0), "talk": lambda: talks.talk(rng, 0.9, 1.0),
        }[kind]
        if not self.waiting[kind]:  # rows of like length together: padding would cost as much as the rows themselves
            rows = sorted((draw() for _ in range(3 * size)), key=lambda r: len(r.ids))
            self.waiting[kind] = [rows[i * size : (i + 1) * size] for i in rng.permutation(3)]
        return Batch(self.waiting[kind].pop(), self.sounds, rng, self.scenes)


_mixture: Mixture | None = None


def open_mixture(mixture: Mixture) -> None:
    """In the process that makes batches, once."""
    global _mixture
    torch.set_num_threads(1)
    mixture.open()
    _mixture = mixture


def make_batch(moved: float, seed: int) -> Batch:
    assert _mixture is not None
    return _mixture.make(moved, seed)
