"""A byte-level BPE over the text of the world, so that anything a person types can be read, and the world's words are one token each.

It goes on from an earlier tokenizer where one is given: the tokens of that one keep their numbers and so their meaning for weights trained with
them; `parts` says what each token that came later is made of, for its row of the embedding to start from (omni.grow).
"""
from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from pocket import world as w
from pocket.model.omni import SPECIAL_TOKENS
from pocket.world.check import KNOWN, segment

Pair = tuple[str, str]


def corpus(seed: int, samples: int) -> Iterator[str]:
    """The closed questions, and questions, answers and open sentences of all families, in both languages alike."""
    rng = np.random.default_rng(seed)
    yield from (text for _, text in w.all_question_texts())
    for i in range(samples):
        lang = w.LANGUAGES[i % 2]
        family = str(rng.choice(w.FAMILIES)) if rng.random() < 0.5 else None
        _, qa = w.sample_qa(rng, family, lang=lang)
        content = w.sample_content(rng, lang=lang)
        yield from (qa.question, qa.answer, content, w.TONGUES[lang].sentence(content))


def scraps(text: str) -> Iterator[str]:
    """The text in stretches that merges do not leave: a Chinese sentence has no spaces, so the world's words part it."""
    for chinese, run in groupby(text, w.is_chinese):
        if not chinese:
            yield "".join(run)
            continue
        for known, words in groupby(segment("".join(run)), KNOWN.__contains__):
            yield from words if known else ["".join(words)]


def empty() -> Tokenizer:
    """Bytes and special tokens alone."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate([*SPECIAL_TOKENS, *alphabet])}, []))
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def extend(base: Tokenizer, texts: Iterable[str], vocab: int) -> Tokenizer:
    """More merges behind those of `base`, the most frequent pair first, until there are `vocab` tokens."""
    state = json.loads(base.to_str())
    known: dict[str, int] = state["model"]["vocab"]
    counts: Counter[str] = Counter()
    for text in texts:
        for scrap in scraps(text):
            counts.update(piece for piece, _ in base.pre_tokenizer.pre_tokenize_str(scrap))
    words = [([token.value for token in base.model.tokenize(piece)], n) for piece, n in counts.items()]
    pairs: Counter[Pair] = Counter()
    where: dict[Pair, set[int]] = defaultdict(set)
    for i, (word, n) in enumerate(words):
        for pair in pairwise(word):
            pairs[pair] += n
            where[pair].add(i)
    while len(known) < vocab:
        # The pair's own text decides between equals, so that the result does not hang on the order of the corpus.
        best = max((p for p in pairs if p[0] + p[1] not in known), key=lambda p: (pairs[p], p), default=None)
        if best is None or pairs[best] < 2:
            break
        known[best[0] + best[1]] = len(known)
        state["model"]["merges"].append(list(best))
        for i in where.pop(best):
            word, n = words[i]
            for pair in pairwise(word):
                pairs[pair] -= n
            merge(word, best)
            for pair in pairwise(word):
                pairs[pair] += n
                where[pair].add(i)
        del pairs[best]
    return Tokenizer.from_str(json.dumps(state))


def merge(word: list[str], pair: Pair) -> None:
    at = 0
    while at < len(word) - 1:
        if (word[at], word[at + 1]) == pair:
            word[at : at + 2] = ["".join(pair)]
        at += 1


def parts(tokenizer: Tokenizer, old: int) -> list[list[int]]:
    """Of each token from number `old` on: the tokens below `old` that it is made of."""
    model = json.loads(tokenizer.to_str())["model"]
    made = {a + b: (a, b) for a, b in model["merges"]}

    def take(token: str) -> list[int]:
        number = model["vocab"][token]
        return [number] if number < old else [part for half in made[token] for part in take(half)]

    return [take(token) for token, number in sorted(model["vocab"].items(), key=lambda item: item[1]) if number >= old]


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--base", type=Path, help="an earlier tokenizer.json to go on from (none: from bytes)")
    p.add_argument("--vocab", type=int, default=2048)
    p.add_argument("--samples", type=int, default=40_000)
    a = p.parse_args(argv)
    base = Tokenizer.from_file(str(a.base)) if a.base else empty()
    tokenizer = extend(base, corpus(7, a.samples), a.vocab)
    tokenizer.save(str(a.out))
    for text in ("what color is the star", "The number is 42.", "红色的星星移到了左上角。"):
        ids = tokenizer.encode(text).ids
        print(tokenizer.get_vocab_size(), text, [tokenizer.decode([i]) for i in ids])


if __name__ == "__main__":
    main()
