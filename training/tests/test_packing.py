"""Packed rows: a conversation's loss, gradients and helping losses are those it has alone. The decoder is real and small; the words are random."""
from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from caches import cache
from pocket.model.config import AudioConfig, PocketConfig, TextConfig, VisionConfig
from pocket.model.decoder import grouped_attention
from pocket.model.layers import attention, mask_bias
from pocket.model.omni import Pocket
from pocket.stages.batches import Batch, Mixture, pack
from pocket.stages.rows import Row, Utterance
from pocket.stages.trainer import MOVED, TOLD, Trainer, tally
from pocket.stages.spelt import SpeechHeads

C = PocketConfig(
    vision=VisionConfig(image_size=48, stem=(4,), hidden=8, layers=1, heads=2, mlp=16, projector_hidden=12),
    audio=AudioConfig(ear="whisper", n_mels=16, hidden=8, layers=1, heads=2, mlp=16, phonemes=4, narrow=4),
    text=TextConfig(hidden=32, layers=5, heads=4, kv_heads=2, head_dim=8, mlp=32, vocab=40),
)
BLOCK = 8  # tokens
#: "a star" in one, two and three blocks: the second row of features is of two.
EARS = cache(Path(tempfile.mkdtemp()) / "ears", ["a star", "a star", "a star"], C.audio.hidden, [BLOCK, 2 * BLOCK, 3 * BLOCK])
FRAMES = 3


def conversation(seed: int, words: int, frame: bool = False, blocks: int = 0, gap: int = 0) -> Row:
    rng = np.random.default_rng(seed)
    row = Row(gap=gap)
    row.add([1, 2])
    if frame:
        row.add([4])
        row.frames.append((len(row.ids), seed % FRAMES))
        row.earlier.append(-1)
        row.add([-1] * C.vision.tokens_per_frame)
    if blocks:
        count = blocks * BLOCK
        row.add([5])
        row.audio.append(Utterance(len(row.ids), count, blocks - 1, "a star", [(7, 1), (8, 4), (9, 6)]))
        row.add([-1] * count)
    row.add(rng.integers(7, 40, words).tolist())
    start = len(row.ids)
    row.add(rng.integers(7, 40, words).tolist(), learn=True)
    row.answers.append(("caption", start, len(row.ids)))
    if frame:
        row.looks.append((start, (row.frames[0][0],), (row.frames[0][0] + 1, row.frames[0][0] + 2), float(seed)))
        row.counts.append((start + 1, ((row.frames[0][0], row.frames[0][0] + 1),)))
    if blocks:
        row.listens += [(start - 1, 0, 0, 3), (start, 0, 3, 6)]
    return row


def rows() -> list[Row]:
    return [
        conversation(0, 5), conversation(1, 3, frame=True), conversation(2, 6, blocks=1), conversation(3, 4, frame=True, blocks=2), conversation(4, 7, gap=50),
    ]  # fmt: skip


BINS = [[3, 0], [1, 4, 2]]


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    torch.manual_seed(0)
    model = Pocket(C)
    features = torch.randn(FRAMES, C.vision.tokens_per_frame, C.vision.hidden)
    return Trainer(model, SpeechHeads(C.audio.projected, 4), nn.Linear(C.text.hidden, sum((*TOLD, *MOVED))), features, precise=True)


def run(trainer: Trainer, batch: Batch) -> tuple[Tensor, dict[str, Tensor], Tensor]:
    return trainer(batch, np.random.default_rng(0), False)


def batch(chosen: list[Row], bins: list[list[int]] | None = None) -> Batch:
    return Batch(chosen, EARS, None, bins)


def test_a_packed_conversations_loss_is_its_loss_alone(trainer: Trainer) -> None:
    for i in range(len(rows())):
        packed = batch(rows(), BINS)
        alone, _, _ = run(trainer, batch([rows()[i]]))
        row, start, end = packed.spans[i]
        others = torch.ones_like(packed.targets, dtype=torch.bool)
        others[row, start:end] = False
        packed.targets[others] = -100
        assert run(trainer, packed)[0].item() == pytest.approx(alone.item(), abs=1e-5)


def test_gradients_and_helping_losses_are_those_of_the_conversations_alone(trainer: Trainer) -> None:
    def gradients(loss: Tensor) -> list[Tensor]:
        used = [p for p in trainer.model.parameters() if p.requires_grad]
        return [torch.zeros_like(p) if g is None else g for p, g in zip(used, torch.autograd.grad(loss, used, allow_unused=True, retain_graph=True))]

    total, weights = defaultdict(lambda: torch.zeros(())), defaultdict(int)
    for row in rows():
        counts = {"answer": sum(t >= 0 for t in row.targets), "look": sum(weight for *_, weight in row.looks), "found": len(row.counts), "listen": len(row.listens), "pieces": sum(u.tokens for u in row.audio)}
        loss, help_, _ = run(trainer, batch([row]))
        for name, value in {"answer": loss, **help_}.items():
            if counts.get(name):
                total[name] = total[name] + value * counts[name]
                weights[name] += counts[name]
    loss, help_, _ = run(trainer, batch(rows(), BINS))
    packed = {"answer": loss, **{k: v for k, v in help_.items() if k in weights}}
    assert packed.keys() == weights.keys() == {"answer", "look", "found", "listen", "pieces"}
    for name, value in packed.items():
        torch.testing.assert_close(value, total[name] / weights[name], rtol=0, atol=1e-5)
        for mine, wanted in zip(gradients(value), gradients(total[name] / weights[name])):
            torch.testing.assert_close(mine, wanted, rtol=1e-4, atol=1e-5)


