"""Where a few attention heads should look, for training: at the thing that the answer speaks of, and at the sound of the word to say back.

Which of several things is meant is a lookup in two hops (words to thing, thing to answer), and from answers alone a small decoder stays
for thousands of steps on the plateau before it, naming any of the things. The world knows the thing and CTC knows the sound, so two heads
are shown; the others are free.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

# (layer, query head): the first finds the thing for the question, the second fetches it for the answer. One of each KV head.
LOOK = ((2, 0), (4, 2))
LISTEN = ((2, 1), (4, 3))
COUNT = ((3, 3),)
REST = 4  # what the first token weighs against each thing found: attention is a mean, and a count is only in it beside something fixed


class Look(NamedTuple):
    """Position `at` of row `row`, of a conversation that starts at `first`, finds the visual tokens `first_on` and then
    looks at `then_on`, mostly the same (none: nothing is there); `weight` among all such positions."""

    row: int
    at: int
    first: int
    first_on: tuple[int, ...]
    then_on: tuple[int, ...]
    weight: float


class Counted(NamedTuple):
    """Position `at` of row `row`, of a conversation that starts at `first`, looks at or listens to each of `things`, by its tokens."""

    row: int
    at: int
    first: int
    things: tuple[tuple[int, ...], ...]


class Listen(NamedTuple):
    """Position `at` of row `row` listens to characters [start, end) of utterance `clip` of its conversation, the `sample`th, which starts at `first`."""

    row: int
    at: int
    first: int
    sample: int
    clip: int
    start: int
    end: int


def cell_tokens(cell: int) -> list[int]:
    """The four of the 6x6 tokens that look at a cell of the 3x3 table."""
    first = cell // 3 * 12 + cell % 3 * 2
    return [first, first + 1, first + 6, first + 7]


def tokens_of(frames: list[int], cells: tuple[int, ...]) -> tuple[int, ...]:
    """The visual tokens of these cells in the frames that start there."""
    return tuple(frame + token for frame in frames for cell in cells for token in cell_tokens(cell))


def heard(spans: tuple[tuple[int, int, int, int], ...], begin: int, end: int) -> tuple[int, int] | None:
    """Which characters of the utterance the answer's [begin, end) say: letter by letter where they say the same, else the whole phrase."""
    for first, stop, source, source_stop in spans:
        if first <= begin < stop:
            same = stop - first == source_stop - source
            return (source + begin - first, source + min(end, stop) - first) if same else (source, source_stop)
    return None


def pieces(tokenizer: Tokenizer, text: str) -> list[tuple[int, int]]:
    """The tokens of `text`, were it written, with the character that each ends before. A first English word is as one inside a sentence."""
    more = int(text[:1].isascii())
    written = tokenizer.encode(" " * more + text, add_special_tokens=False)
    return [(token, end - more) for token, (_, end) in zip(written.ids, written.offsets) if end > more]


def endings(written: list[tuple[int, int]], first: np.ndarray, pool: int, tokens: int) -> list[tuple[int, int]]:
    """(audio token at which it has been heard, piece) of `pieces` in an utterance of so many audio tokens; `first` 20 ms frame of each character.

    Pieces that end together come one after the other; what then does not fit is left out.
    """
    out, at = [], -1
    for token, end in written:
        at = max(at + 1, min(int(first[end]) // pool, tokens - 1))
        if at < tokens:
            out.append((at, token))
    return out


def align(log_probs: np.ndarray, sizes: np.ndarray, targets: list[list[int]]) -> list[np.ndarray]:
    """CTC forced alignment of a batch: log_probs [B, T, C], frames of each, label ids of each -> the first frame of each label."""
    b, t, _ = log_probs.shape
    width = 2 * max(map(len, targets)) + 1
    states = np.zeros((b, width), np.int64)
    for row, target in enumerate(targets):
        states[row, 1 : 2 * len(target) : 2] = target
    skip = np.zeros((b, width), bool)  # a label may follow the label before it at once, unless they are the same
    skip[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    score = np.full((b, width), -1e9)
    rows = np.arange(b)[:, None]
    score[:, :2] = log_probs[rows, 0, states[:, :2]]
    back = np.zeros((b, t, width), np.int8)
    for f in range(1, t):
        steps = np.full((3, b, width), -1e9)
        steps[0] = score
        steps[1, :, 1:] = score[:, :-1]
        steps[2, :, 2:] = np.where(skip[:, 2:], score[:, :-2], -1e9)
        back[:, f] = best = steps.argmax(0)
        new = np.take_along_axis(steps, best[None], 0)[0] + log_probs[rows, f, states]
        score = np.where((f < sizes)[:, None], new, score)
    out = []
    for row, target in enumerate(targets):
        last = 2 * len(target)
        state = last if score[row, last] > score[row, last - 1] else last - 1
        first = np.zeros(len(target), np.int64)
        for f in range(int(sizes[row]) - 1, -1, -1):
            if state % 2:
                first[state // 2] = f
            state -= int(back[row, f, state]) if f else 0
        out.append(first)
    return out


def places(points: list[Look] | list[Counted] | list[Listen]) -> Tensor:
    """[P, 3]: row, position, and the first position of its conversation."""
    return torch.tensor([(x.row, x.at, x.first) for x in points], dtype=torch.long).view(-1, 3)


def log_attention(queries: Tensor, keys: Tensor, at: Tensor) -> Tensor:
    """Log of one head's attention [P, S] from `places` [P, 3]; queries and keys [B, S, D]."""
    rows, positions, first = at.unbind(1)
    scores = (queries @ keys.transpose(1, 2))[rows, positions].float() * queries.shape[-1] ** -0.5
    steps = torch.arange(keys.shape[1])
    seen = (steps <= positions[:, None]) & (steps >= first[:, None])
    return scores.masked_fill(~seen, -1e9).log_softmax(-1)


def log_mass(queries: Tensor, keys: Tensor, at: Tensor, wanted: Tensor) -> Tensor:
    """Log of the attention that `wanted` [P, S] gets from `places` [P, 3]."""
    return log_attention(queries, keys, at).masked_fill(~wanted, -1e9).logsumexp(-1)


def shares(counts: list[Counted], length: int) -> Tensor:
    """[P, S]: what each position's attention is to be: on every thing found alike, the rest on the first token."""
    out = torch.zeros(len(counts), length)
    for i, x in enumerate(counts):
        whole = REST + len(x.things)
        out[i, x.first] = REST / whole
        for tokens in x.things:
            for token in tokens:  # two beeps may share one
                out[i, token] += 1 / (len(tokens) * whole)
    return out
