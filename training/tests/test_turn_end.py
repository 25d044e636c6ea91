"""The turn-end head and what it learns from. Real: everything; weights are random, clips are tones."""

from __future__ import annotations

import numpy as np
import torch

from pocket.model.audio import AudioEncoder
from pocket.model.config import AudioConfig, TurnEndConfig
from pocket.model.turn_end import TAPS, TurnEndHead, read, visibility
from pocket.speech import pauses
from pocket.speech.augment import Augmenter
from pocket.speech.pauses import GAP, MS, heard, quietest
from pocket.speech.pool import MARGIN
from pocket.stages.hearings import Hearings, chances
from pocket.stages.turn_end import auc
from pocket.stages.turn_texts import beginnings

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


class _Spoken:
    """As many clips of each text as it is told, all alike."""

    def __init__(self, clips: dict[str, int]) -> None:
        self.texts = [text for text, n in clips.items() for _ in range(n)]
        self.by_text = {text: [i for i, t in enumerate(self.texts) if t == text] for text in clips}

    def __len__(self) -> int:
        return len(self.texts)

    def text(self, index: int) -> str:
        return self.texts[index]

    def locate(self, index: int) -> tuple[_Spoken, int]:
        return self, index

    def clip(self, _: int) -> np.ndarray:
        return _clip()


def test_every_family_is_heard_as_often_whatever_a_pool_holds_most_of() -> None:
    speech = _Spoken({"what happened": 2, "please say old cold letter": 5, "repeat after me a red fox": 1, "how many beeps did you hear": 4, "你好": 3})
    p = chances(speech)
    share = {text: p[clips].sum() for text, clips in speech.by_text.items()}
    assert np.allclose([*share.values()], [0.25 * x for x in (1, 0.5, 0.5, 1, 1)])
    hearings, rng = Hearings(speech, None, 1), np.random.default_rng(6)
    drawn = np.bincount([hearings.draw(rng) for _ in range(4000)], minlength=len(speech)) / 4000
    assert np.abs(drawn - p).max() < 0.03


def test_a_question_about_beeps_is_heard_with_beeps() -> None:
    hearings, rng = Hearings(_Spoken({"how many beeps did you hear": 1, "what happened": 1}), None, 1), np.random.default_rng(7)
    plain, longer = len(_clip()), [len(hearings.clip(0, rng)) for _ in range(40)]
    assert sum(n > plain for n in longer) > 25 and len(hearings.clip(1, rng)) == plain
    assert not hearings.clip(0, rng)[-MARGIN:].any()


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


def test_beginnings_are_proper_and_no_questions() -> None:
    found = beginnings(["what do you see", "what do you see here", "这是什么"])
    assert found == ["what", "what do", "what do you", "这", "这是", "这是什"]
