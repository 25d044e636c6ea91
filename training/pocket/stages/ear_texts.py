"""What the robots say to the ear: questions of every family, in some voices each, also as people say them, sentences to say back, and words that ask nothing.

    python -m pocket.stages.ear_texts --out work/robots --seed 41 --closed 1900

Beside the pool lies `meanings.json`: for each text that is spoken, what kind of thing it is, which question it asks, what of it is to be heard in words, and where
in that the question begins.
"""
from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np

from pocket import world as w
from pocket.speech.asides import BACKCHANNELS, FRAGMENTS, STOPS, spontaneous
from pocket.speech.talk import hesitating, listed, talk

#: A family with few ways to ask is spoken by so many voices each, at least.
LEAST = 60


def meant(kind: str, text: str, said: str = "", at: int = 0) -> dict:
    return {"kind": kind, "text": text, "said": said or text, "at": at}


def texts(lang: str, rng: np.random.Generator, closed: int, opened: int, loose: int, least: int, others: int = 0, paused: int = 0, validates: bool = False) -> tuple[Counter, dict[str, dict]]:
    """How often each text is spoken, and what it means."""
    counts: Counter[str] = Counter()
    meanings: dict[str, dict] = {}

    def add(spoken: str, meaning: dict, times: int = 1) -> None:
        counts[spoken] += times
        meanings.setdefault(spoken, meaning)

    families: dict[str, list[str]] = {}
    for family, text in w.all_question_texts(lang):
        families.setdefault(family, []).append(text)
    roots = {family: len(found) ** 0.5 for family, found in families.items()}
    for family, found in families.items():
        share = max(least, round(closed * roots[family] / sum(roots.values())))
        order = [found[i % len(found)] for i in range(share)] if share > len(found) else [found[i] for i in rng.permutation(len(found))[:share]]
        for text in order:
            add(text, meant("question", text))
    for family, share in (("repeat", 0.6), ("translate", 0.25), ("sums", 0.15)):
        for _ in range(round(opened * share)):
            text = w.sample_open(rng, family, lang)
            add(text, meant("question", text))
    for _ in range(opened // 8):
        text = w.sample_content(rng, lang=lang)
        add(text, meant("content", text))
    everything = [text for found in families.values() for text in found]
    for _ in range(loose):
        family = str(rng.choice(list(families)))
        text = families[family][int(rng.integers(len(families[family])))] if rng.random() < 0.8 else everything[int(rng.integers(len(everything)))]
        spoken, said, at = spontaneous(text, lang, rng)
        add(spoken, meant("question", text, said, at))
    for _ in range(others):
        text = talk(lang, rng, validates)
        add(text, meant("talk", text))
    for n in range(paused):
        family = str(rng.choice(list(families)))
        text = families[family][int(rng.integers(len(families[family])))]
        spoken = listed(lang, rng) if n % 3 == 0 else hesitating(text, lang, rng)
        add(spoken, meant("hesitating", spoken))
    for kind, words in (("backchannel", BACKCHANNELS), ("stop", STOPS), ("fragment", FRAGMENTS)):
        for word in words[lang]:
            if word not in meanings:
                add(word, meant(kind, word), 3)
    return counts, meanings


def build(out: Path, split: str, seed: int, closed: int, opened: int, loose: int, least: int = LEAST, workers: int = 1, others: int = 0, paused: int = 0) -> None:
    from pocket.speech.pool import build_pool

    counts: Counter[str] = Counter()
    meanings: dict[str, dict] = {}
    for i, lang in enumerate(w.LANGUAGES):
        some, mean = texts(lang, np.random.default_rng([seed, i]), closed, opened, loose, least, others, paused, split != "train")
        counts += some
        meanings |= mean
    out.mkdir(parents=True, exist_ok=True)
    (out / "meanings.json").write_text(json.dumps(meanings, ensure_ascii=False))
    build_pool(list(counts), list(counts.values()), split, out, seed=seed, workers=workers)


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--seed", type=int, required=True)
    p.add_argument("--split", default="train")
    p.add_argument("--closed", type=int, default=1900, help="closed questions of each language")
    p.add_argument("--open", type=int, default=1000)
    p.add_argument("--loose", type=int, default=400, help="questions as people say them")
    p.add_argument("--least", type=int, default=LEAST, help="clips of a family that has few ways to ask")
    p.add_argument("--others", type=int, default=0, help="for the heads: sentences that are for somebody else")
    p.add_argument("--paused", type=int, default=0, help="for the heads: questions that somebody stops in, and what is told piece by piece")
    p.add_argument("--workers", type=int, default=1)
    a = p.parse_args()
    build(a.out, a.split, a.seed, a.closed, a.open, a.loose, a.least, a.workers, a.others, a.paused)
