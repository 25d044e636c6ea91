"""The heads and what they learn from. Real: everything; weights are random, clips are tones."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pocket.model.audio import AudioEncoder
from pocket.model.config import WHISPER_BASE, AudioConfig, TurnEndConfig
from pocket.model.heads import EarHeads
from pocket.model.turn_end import TAPS, TurnEndHead, read, visibility
from pocket.speech import pauses
from pocket.speech.augment import Augmenter
from pocket.speech.pauses import GAP, MS, heard, quietest
from pocket.speech.pool import MARGIN
from pocket.speech.rough import NOISES, Roughener, placed
from pocket.stages.ear_cache import Clip
from pocket.stages.heads import LOST, auc, settle
from pocket.stages.situations import KINDS, LONGEST_S, Situations, stretched

C = AudioConfig()


def _clip(words: int = 4) -> np.ndarray:
    """Words of 300 ms with 60 ms between them, MARGIN around."""
    word = 0.5 * np.sin(np.arange(300 * MS) * 0.2)
    gap = np.zeros(60 * MS)
    parts = [word if i % 2 == 0 else gap for i in range(2 * words - 1)]
    return np.concatenate([np.zeros(MARGIN), *parts, np.zeros(MARGIN)]).astype(np.float32)


def test_the_quietest_place_is_between_words() -> None:
    at = quietest(_clip(), 0.3, 0.7) - MARGIN
    assert any(300 * MS + n * 360 * MS + GAP // 2 <= at <= 360 * MS + n * 360 * MS - GAP // 2 for n in range(3))


def test_what_is_heard_ends_with_the_silence_that_it_tells() -> None:
    augmenter, rng = Augmenter(np.random.default_rng(1)), np.random.default_rng(2)
    for finished in (True, False) * 20:
        h = heard(_clip(), finished, augmenter, rng, strength=0.0)
        assert h.finished == finished and np.abs(h.pcm).max() <= 1
        loud = np.abs(h.pcm) > 0.02 * np.abs(h.pcm).max()
        behind = len(h.pcm) - 1 - int(np.flatnonzero(loud)[-1])
        # What is broken off may have been silent for a while already, or fade.
        assert h.silence - 20 * MS <= behind <= h.silence + 130 * MS


def test_finished_and_broken_off_are_silent_alike() -> None:
    augmenter, rng = Augmenter(np.random.default_rng(1)), np.random.default_rng(3)
    silences = {finished: [heard(_clip(), finished, augmenter, rng).silence / MS for _ in range(300)] for finished in (True, False)}
    assert abs(np.median(silences[True]) - np.median(silences[False])) < 30


def test_broken_off_means_that_something_is_missing() -> None:
    rng, clip = np.random.default_rng(4), _clip()
    places = [pauses.place(clip, rng) for _ in range(200)]
    assert min(places) > MARGIN and max(places) < len(clip) - MARGIN - 100 * MS


def test_a_recording_ends_with_its_last_audible_sound() -> None:
    rng = np.random.default_rng(5)
    noise = 1e-3 * rng.standard_normal(2 * 16_000).astype(np.float32)
    pcm = noise.copy()
    pcm[4000:9000] += 0.3
    assert pauses.audible(pcm) == 9000
    assert pauses.audible(noise) == len(noise) and pauses.audible(noise[:0]) == 0


def test_the_score_does_not_depend_on_what_comes_later_nor_on_padding() -> None:
    torch.manual_seed(0)
    encoder, head = AudioEncoder(C).eval(), TurnEndHead(C, TurnEndConfig()).eval()
    mel = torch.randn(2, 2 * 3 * C.block_frames, C.n_mels)

    def logits(mel: torch.Tensor, frames: list[int]) -> torch.Tensor:
        visible = visibility(encoder, torch.tensor(frames), mel.shape[1] // 2)
        taps = read(encoder, mel, visible)
        assert len(taps) == TAPS
        return head(taps, visible)

    with torch.no_grad():
        whole = logits(mel, [96, 44])
        assert torch.allclose(logits(mel[:1, : 4 * C.block_frames], [64]), whole[:1, :64], atol=1e-5)  # two blocks of three
        assert torch.allclose(logits(mel[1:, : 2 * 44], [44]), whole[1:, :44], atol=1e-5)  # a last block of 12 frames
        torch.testing.assert_close(encoder(mel)[:1], read(encoder, mel, visibility(encoder, torch.tensor([96, 96]), 96))[-1][:1])


def test_area_under_the_curve() -> None:
    assert auc(np.array([0.9, 0.8, 0.2, 0.1]), np.array([True, True, False, False])) == 1.0
    assert auc(np.array([0.9, 0.1, 0.5, 0.5]), np.array([True, False, True, False])) == 0.875
    assert auc(np.array([0.5, 0.5]), np.array([True, False])) == 0.5


def test_a_heads_answer_does_not_depend_on_padding() -> None:
    torch.manual_seed(0)
    heads = EarHeads(replace(WHISPER_BASE, hidden=16), TurnEndConfig(hidden=8, layers=1, heads=2, mlp=8)).eval()
    middle, heard_ = torch.randn(2, 2, 40, 16)
    with torch.no_grad():
        padded = heads(middle, heard_, torch.tensor([40, 24]))
        torch.testing.assert_close(padded[:1], heads(middle[:1], heard_[:1]), rtol=0, atol=1e-5)
        torch.testing.assert_close(padded[1:], heads(middle[1:, :24], heard_[1:, :24]), rtol=0, atol=1e-5)


def test_heads_are_settled_where_the_rules_decide() -> None:
    heads, rng = EarHeads(replace(WHISPER_BASE, hidden=16), TurnEndConfig(hidden=8, layers=1, heads=2, mlp=8)), np.random.default_rng(3)
    held_out = SimpleNamespace(rows=[(0, 0, 1, 1, 0, 1, "finished")] * 4000)
    logits = rng.normal(-3, 2, (4000, 3)).astype(np.float32)
    with torch.no_grad():
        heads.out.weight.fill_(1.0)
        heads.out.bias.zero_()
    settle(heads, logits, held_out)
    # What a logit x was is now weight * x + bias.
    moved = logits * heads.out.weight.detach().numpy()[:, 0] + heads.out.bias.detach().numpy()
    told = 1 / (1 + np.exp(-moved))
    assert [round(float((told[:, 1] >= p).mean()), 3) for p, _ in LOST["not_for_me"]] == pytest.approx([share for _, share in LOST["not_for_me"]], abs=2e-3)
    assert float((told[:, 2] < 0.5).mean()) == pytest.approx(LOST["interrupts"][0][1], abs=2e-3)
    np.testing.assert_array_equal(moved[:, 0], logits[:, 0])


def test_situations_are_of_every_kind_and_end_as_they_say() -> None:
    clip = lambda kind: Clip(_clip(), kind, "what is that", "what is that", 0, True, "tones")  # noqa: E731
    some = Situations([clip(kind) for kind in ("question", "content", "backchannel", "stop", "fragment", "talk", "hesitating", "broken")], np.random.default_rng(1))
    rng, seen = np.random.default_rng(2), {}
    for _ in range(150):
        pcm, labels, kind = some.sample(rng)
        assert pcm.dtype == np.float32 and np.isfinite(pcm).all() and 0.05 * 16_000 < len(pcm) <= LONGEST_S * 16_000
        seen.setdefault(kind, set()).add(labels)
    assert set(seen) == set(KINDS)
    assert seen["talker"] == {(-1, 1, 0)} and seen["hesitating"] <= {(0, 0, 1), (0, -1, -1)}
    assert seen["finished"] == seen["brief"] == {(1, 0, 1)} and seen["aside"] >= {(1, 1, 0), (1, 1, 1), (-1, 1, 0)} and seen["nobody"] == {(1, 1, 0)}


def test_a_speakers_own_pauses_are_found_and_grow() -> None:
    clip = np.concatenate([_clip(), np.zeros(4000, np.float32), _clip()])
    ((start, end),) = pauses.lulls(clip)
    assert abs(start - (len(_clip()) - MARGIN)) < 400 and abs(end - (len(_clip()) + 4000 + MARGIN)) < 400
    longer = {len(stretched(clip, np.random.default_rng(seed))) for seed in range(20)}
    assert min(longer) == len(clip) < max(longer) <= len(clip) + 2 * 16_000
    some = Situations([Clip(_clip(), "question", "q", "q", 0, True, "tones")] , np.random.default_rng(1))
    assert not {"talker", "hesitating"} & set(some.kinds)


def test_what_is_rough_stays_in_its_place() -> None:
    rough, rng = Roughener(np.random.default_rng(1), lambda _: _clip()), np.random.default_rng(3)
    clean, lead = placed(_clip(), rng)
    assert not clean[:lead].any() and clean[lead + MARGIN :].any()
    for kind in NOISES:
        assert np.isfinite(rough.noise(kind, 8000, rng)).all()
    quiet = rough.noisy(clean, "pink", 20.0, rng)
    assert len(quiet) == len(clean) and 15 < 10 * np.log10(np.mean(clean**2) / np.mean((quiet - clean) ** 2)) < 25
    for _ in range(12):
        heard_ = rough(clean, rng)
        assert heard_.shape == clean.shape and np.abs(heard_).max() <= 1


def test_what_is_brief_comes_from_short_questions_where_there_are_any() -> None:
    clips = [Clip(np.resize(_clip(), int(s * 16_000)), "question", "q", "q", 0, True, "tones") for s in (0.6, 0.9, 2.5)]
    assert [len(c.pcm) for c in Situations(clips, np.random.default_rng(1)).brief] == [9600, 14_400]
    assert Situations(clips[2:], np.random.default_rng(1)).brief == clips[2:]
