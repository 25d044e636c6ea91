"""A pool by flite, whose voices nobody trains on: how well is somebody from somewhere else heard? For measuring only.

    python -m pocket.speech.stranger --texts-of POOL --out DIR
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pocket.speech import flite
from pocket.speech.letters import is_chinese
from pocket.speech.pool import Clip, Pool, trim, write_pool
from pocket.speech.utterance import Utterance


def build(texts: list[str], out: Path, seed: int) -> Pool:
    """Each text once, by the installed voices in turn, at a pace of its own."""
    voices = flite.installed_voices()
    rng = np.random.default_rng(seed)

    def clips() -> Iterator[Clip]:
        for number, text in enumerate(texts):
            voice = number % len(voices)
            said = flite.synth(text, voices[voice], float(rng.uniform(0.85, 1.25)))
            yield *trim(Utterance(said, None)), number, voice

    return write_pool(out, clips(), texts, [f"flite:{voice}" for voice in voices])


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
