"""A pool by flite, whose voices nobody trains on: how well is somebody from somewhere else heard? For measuring only.

    python -m pocket.speech.stranger --texts-of POOL --out DIR
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from pocket.speech import flite
from pocket.speech.letters import is_chinese
from pocket.speech.pool import Pool, Tables, trim, write_tables
from pocket.speech.utterance import Utterance


def build(texts: list[str], out: Path, seed: int) -> Pool:
    """Each text once, by the installed voices in turn, at a pace of its own."""
    out.mkdir(parents=True, exist_ok=True)
    voices = flite.installed_voices()
    rng = np.random.default_rng(seed)
    tables = Tables()
    with open(out / "pcm.0.part", "wb") as pcm, open(out / "labels.0.part", "wb") as labels:
        for number, text in enumerate(texts):
            voice = number % len(voices)
            clip, classes = trim(Utterance(flite.synth(text, voices[voice], float(rng.uniform(0.85, 1.25))), None))
            pcm.write((clip * 32767.0).round().astype(np.int16).tobytes())
            labels.write(classes.tobytes())
            tables.add(len(clip), len(classes), number, voice)
    write_tables(out, texts, [0], [tables.arrays()], "test")
    (out / "voices.json").write_text(json.dumps([f"flite:{voice}" for voice in voices]))
    return Pool(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts-of", type=Path, required=True, help="a pool whose English texts are spoken")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=300)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    texts = [text for text in Pool(options.texts_of).texts if not is_chinese(text)]
    chosen = np.random.default_rng(options.seed).permutation(len(texts))[: options.clips]
    build([texts[int(i)] for i in chosen], options.out, options.seed)


if __name__ == "__main__":
    main()
