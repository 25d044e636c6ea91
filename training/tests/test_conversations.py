"""Rows of every kind: laid out as the engine lays them out, and every pointer points at what it speaks of. Tones stand in for voices."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pocket import world as w
from caches import cache
from pocket.model.config import PocketConfig
from pocket.speech.letters import letters, spelling, starts
from pocket.speech.phonemes import UNKNOWN, frame_count
from pocket.speech.pool import Clip, write_pool
from pocket.stages import frames
from pocket.stages.conversations import DRILL, FILM, HEAR, LATE, Conversations, heard
from pocket.stages.rows import Row
from pocket.stages.tokenizer import corpus, empty, extend

C = PocketConfig()
KINDS = ("drill", "film", "hear", "ask", "talk")


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Conversations:
    folder, rng = tmp_path_factory.mktemp("talks"), np.random.default_rng(1)
    texts = {text for _, text in w.all_question_texts()[::25]}
    texts |= {text for lang in w.LANGUAGES for text in (*w.TONGUES[lang].SOUND, *w.TONGUES[lang].RECALL)}
    texts |= {w.sample_open(rng, family, lang) for family in ("repeat", "translate", "sums") for lang in w.LANGUAGES for _ in range(12)}
    frames.build(folder / "frames", 12, seed=5, cards=0.4, video=0.5)
    return Conversations(extend(empty(), corpus(7, 300), 900), [frames.FramePool(folder / "frames")], cache(folder / "ears", sorted(texts), C.audio.hidden, beeps={t: 1 + n % w.MOST_BEEPS for lang in w.LANGUAGES for n, t in enumerate(w.TONGUES[lang].SOUND)}, openers=("", "hello ")), 36)


def draw(talks: Conversations, kind: str, rng: np.random.Generator) -> Row:
    return {
        "drill": lambda: talks.drill(rng), "film": lambda: talks.film(rng, 0.5), "hear": lambda: talks.hear(rng),
        "ask": lambda: talks.ask(rng, 0.9), "talk": lambda: talks.talk(rng, 0.9),
    }[kind]()  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_well_formed(talks: Conversations, kind: str) -> None:
    rng, special = np.random.default_rng(2), talks.special
    for _ in range(40):
        row = draw(talks, kind, rng)
        assert len(row.ids) == len(row.targets) < C.text.max_positions
        assert row.ids[:2] == [special["bos"], special["user"]]
        assert len(row.frames) == len(row.states) == len(row.earlier) <= 48
        held = sum(([at, 36] for at, _ in row.frames), []) + sum(([u.at, u.tokens] for u in row.audio), [])
        assert sum(i == -1 for i in row.ids) == sum(held[1::2])
        for at, _ in row.frames:
            assert row.ids[at - 1] == special["frame"] and set(row.ids[at : at + 36]) == {-1}
        for u in row.audio:
            assert row.ids[u.at - 1] == special["audio"] and u.tokens == talks.speech.entries[u.clip].tokens
        learnt = [i for i, target in enumerate(row.targets) if target >= 0]
        assert learnt == [i for _, start, end in row.answers for i in range(start, end)]
        for _, start, end in row.answers:
            assert row.ids[start - 2 : start] == [special["end"], special["assistant"]] and row.ids[end - 1] == special["end"]
            # After an answer the user speaks again.
            assert end == len(row.ids) or row.ids[end] == special["user"]
        for at, things in row.counts:
            assert 0 < at < len(row.ids) and all(row.ids[token] == -1 and token < at for tokens in things for token in tokens)
        for at, first, then, _ in row.looks:
            assert 0 < at < len(row.ids) and first and all(token < at for token in (*first, *then))
            # It looks at frames; only where words are compared, back at one of the same answer, or at nothing.
            for on in (first, then):
                words = [token for token in on if row.ids[token] != -1]
                same_answer = any(start <= word < at < end for word in words for _, start, end in row.answers)
                assert not words or (len(on) == 1 and (same_answer or on == (0,)))
        for at, clip, begin, end in row.listens:
            assert 0 <= begin < end <= len(row.audio[clip].text) and row.audio[clip].at < at
            assert starts(row.audio[clip].text)[end] <= len(letters(row.audio[clip].text))


def test_every_family_is_asked_in_both_languages(talks: Conversations) -> None:
    rng, families = np.random.default_rng(3), Counter()
    for kind in KINDS:
        for _ in range(120):
            families.update(family for family, _, _ in draw(talks, kind, rng).answers)
    assert set(families) >= {f + mark for f in (*w.FAMILIES, "transcribe") for mark in ("", ".zh")}
    assert {*DRILL, *FILM, *HEAR, *LATE} <= {*w.FAMILIES, "transcribe"}
    english = sum(n for family, n in families.items() if not family.endswith(".zh")) / families.total()
    assert 0.4 < english < 0.54


def test_a_follow_up_comes_after_what_it_follows(talks: Conversations) -> None:
    rng = np.random.default_rng(4)
    for lang in w.LANGUAGES:
        row = talks.ask(rng, 1.0, "follow", 1, lang)
        assert [label for label, _, _ in row.answers][-1] == "follow" + (".zh" if lang == "zh" else "") and len(row.answers) == 2
        row = talks.ask(rng, 1.0, "recall", 1, lang)
        assert len(row.answers) <= 2


def test_recall_listens_to_the_turn_before(talks: Conversations) -> None:
    rng = np.random.default_rng(5)
    for _ in range(30):
        row = talks.begun()
        talks.turn(row, talks.open["repeat", "zh"][0], rng, 1.0)
        said = row.audio[-1]
        before = len(row.listens)
        talks.turn(row, w.recall(row.last, rng, "zh"), rng, 1.0)
        new = row.listens[before:]
        assert {clip for _, clip, _, _ in new} == {0}
        assert set().union(*(range(a, b) for _, _, a, b in new)) == set(range(said.asks, len(said.text)))


def test_two_of_one_colour_are_asked_about_more_often_than_they_are_seen(talks: Conversations) -> None:
    rng, seen, asked = np.random.default_rng(8), Counter(), Counter()
    for _ in range(1500):
        clip, _ = talks.clip(rng)
        if qa := w.ask(clip, 0, rng, "compare"):
            seen[qa.keys[-1]] += 1
        qa = talks.question(clip, (0, 0), rng, {"compare": 1.0, "caption": 1.0}, talks.begun(), "en", False)  # what is passed over makes room for others
        if qa.family == "compare":
            asked[qa.keys[-1]] += 1
    assert asked["yes"] / asked["no"] > 1.5 * seen["yes"] / seen["no"] > 0
    assert (asked["yes"] + asked["no"]) / asked.total() > (seen["yes"] + seen["no"]) / seen.total()  # and which is bigger less often


def test_colours_are_compared_by_looking_back(talks: Conversations) -> None:
    rng, looked = np.random.default_rng(9), Counter()
    while min(looked["yes"], looked["no"]) < 3:
        row, (clip, shown) = talks.begun(), talks.clip(rng)
        qa = w.ask(clip, 0, rng, "compare", lang=str(rng.choice(w.LANGUAGES)))
        if qa is None or not qa.compared:
            continue
        talks.frame(row, shown(0), 0)
        talks.turn(row, qa, rng, 0.0)
        _, start, end = row.answers[0]
        back = [(at, first) for at, first, _, _ in row.looks if at >= start and row.ids[first[0]] != -1]
        (second, (target,)), *_ = back
        said = [talks.tokenizer.decode([row.ids[at]]).strip() for at in (target, second)]
        looked[qa.keys[-1]] += 1
        assert (target == 0) == (qa.keys[-1] == "no") and (said[0] == said[1]) == (qa.keys[-1] == "yes")
        assert {first for at, first in back if at > second} == {(second,)}


def test_typed_beeps_are_none(talks: Conversations) -> None:
    rng = np.random.default_rng(6)
    _, qa = w.sample_qa(rng, "sound")
    row = talks.begun()
    talks.turn(row, qa, rng, 0.0)
    _, start, end = row.answers[0]
    assert talks.tokenizer.decode(row.ids[start : end - 1]) == "I heard no beeps."


def test_as_many_beeps_are_answered_as_were_heard(talks: Conversations) -> None:
    rng = np.random.default_rng(7)
    for question in w.TONGUES["en"].SOUND[:4]:
        row = talks.begun()
        talks.turn(row, w.QA("sound", question, "", [], [], beeps=0), rng, 1.0)
        _, start, end = row.answers[0]
        heard_beeps = len(row.audio[0].beeps)
        assert heard_beeps and talks.tokenizer.decode(row.ids[start : end - 1]) == w.TONGUES["en"].beeps(heard_beeps)
        assert row.counts[0][1] == row.audio[0].beeps


def test_what_is_said_in_front_of_a_question_is_heard_and_not_said_back(talks: Conversations) -> None:
    rng, qa = np.random.default_rng(8), talks.open["repeat", "en"][0]
    for _ in range(20):
        row = talks.begun()
        talks.turn(row, qa, rng, 1.0)
        said = row.audio[0]
        assert said.text[said.asks :] == qa.question
        assert min(begin for _, _, begin, _ in row.listens) >= said.asks + qa.hears[0][2]


def test_heard_goes_letter_by_letter_where_the_words_are_the_same() -> None:
    spans = ((3, 6, 10, 13), (6, 8, 20, 25))
    assert heard(spans, 4, 5) == (11, 12) and heard(spans, 6, 7) == (20, 25) and heard(spans, 0, 3) is None
