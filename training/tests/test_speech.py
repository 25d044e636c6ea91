"""Speech generator. Real: libespeak-ng, libopus, flite (skipped where missing). Nothing is faked."""

from __future__ import annotations

import ctypes
import time
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from pocket.speech import FRAME, SAMPLE_RATE, extra, flite, foreign, stranger
from pocket.speech.augment import augment, augment_aligned
from pocket.speech.espeak import Espeak, EspeakError
from pocket.speech.letters import is_chinese, spelling
from pocket.speech.opus import OpusPass, opus_pass
from pocket.speech.phonemes import INVENTORY, SILENCE, UNKNOWN, class_of, frame_labels
from pocket.speech.pool import MARGIN, Pool, build_pool, trim
from pocket.speech.sources import Sources
from pocket.speech.voices import ACCENTS, MANDARIN, SPLITS, VARIANTS, Voice, sample_voice, variants
from pocket.stages.speech_texts import Wanted, texts

TEXTS = ["what color is the star", "repeat after me two blue hearts are on the left", "and the square"]
HANZI = ["左上角的星星是什么颜色", "请跟我说四十二"]


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    try:
        return Espeak()
    except EspeakError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory, espeak: Espeak) -> Pool:
    return build_pool(TEXTS, [6, 4, 2], "train", tmp_path_factory.mktemp("pool"), seed=3)


def _say(espeak: Espeak, text: str, voice: Voice) -> tuple[np.ndarray, np.ndarray]:
    return trim(espeak.synth(text, voice.accent, voice.variant, voice.rate, voice.pitch, voice.pitch_range, voice.word_gap))


def test_splits_share_no_variant_and_cover_all() -> None:
    groups = [set(variants(split)) for split in SPLITS]
    assert sum(map(len, groups)) == len(set().union(*groups))
    assert len(variants("test")) == len(variants("validation")) == len(VARIANTS) // 12
    assert list(VARIANTS) == sorted(VARIANTS, key=str.lower)


def test_sample_voice_is_seeded_and_stays_in_its_split() -> None:
    for split, (lang, accents) in product(SPLITS, {"en": set(ACCENTS), "zh": {MANDARIN}}.items()):
        drawn = [sample_voice(np.random.default_rng((1, n)), split, lang) for n in range(50)]
        assert drawn == [sample_voice(np.random.default_rng((1, n)), split, lang) for n in range(50)]
        assert {voice.variant for voice in drawn} <= set(variants(split))
        assert {voice.accent for voice in drawn} <= accents


def test_every_accent_and_variant_speaks_known_phonemes(espeak: Espeak) -> None:
    text = "the weather, pleasure, choose a voice: sure, nearly thirty four boys judge the purple fire over there"
    for accent in ACCENTS:
        names = {name for _, name in espeak.synth(text, accent, "m3").phonemes or []}
        assert {name for name in names if class_of(name) == UNKNOWN} == set()
    for variant in VARIANTS:
        assert np.abs(espeak.synth("the star", "en-us", variant).pcm).max() > 0.05, variant


def test_mandarin_is_covered_by_the_phoneme_classes(espeak: Espeak) -> None:
    from pypinyin import lazy_pinyin
    from pypinyin.constants import PINYIN_DICT

    syllables = {lazy_pinyin(chr(code))[0]: chr(code) for code in PINYIN_DICT if 0x4E00 <= code <= 0x9FA5}
    assert len(syllables) > 390
    sources, voice = Sources("train", 0.0, espeak), sample_voice(np.random.default_rng(0), "train", "zh")
    names = [name for hanzi in syllables.values() for _, name in sources.synth(hanzi, voice).phonemes or []]
    unknown = {name for name in names if class_of(name) == UNKNOWN}
    assert sum(name in unknown for name in names) < 0.01 * len(names), unknown
    heard = {INVENTORY[class_of(name)] for name in names}
    assert {"ts", "tsh", "ts.", "ts.h", "s.", "z.", "tS;", "tS;h", "S;", "y", "i.", "o-", "ong", "iE", "uo"} <= heard


