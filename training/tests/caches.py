"""Caches of made-up features, in the layout of pocket.stages.ears."""
from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from pocket.speech.letters import letters
from pocket.stages.ears import Ears, Entry

POOL, UNIT = 4, 1280


def cache(folder: Path, texts: list[str], hidden: int, tokens: list[int] | None = None, beeps: dict[str, int] | None = None, openers: tuple[str, ...] = ("",), seed: int = 0) -> Ears:
    """Each text with each opener; letters follow each other evenly. `beeps`: how many a text is heard with, one every second token."""
    rng, entries, features, aligned, at = np.random.default_rng(seed), [], [], [], 0
    for number, (text, opener) in enumerate((t, o) for t in texts for o in openers):
        said = opener + text
        count = tokens[number] if tokens else len(letters(said)) // 2 + 6
        sounding = tuple((2 * i * UNIT, (2 * i + 1) * UNIT) for i in range((beeps or {}).get(text, 0)))
        entries.append(Entry("question", text, said, len(opener), at, count, -1, sounding, "tones"))
        features.append(rng.normal(0, 1, (count * POOL, hidden)).astype(np.float16))
        aligned.append(np.linspace(1, count * POOL - 2, len(letters(said))).astype(np.int16))
        at += count * POOL
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "entries.json").write_text(json.dumps([asdict(e) for e in entries], ensure_ascii=False))
    np.concatenate(features).tofile(folder / "features.f16")
    np.savez(folder / "aligned.npz", first=np.concatenate(aligned))
    return Ears([folder], hidden, POOL, UNIT)
