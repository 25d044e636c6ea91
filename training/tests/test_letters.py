"""Spelling of both languages: what CTC learns, and where in it each character of the text lies."""

from __future__ import annotations

import pytest
import torch
from pocket.speech.letters import LETTERS, greedy, letters, spelling, starts, toned


def test_english_is_spelt_as_it_is_written() -> None:
    text = "what's at the left"
    assert spelling(text) == text and starts(text) == list(range(len(text) + 1))
    assert spelling("oh, 42 stars") == "oh  stars"
    assert starts("a, b") == [0, 1, 1, 2, 3]  # the comma has no label of its own: it begins where the space does


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("桌子上有什么？", "zhuo zi shang you shen me"),
        ("女孩，还有音乐", "nv hai hai you yin yue"),
        ("长方形长大了", "chang fang xing zhang da le"),
        ("卡片上是42。", "ka pian shang shi si shi er"),
        ("有10个", "you shi ge"),
        ("一九07", "yi jiu ling qi"),
        (" 说 Abc  好 ", "shuo abc hao"),
        ("，。", ""),
    ],
)
def test_chinese_is_spelt_in_pinyin(text: str, spelt: str) -> None:
    assert spelling(text) == spelt
    assert "".join(LETTERS[i - 1] for i in letters(text)) == spelt


@pytest.mark.parametrize("text", ["左上角的星星是什么颜色？", "卡片上是42。", "说 Abc  好", "the boy, 42", ""])
def test_starts_lie_in_order_and_end_with_the_number_of_labels(text: str) -> None:
    at = starts(text)
    assert len(at) == len(text) + 1 and at[-1] == len(letters(text)) and at == sorted(at)


def test_starts_are_where_the_syllables_are() -> None:
    text = "左上角，星星"
    spelt, at = spelling(text), starts(text)
    syllables = [spelt[a:b].strip() for a, b in zip(at, at[1:])]
    assert syllables == ["zuo", "shang", "jiao", "", "xing", "xing"]


def test_greedy_drops_blanks_and_what_is_said_once_but_lasts() -> None:
    ids = [0, *[i for one in letters("ma ma") for i in (one, one, 0)], 5, 5]
    logits = torch.nn.functional.one_hot(torch.tensor(ids), len(LETTERS) + 1).float()
    assert greedy(logits, len(ids) - 2) == "ma ma"


def test_toned_pinyin_for_a_synthesiser() -> None:
    assert toned("行情不好，一个42。", joined=False) == "hang2 qing2 bu4 hao3， yi2 ge4 si4 shi2 er4。"
    assert toned("女孩说 abc 好", joined=True) == "nv3hai2 shuo1 abc hao3"
