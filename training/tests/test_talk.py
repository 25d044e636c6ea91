"""What is said to others: nothing of it asks the model, and what validates is not learned."""
from __future__ import annotations

import re

import numpy as np

from pocket.speech.talk import _FORMS, _split, begun, hesitating, listed, talk


def test_forms_that_validate_are_never_learned() -> None:
    for kinds in _FORMS.values():
        for forms in kinds.values():
            learned, validates = _split(forms, False), _split(forms, True)
            assert learned and validates and set(learned) | set(validates) == set(forms) and not set(learned) & set(validates)


def test_every_sentence_is_whole() -> None:
    rng = np.random.default_rng(1)
    for lang in ("en", "zh"):
        for _ in range(200):
            assert not re.search(r"[{}]", talk(lang, rng) + talk(lang, rng, True) + listed(lang, rng))


def test_somebody_who_hesitates_says_the_same_words() -> None:
    rng = np.random.default_rng(2)
    for lang, text in (("en", "what color is the star"), ("zh", "星星是什么颜色"), ("en", "hello")):
        said = hesitating(text, lang, rng)
        assert said != text
        assert re.sub(r"(\b(um|uh)\b|嗯|呃|那个|[,.…，\s])", "", said) == text.replace(" ", "")


def test_what_is_begun_is_no_question_by_itself() -> None:
    rng, whole = np.random.default_rng(3), frozenset({"what was the first", "what was the first shape"})
    for _ in range(100):
        some = begun("what was the first shape", "en", rng, whole)
        assert some is None or "what was the".startswith(re.sub(r",? u[mh]$", "", some))
    assert begun("who", "en", rng, whole) is None