def test_nothing_is_heard_from_the_neighbours(trainer: Trainer) -> None:
    decoder = trainer.model.decoder
    one = batch(rows(), BINS)
    other = one.ids.clone()
    row, start, end = one.spans[4]
    apart = torch.ones_like(other, dtype=torch.bool)
    apart[row, start:end] = False
    other[apart] = (other[apart] + 7) % 40
    with torch.no_grad():
        def hidden(ids: Tensor, spans: list[tuple[int, int, int]] | None) -> Tensor:
            return decoder(decoder.embed(ids), one.positions, spans)[0][row, start:end]

        torch.testing.assert_close(hidden(one.ids, one.spans), hidden(other, one.spans), rtol=0, atol=0)
        assert (hidden(one.ids, None) - hidden(other, None)).abs().max() > 1e-3  # the same rows without isolation: so the check can fail


def test_positions_start_anew_and_keep_their_gap() -> None:
    packed = batch(rows(), BINS)
    assert packed.ids.shape[0] == 2
    assert sorted(packed.spans) == sorted((row, start, start + len(r.ids)) for (row, start), r in zip(packed.placed, rows()))
    for (row, start, end), r in zip(packed.spans, rows()):
        n = end - start
        assert packed.positions[row, start:end].tolist() == [0, *range(1 + r.gap, n + r.gap)]
        assert packed.targets[row, start:end].tolist() == r.targets


def test_an_answer_is_tallied_where_it_lies() -> None:
    packed, into = batch(rows(), BINS), defaultdict(list)
    hits = torch.zeros(packed.ids.shape, dtype=torch.bool)
    row, start, _ = packed.spans[2]
    _, first, last = packed.rows[2].answers[0]
    hits[row, start + first : start + last] = True
    tally(packed, hits, into)
    assert into["caption"] == [0, 0, 1, 0, 0]


def test_attention_within_spans_is_attention_under_a_block_diagonal_mask() -> None:
    torch.manual_seed(0)
    spans = [(0, 0, 5), (0, 5, 12), (1, 0, 3), (1, 3, 9)]  # row 1 ends in padding
    q, k, v = (torch.randn(2, h, 12, 8, requires_grad=True) for h in (4, 2, 2))
    visible = torch.zeros(2, 12, 12, dtype=torch.bool)
    held = torch.zeros(2, 1, 12, 1)
    for row, start, end in spans:
        visible[row, start:end, start:end] = torch.ones(end - start, end - start, dtype=torch.bool).tril()
        held[row, :, start:end] = 1
    wide = [x.repeat_interleave(2, dim=1) for x in (k, v)]
    wanted = attention(q, *wide, mask_bias(visible).unsqueeze(1)) * held
    packed = grouped_attention(q, k, v, mask_bias(torch.ones(7, 7, dtype=torch.bool).tril()), spans)
    torch.testing.assert_close(packed, wanted)
    weights = torch.randn_like(wanted)
    for mine, other in zip(torch.autograd.grad((packed * weights).sum(), (q, k, v)), torch.autograd.grad((wanted * weights).sum(), (q, k, v))):
        torch.testing.assert_close(mine, other)


def test_pack_fills_rows_to_the_budget() -> None:
    assert pack([5, 9, 4, 1, 12], 10) == [[4], [1, 3], [0, 2]]
    lengths = np.random.default_rng(0).integers(20, 400, 200).tolist()
    bins = pack(lengths, 1024)
    assert sorted(m for members in bins for m in members) == list(range(200))
    fills = [sum(lengths[m] for m in members) for members in bins]
    assert max(fills) <= 1024 and np.mean(fills[:-1]) > 0.95 * 1024


def test_a_mixtures_rows_are_full_and_nothing_is_lost() -> None:
    m = Mixture(Path(), [], [], C, 4, [1, 0, 0, 0, 0], [0, 1, 0, 0, 0], packed=256)
    m.sounds, m.scenes, m.loose, seen = EARS, None, [], []

    def draw(kind: str, rng: np.random.Generator, moved: float) -> Row:
        seen.append(kind)
        return conversation(len(seen), int(rng.integers(5, 40)), frame=bool(rng.random() < 0.5))

    m.draw = draw
    batches = [m.make(0.0, seed) for seed in range(3)] + [m.make(1.0, 9)]
    assert set(seen) == {"drill", "film"}
    assert sum(len(b.rows) for b in batches) + len(m.loose) == len(seen)
    for b in batches:
        assert b.ids.shape[0] == 4 and b.ids.shape[1] <= 256
        assert sum(end - start for _, start, end in b.spans) > 0.85 * 4 * 256
    assert F.one_hot(torch.tensor([row for row, _, _ in batches[0].spans])).sum(0).min() > 1
