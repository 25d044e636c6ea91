"""PYTHONPATH=training python -m pytest tools/sounds/make: what needs no weights."""
from __future__ import annotations

import numpy as np

from clips import at_level, in_a_room, longest_quiet, span, trimmed
from natural import cast, chosen
from pauses import hesitating, parted
from voices import SAMPLE_RATE, SHARES


def tone(seconds: float, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(np.arange(int(seconds * SAMPLE_RATE)) / 3)).astype(np.float32)


def quiet(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * SAMPLE_RATE), np.float32)


def test_speech_lies_where_it_is_audible_and_a_single_peak_is_none() -> None:
    pcm = np.concatenate([quiet(0.2), tone(0.5), tone(0.1, 0.01), tone(0.2, 0.003), quiet(0.3)])
    pcm[-100] = 0.4
    start, end = span(pcm)
    # 0.01 is 34 dB below the peak and counts; 0.003 is 44 dB below it.
    assert abs(start - 3200) <= 64 and abs(end - 0.8 * SAMPLE_RATE) <= 64
    assert abs(len(trimmed(pcm)) - 0.6 * SAMPLE_RATE) <= 128


def test_a_level_is_of_what_is_said_and_peaks_are_never_cut() -> None:
    said = at_level(np.concatenate([tone(1.0), quiet(3.0)]), -26)
    assert abs(20 * np.log10(np.sqrt(np.mean(said[:SAMPLE_RATE] ** 2))) + 26) < 0.2
    assert np.abs(at_level(tone(1.0), 0)).max() <= 0.951


def test_a_room_has_no_digital_silence() -> None:
    heard = in_a_room(tone(0.1), 100, 200, np.random.default_rng(1))
    assert len(heard) == 0.4 * SAMPLE_RATE and 0 < np.abs(heard[:1600]).max() < 0.002


def test_the_longest_pause_is_found_and_taken_out() -> None:
    pcm = np.concatenate([tone(0.6), quiet(0.05), tone(0.3), quiet(0.3), tone(0.6)])
    start, end = longest_quiet(pcm)
    assert abs(start - 0.95 * SAMPLE_RATE) <= 128 and abs(end - 1.25 * SAMPLE_RATE) <= 128
    found = parted(pcm)
    assert found and abs(len(found[0]) - (1.55 + 0.04) * SAMPLE_RATE) <= 256
    assert parted(tone(1.0)) is None


def test_who_hesitates_says_all_of_the_question() -> None:
    text = "what color is the large star"
    said = hesitating(text, np.random.default_rng(3))
    assert said != text + "?" and [w for w in said.replace(",", " ").replace(".", " ").replace("?", "").split() if w not in ("um", "uh")] == text.split()


def test_everybody_has_a_share() -> None:
    voices = cast("en", 1000)
    for synthesiser, share in SHARES["en"].items():
        assert abs(sum(v.synthesiser == synthesiser for v in voices) - 1000 * share) <= 1
    assert min(sum(v == one for v in voices) for one in set(voices)) >= 20


def test_families_are_asked_alike() -> None:
    questions = [{"family": f, "lang": "en", "synthesiser": "espeak", "n": n} for f in ("colour", "count", "way") for n in range(20)]
    drawn = chosen(questions, "en", 31, np.random.default_rng(1))
    assert sorted(sum(q["family"] == f for q in drawn) for f in ("colour", "count", "way")) == [10, 10, 11]
    assert len({(q["family"], q["n"]) for q in drawn}) == 31
