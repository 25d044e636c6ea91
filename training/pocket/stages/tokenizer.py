"""A byte-level BPE over the text of the world, so that anything a person types can be read, and the world's words are one token each."""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from pocket import world as w
from pocket.model.omni import SPECIAL_TOKENS


def corpus(seed: int, samples: int) -> list[str]:
    rng = np.random.default_rng(seed)
    lines = [text for _, text in w.all_question_texts()]
    for _ in range(samples):
        _, qa = w.sample_qa(rng)
        lines += [qa.question, qa.answer]
        content = w.sample_content(rng)
        lines += [content, w.sentence(content)]
    return lines


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--vocab", type=int, default=1536)
    p.add_argument("--samples", type=int, default=20_000)
    a = p.parse_args(argv)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=a.vocab, special_tokens=list(SPECIAL_TOKENS), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(corpus(7, a.samples), trainer)
    tokenizer.save(str(a.out))
    print(tokenizer.get_vocab_size(), tokenizer.encode("what color is the star").tokens, tokenizer.encode("The number is 42.").tokens)


if __name__ == "__main__":
    main()
