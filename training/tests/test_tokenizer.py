"""The tokenizer goes on from v1's: its tokens keep their numbers, any text comes back, and a new token's row begins from its parts."""
from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from pocket import world as w
from pocket.model.omni import SPECIAL_TOKENS
from pocket.stages.omni import grow
from pocket.stages.tokenizer import corpus, empty, extend, parts

V1 = Path(__file__).parents[2] / "models/visavis-pocket/tokenizer.json"
OLD = 1536
TEXTS = ("what color is the star", "The number is 42.", "红色的星星移到了左上角。", "龘 naïve 👋 ok", "翻译成英文：一个小圆形")


@pytest.fixture(scope="module")
def base() -> Tokenizer:
    """The first OLD tokens are v1's, whatever the folder holds by now."""
    state = json.loads(V1.read_text())
    model = state["model"]
    model["vocab"] = {token: i for token, i in model["vocab"].items() if i < OLD}
    model["merges"] = [pair for pair in model["merges"] if "".join(pair) in model["vocab"]]
    return Tokenizer.from_str(json.dumps(state))


@pytest.fixture(scope="module")
def extended(base: Tokenizer) -> Tokenizer:
    return extend(base, corpus(7, 1500), 2048)


def test_old_tokens_keep_their_numbers(base: Tokenizer, extended: Tokenizer) -> None:
    vocab = extended.get_vocab()
    assert extended.get_vocab_size() == 2048
    assert all(vocab[token] == number for token, number in base.get_vocab().items())
    for _, text in w.all_question_texts("en")[::40]:
        assert "".join(extended.encode(text).tokens) == "".join(base.encode(text).tokens)


def test_any_text_comes_back(extended: Tokenizer) -> None:
    for tokenizer in (extended, empty()):
        assert [tokenizer.decode(tokenizer.encode(text).ids) for text in TEXTS] == list(TEXTS)
        assert [tokenizer.token_to_id(token) for token in SPECIAL_TOKENS] == list(range(len(SPECIAL_TOKENS)))


def test_words_of_the_world_are_one_token(base: Tokenizer, extended: Tokenizer) -> None:
    t = w.TONGUES["zh"]
    words = [t.color(c) for c in w.COLORS] + [t.name(s) for s in w.SHAPES] + [t.at(i) for i in range(9)]
    assert all(len(extended.encode(word).ids) <= 2 for word in words)
    assert sum(len(extended.encode(word).ids) for word in words) < 1.2 * len(words)
    assert sum(len(base.encode(word).ids) for word in words) > 5 * len(words)


def test_new_tokens_are_made_of_old_ones(base: Tokenizer, extended: Tokenizer) -> None:
    made = parts(extended, OLD)
    assert len(made) == 2048 - OLD
    by_number = {number: token for token, number in extended.get_vocab().items()}
    for number, of in enumerate(made, OLD):
        assert max(of) < OLD
        assert by_number[number] == "".join(by_number[part] for part in of)


def test_the_embedding_grows_from_the_parts(extended: Tokenizer) -> None:
    old = torch.randn(OLD, 8).half()
    weights = {"decoder.embed.weight": old, "other": torch.ones(1)}
    new = grow(weights, extended, 2100)["decoder.embed.weight"]
    assert new.shape == (2100, 8)
    torch.testing.assert_close(new[:OLD], old)
    for number, of in list(enumerate(parts(extended, OLD), OLD))[::50]:
        torch.testing.assert_close(new[number], old[of].float().mean(0).half())
    assert grow(weights, extended, OLD) is weights
