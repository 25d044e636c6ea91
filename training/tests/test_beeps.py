"""Beeps: as many as asked for can be heard apart, and the speech beside them is untouched."""

from __future__ import annotations

import numpy as np
import pytest
from pocket.speech import SAMPLE_RATE
from pocket.speech.augment import augment, augment_spans
from pocket.speech.beeps import add_beeps, beeped

HOP = SAMPLE_RATE // 100


def _bursts(pcm: np.ndarray, least: float) -> int:
    """Stretches of sound above `least` of the loudest, at least 50 ms long, with 60 ms of quiet between two."""
    means = np.abs(pcm[: len(pcm) // HOP * HOP]).reshape(-1, HOP).mean(axis=1)
    loud = np.flatnonzero(means > least * means.max())
    runs = np.split(loud, np.flatnonzero(np.diff(loud) > 6) + 1)
    return sum(len(run) >= 5 for run in runs)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_as_many_as_asked_for_are_heard(count: int) -> None:
    rng = np.random.default_rng(count)
    for _ in range(40):
        assert _bursts(add_beeps(np.zeros(0, np.float32), count, rng), 0.1) == count


def test_they_are_heard_through_a_room_and_noise() -> None:
    rng = np.random.default_rng(7)
    counts = rng.integers(1, 6, 60)
    heard = [_bursts(augment(add_beeps(np.zeros(0, np.float32), int(n), rng), rng, 0.3), 0.3) for n in counts]
    assert np.mean(heard == counts) > 0.9


def test_the_speech_stays_and_the_beeps_stand_apart() -> None:
    speech = (0.5 * np.sin(np.arange(16_000) / 7)).astype(np.float32)
    first = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        out = add_beeps(speech, 3, rng)
        assert out.dtype == np.float32 and np.abs(out).max() <= 0.5 + 1e-6
        before = np.array_equal(out[-len(speech) :], speech)
        first += before
        assert before or np.array_equal(out[: len(speech)], speech)
        gap = out[-len(speech) - 4000 : -len(speech)] if before else out[len(speech) : len(speech) + 4000]
        assert not gap.any()
        assert np.array_equal(out, add_beeps(speech, 3, np.random.default_rng(seed)))
    assert 10 < first < 30
    assert add_beeps(speech, 0, np.random.default_rng(0)) is speech


def test_it_is_known_where_they_lie() -> None:
    rng = np.random.default_rng(3)
    for count in (1, 3, 5):
        for _ in range(10):
            out, spans = augment_spans(*beeped(np.zeros(0, np.float32), count, rng), rng, 0.0)
            assert len(spans) == count and all(b > a for a, b in spans) and all(c > b for (_, b), (c, _) in zip(spans, spans[1:]))
            within = np.zeros(len(out), bool)
            for begin, end in spans:
                within[begin:end] = True
            assert np.square(out[within]).sum() > 0.95 * np.square(out).sum()
