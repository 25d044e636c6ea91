"""What is to be spoken: every closed question, and open sentences that keep hearing wider than the questions."""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from pocket import world as w
from pocket.speech.letters import is_chinese

#: Syllables of a string of dictionary words, at most.
_WIDE = 9


def texts(closed: int, repeat: int, content: int, seed: int) -> tuple[list[str], list[int]]:
    """Distinct texts and how many voices speak each."""
    rng = np.random.default_rng(seed)
    counts = {text: closed for _, text in w.all_question_texts()} if closed else {}
    open_texts: set[str] = set()
    while len(open_texts) < repeat:
        open_texts.add(w.sample_repeat(rng)[0])
    while len(open_texts) < repeat + content:
        open_texts.add(w.sample_content(rng))
    for text in sorted(open_texts - counts.keys()):
        counts[text] = 1
    return list(counts), list(counts.values())


def wide(count: int, seed: int) -> list[str]:
    """Distinct strings of words from pypinyin's dictionary: Mandarin's every syllable, far beyond what is said about the table."""
    from pypinyin.constants import PHRASES_DICT

    words = [word for word in PHRASES_DICT if len(word) <= 4 and is_chinese(word) and not any(ch in word for ch in "，,、")]
    rng = np.random.default_rng(seed)
    out: set[str] = set()
    while len(out) < count:
        text = "".join(words[int(i)] for i in rng.integers(len(words), size=int(rng.integers(1, 4))))
        if len(text) <= _WIDE:
            out.add(text)
    return sorted(out)


if __name__ == "__main__":
    from pocket.speech.pool import build_pool

    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--closed", type=int, default=10)
    p.add_argument("--repeat", type=int, default=8000)
    p.add_argument("--content", type=int, default=3000)
    p.add_argument("--wide", type=int, default=0, help="strings of Mandarin dictionary words")
    p.add_argument("--split", default="train")
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    spoken, voices = texts(a.closed, a.repeat, a.content, a.seed)
    spoken, voices = spoken + wide(a.wide, a.seed), voices + [1] * a.wide
    print(json.dumps({"texts": len(spoken), "clips": sum(voices)}))
    build_pool(spoken, voices, a.split, a.out, seed=a.seed, workers=1)
