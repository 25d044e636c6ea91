"""Translation: sentences of the world in English and Mandarin, from one grammar of pairs that is read in either direction."""
from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from . import phrases as en
from . import phrases_zh as zh
from .scene import COLORS, SHAPES, SIZES, pick

Span = tuple[int, int, int, int]  # characters of the answer from, to; of the question from, to

_PAIRS = (
    ("the {o}", "{o}"), ("{a}", "{a}"), ("the {o} is {at}", "{o}在{at}"), ("the {o} is {c}", "{o}是{c}的"), ("there is {a} {at}", "{at}有{a}"),
    ("there are {n} {p}", "有{n}个{p}"), ("{n} {p}", "{n}个{p}"), ("the number is {N}", "数字是{N}"), ("{a} and {b}", "{a}和{b}"),
    ("the {o} and the {q}", "{o}和{q}"), ("the {o} moved to {to}", "{o}移到了{to}"), ("the {o} turned {c}", "{o}变成了{c}"),
    ("the {o} disappeared", "{o}消失了"), ("{a} appeared {at}", "{at}出现了{a}"), ("i see {a}", "我看到{a}"), ("i see {n} {p}", "我看到{n}个{p}"),
    ("there is no {o}", "没有{o}"), ("the {o} is larger than the {q}", "{o}比{q}大"), ("the {o} is smaller than the {q}", "{o}比{q}小"),
    ("the {o} is next to the {q}", "{o}在{q}旁边"), ("the {o} is above the {q}", "{o}在{q}上面"), ("the {o} is below the {q}", "{o}在{q}下面"),
    ("the {o} is to the left of the {q}", "{o}在{q}左边"), ("the {o} is to the right of the {q}", "{o}在{q}右边"), ("the card says {N}", "卡片上写着{N}"),
    ("the table is empty", "桌子是空的"), ("nothing changed", "什么都没变"), ("put the {o} {at}", "把{o}放在{at}"), ("where is the {o}", "{o}在哪里"),
    ("what color is the {o}", "{o}是什么颜色"), ("how many {p} are there", "有几个{p}"), ("is there {a}", "有{a}吗"), ("show me the {o}", "给我看{o}"),
    ("i like the {o}", "我喜欢{o}"), ("the {o} is not {c}", "{o}不是{c}的"),
)  # fmt: skip
_THINGS = [(s, c, z) for s in SHAPES for c in (None, *COLORS) for z in (None, *SIZES)]


def _slots() -> dict[str, list[tuple[str, str]]]:
    """What each slot may hold, in English and in Mandarin."""
    named = [(en.name(*t), zh.name(*t)) for t in _THINGS]
    things = [*named, ("card", "卡片")]
    with_article = [(en.article(e), "一个" + z) for e, z in named] + [("a card", "一张卡片")]
    out = {
        "o": things, "q": things, "a": with_article, "b": with_article, "p": [(en.plural(e), z) for e, z in named],
        "at": [(en.at(i), zh.at(i)) for i in range(9)], "to": [(en.place(i), zh.place(i)) for i in range(9)],
        "c": [(c, zh.color(c)) for c in COLORS], "n": [(en.number_words(n), "两" if n == 2 else zh.number_words(n)) for n in range(2, 11)],
        "N": [(en.number_words(n), zh.number_words(n)) for n in range(100)],
    }  # fmt: skip
    return out


_SLOTS = _slots()


class _Form(NamedTuple):
    """One pair read in one direction: the source's pattern, the target's template, what the slots' words become."""

    source: re.Pattern[str]
    target: str


def _pattern(template: str, side: int) -> re.Pattern[str]:
    def group(m: re.Match[str]) -> str:
        name = m[1]
        # Longest first, so that "at the top left" is not read as "at the top".
        words = ".+" if name in "oqabp" else "|".join(sorted((re.escape(pair[side]) for pair in _SLOTS[name]), key=len, reverse=True))
        return f"(?P<{name}>{words})"

    return re.compile(re.sub(r"\{(\w+)\}", group, template))


_SIDES = {"en": 0, "zh": 1}
_FORMS = {lang: [_Form(_pattern(pair[i], i), pair[1 - i]) for pair in _PAIRS] for lang, i in _SIDES.items()}
_WORDS = {lang: {name: {pair[i]: pair[1 - i] for pair in pairs} for name, pairs in _SLOTS.items()} for lang, i in _SIDES.items()}


def sample_pair(rng: np.random.Generator, lang: str) -> str:
    """A sentence in `lang` that `translate` knows."""
    side = _SIDES[lang]
    template = pick(rng, _PAIRS)[side]
    return re.sub(r"\{(\w+)\}", lambda m: pick(rng, _SLOTS[m[1]])[side], template)


def translate(text: str, lang: str) -> tuple[str, list[Span]] | None:
    """A sentence in `lang` in the other language, and which of its characters say what of the source; None for what the grammar has not."""
    for source, target in _FORMS[lang]:
        found = source.fullmatch(text)
        words = _WORDS[lang]
        if not found or any(said not in words[name] for name, said in found.groupdict().items()):
            continue
        out, spans, at = "", [], 0
        for m in re.finditer(r"\{(\w+)\}", target):
            out += target[at : m.start()]
            word = words[m[1]][found[m[1]]]
            spans.append((len(out), len(out) + len(word), *found.span(m[1])))
            out, at = out + word, m.end()
        out += target[at:]
        return out, spans
    return None
