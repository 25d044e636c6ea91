"""Beginnings of questions, spoken as if they were sentences: whoever falls silent behind "what color is the" has not finished, whatever the melody."""
from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from pocket import world as w


def beginnings(texts: Iterable[str]) -> list[str]:
    """Every proper beginning of the texts, in words or, where a script has no spaces, in characters; none that is itself one of the texts."""
    whole = set(texts)
    found: set[str] = set()
    for text in whole:
        units, glue = (text.split(), " ") if " " in text else (list(text), "")
        found |= {glue.join(units[:n]) for n in range(1, len(units))}
    return sorted(found - whole)


if __name__ == "__main__":
    from pocket.speech.pool import build_pool

    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--most", type=int, default=4000, help="at most so many beginnings")
    p.add_argument("--split", default="train")
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    every = beginnings(text for _, text in w.all_question_texts())
    chosen = [every[i] for i in np.random.default_rng(a.seed).permutation(len(every))[: a.most]]
    print(json.dumps({"beginnings": len(every), "spoken": len(chosen)}))
    build_pool(chosen, 1, a.split, a.out, seed=a.seed, workers=1)