def test_mandarin_is_read_as_it_is_spelt(espeak: Espeak) -> None:
    sources, voice = Sources("train", 0.0, espeak), sample_voice(np.random.default_rng(0), "train", "zh")
    names = [[name for _, name in sources.synth(text, voice).phonemes or [] if not name.startswith("_")] for text in ("行情", "行走")]
    assert names[0][:2] == ["h", "a"] and names[1][:2] == ["S;", "i"]  # by hanzi alone espeak-ng reads both like the second


def test_unknown_voice_is_an_error(espeak: Espeak) -> None:
    with pytest.raises(EspeakError):
        espeak.synth("the star", "xx-nowhere")


def test_inventory() -> None:
    assert INVENTORY[SILENCE] == "sil" and len(set(INVENTORY)) == len(INVENTORY) <= 64
    assert class_of("A@") == class_of("A:") and class_of("_:") == SILENCE and class_of("(xx)") == UNKNOWN


def test_frame_labels_take_the_phoneme_at_the_middle_of_the_frame() -> None:
    labels = frame_labels([(0.0, "_"), (15.0, "s"), (45.0, "t")], samples=900)
    assert [INVENTORY[label] for label in labels] == ["sil", "s", "t"]
    assert list(frame_labels(None, 700)) == [UNKNOWN] * 3


def test_labels_follow_the_sound(espeak: Espeak) -> None:
    vowels, fricatives = [], []
    for number in range(40):
        clip, labels = _say(espeak, TEXTS[0], sample_voice(np.random.default_rng(number), "train"))
        assert len(labels) == -(-len(clip) // FRAME)
        assert labels[0] == labels[-1] == SILENCE and labels.min() >= 0
        assert np.abs(clip[: MARGIN // 2]).max() < 0.05
        whole = clip[: len(clip) // FRAME * FRAME].reshape(-1, FRAME)
        crossings = (np.diff(np.signbit(whole), axis=1) != 0).mean(axis=1)
        of = labels[: len(whole)]
        vowels.append(crossings[of == class_of("A:")].mean())
        fricatives.append(crossings[of == class_of("s")].mean())
    # Hiss crosses zero far more often than a vowel does: only true when the labels sit on the right frames.
    assert np.mean(fricatives) > 2 * np.mean(vowels)


def test_pool_reads_back_and_is_the_same_for_any_number_of_workers(pool: Pool, tmp_path: Path) -> None:
    assert len(pool) == 12 and [len(pool.by_text[text]) for text in TEXTS] == [6, 4, 2]
    for index in range(len(pool)):
        clip, labels = pool.clip(index), pool.labels(index)
        assert clip.dtype == np.float32 and 0.3 < np.abs(clip).max() <= 1.0
        assert len(labels) == -(-len(clip) // FRAME) and labels[0] == SILENCE
        assert index in pool.by_text[pool.text(index)]
    again = build_pool(TEXTS, [6, 4, 2], "train", tmp_path, seed=3, workers=2)
    assert all(np.array_equal(again.clip(n), pool.clip(n)) for n in range(len(pool)))
    other = build_pool(TEXTS[:1], 6, "train", tmp_path / "other", seed=4)
    assert not np.array_equal(other.lengths, pool.lengths[:6])


def test_pool_holds_only_speakers_of_its_split(tmp_path: Path, espeak: Espeak) -> None:
    held_out = build_pool(TEXTS[:1], 10, "test", tmp_path, seed=3)
    assert held_out.split == "test"
    spoken = {held_out.voices[voice].rpartition("+")[2] for voice in held_out.voice_id}
    assert spoken <= set(variants("test"))
    assert all(held_out.voices[voice].startswith("espeak:") for voice in held_out.voice_id)


def test_pool_of_both_languages(tmp_path: Path, espeak: Espeak) -> None:
    pool = build_pool(TEXTS + HANZI, 3, "validation", tmp_path, seed=5)
    assert [len(pool.by_text[text]) for text in HANZI] == [3, 3]
    for index in range(len(pool)):
        assert (f":{MANDARIN}+" in pool.voices[pool.voice_id[index]]) == (pool.text(index) in HANZI)
        labels = pool.labels(index)
        assert labels.min() >= 0 and 0.3 < (labels != SILENCE).mean()


def test_texts_are_distinct_of_the_languages_asked_for_and_spelt_whole() -> None:
    wanted = Wanted(closed=2, repeat=50, translate=30, sums=10, content=20, wide=40)
    both, counts = texts(wanted, 1)
    assert len(set(both)) == len(both) == len(counts)
    assert sorted(set(counts)) == [1, 2] and counts.count(1) == 2 * 110 + 40
    for lang in ("en", "zh"):
        spoken, _ = texts(wanted, 1, (lang,))
        assert set(spoken) < set(both) and {is_chinese(text) for text in spoken} == {lang == "zh"}
        assert spoken != texts(wanted, 2, (lang,))[0]
    for text in both:
        if is_chinese(text):
            assert len(spelling(text).split()) == len(text)
        else:
            assert spelling(text) == text


def test_opus_keeps_length_and_alignment(espeak: Espeak) -> None:
    for number in range(5):
        rng = np.random.default_rng(number)
        clip, _ = _say(espeak, TEXTS[1], sample_voice(rng, "train"))
        coded = opus_pass(clip, rng)
        assert coded.shape == clip.shape and not np.array_equal(coded, clip)
        assert np.corrcoef(coded, clip)[0, 1] > 0.9
    codec = OpusPass()
    first = codec(clip, 16_000)
    codec(clip[::-1].copy(), 16_000)
    assert np.array_equal(codec(clip, 16_000), first)  # nothing of one clip leaks into the next


def test_augment_is_seeded_bounded_and_never_silent(pool: Pool) -> None:
    babble = [pool.clip(index) for index in range(4)]
    for number in range(200):
        clip = pool.clip(number % len(pool))
        heard = augment(clip, np.random.default_rng(number), babble=babble if number % 2 else None)
        again = augment(clip, np.random.default_rng(number), babble=babble if number % 2 else None)
        assert np.array_equal(heard, again)
        assert heard.dtype == np.float32 and np.isfinite(heard).all() and np.abs(heard).max() <= 1.0
        assert heard[:400].std() > 1e-5 and heard[-400:].std() > 1e-5
        assert 0.09 * SAMPLE_RATE < len(heard) - 0.9 * len(clip)


def test_augment_moves_the_labels_with_the_sound(pool: Pool) -> None:
    agreed = []
    for number in range(100):
        clip, labels = pool.clip(number % len(pool)), pool.labels(number % len(pool))
        heard, moved = augment_aligned(clip, labels, np.random.default_rng(number), strength=0.3)
        assert len(moved) == -(-len(heard) // FRAME)
        energy = (heard[: len(heard) // FRAME * FRAME].reshape(-1, FRAME) ** 2).mean(axis=1)
        loud = energy > 0.03 * energy.max()
        agreed.append((moved[: len(loud)][loud] != SILENCE).mean())
    assert np.mean(agreed) > 0.97


@pytest.mark.skipif(not extra.installed(), reason="no extra synthesiser is installed")
def test_extra_voices_speak_and_are_none_of_flites() -> None:
    voices = [extra.sample_extra_voice(np.random.default_rng(number)) for number in range(30)]
    assert not any(speaker in voice.name for voice in voices if voice for speaker in ("kal", "awb", "rms", "slt"))
    synthesisers = extra.ExtraSynthesisers()
    for voice in voices:
        assert voice is not None
        clip, labels = trim(synthesisers.synth(TEXTS[0], voice))
        assert 0.8 < len(clip) / SAMPLE_RATE < 3.5
        assert len(labels) == -(-len(clip) // FRAME) and labels[0] == labels[-1] == SILENCE
        assert (labels == UNKNOWN).any() == (voice.source == "pico")  # Pico tells no times; ked's phones are all known


@pytest.mark.skipif("pico" not in extra.installed(), reason="py-nanotts is not installed")
@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library is not glibc")
def test_pico_says_the_same_whatever_its_memory_held_before() -> None:
    from py_nanotts import NanoTTS

    perturb, fills = ctypes.CDLL(None).mallopt, (85, 170)
    voice = replace(extra.sample_extra_voice(np.random.default_rng(0)), source="pico", accent="en-US", variant="")
    said = []
    for fill in fills:
        perturb(-6, fill)  # M_PERTURB: memory is left full of this
        NanoTTS().speak(TEXTS[0], voice="en-US")
        perturb(-6, 0)
        said.append(extra.ExtraSynthesisers().synth(TEXTS[0], voice).pcm)
    assert np.array_equal(*said)


@pytest.mark.skipif("pico" not in extra.installed(), reason="py-nanotts is not installed")
def test_recorded_voices_speak_mandarin_syllable_by_syllable() -> None:
    from pypinyin import lazy_pinyin
    from pypinyin.constants import PINYIN_DICT

    syllables = {lazy_pinyin(chr(code))[0]: chr(code) for code in PINYIN_DICT if 0x4E00 <= code <= 0x9FA5}
    for accent in ("de-DE", "en-US"):
        said = {syllable: foreign.phones(hanzi, accent)[0] for syllable, hanzi in syllables.items()}
        vowels = "aAeEiIoOuUyY@VQ{6"
        assert [s for s, phones in said.items() if not set(phones) & set(vowels) and s not in ("m", "n", "hm", "hng", "ng")] == []
    assert foreign.marked_up("女孩？", "de-DE") == '<phoneme ph="ny:.xaI"/>？' and foreign.marked_up("the girl?", "en-US") == "the girl?"
    synthesisers, rng = extra.ExtraSynthesisers(), np.random.default_rng(0)
    lengths = []
    for text in (HANZI[0][:4], HANZI[0]):
        voice = replace(extra.sample_extra_voice(rng, "zh"), accent="de-DE", rate=165, formant=1.0)
        lengths.append(len(trim(synthesisers.synth(text, voice))[0]) / SAMPLE_RATE)
    assert lengths[1] - lengths[0] > 7 * 0.12  # the seven more syllables are heard


@pytest.mark.skipif(not flite.installed_voices(), reason="flite is not installed")
def test_flite_speaks() -> None:
    for voice in flite.installed_voices():
        pcm = flite.synth(TEXTS[0], voice)
        assert pcm.dtype == np.float32 and 0.8 < len(pcm) / SAMPLE_RATE < 4 and np.abs(pcm).max() > 0.05


@pytest.mark.skipif(not flite.installed_voices(), reason="flite is not installed")
def test_strangers_are_a_pool_by_flite_alone(tmp_path: Path) -> None:
    pool = stranger.build(TEXTS, tmp_path, seed=1)
    assert [pool.text(index) for index in range(len(pool))] == TEXTS
    assert all(voice.startswith("flite:") for voice in pool.voices) and pool.split == "test"
    assert all(0.8 < len(pool.clip(index)) / SAMPLE_RATE < 5 and (pool.labels(index) == UNKNOWN).any() for index in range(len(pool)))


def test_speed(espeak: Espeak, pool: Pool) -> None:
    rng = np.random.default_rng(0)
    steps = {
        "synth": lambda: _say(espeak, TEXTS[0], sample_voice(rng, "train")),
        "augment": lambda: augment(np.resize(pool.clip(0), 2 * SAMPLE_RATE), rng),
        "opus": lambda: opus_pass(pool.clip(0), rng),
    }
    for name, step in steps.items():
        step()
        began = time.process_time()
        for _ in range(100):
            step()
        spent = (time.process_time() - began) * 10
        print(f"{name}: {spent:.2f} ms a clip")
        assert spent < 60
