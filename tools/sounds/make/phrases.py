"""The pieces that the clips of turns.json are put together from: ../phrases.json, spoken (phrases/phrases.json, phrases/phrases.bin).

    PYTHONPATH=training KOKORO_JS=… python tools/sounds/make/phrases.py --out tools/sounds/phrases

A piece is its speech alone, from its first to its last audible sample, so that what lies between two pieces is known to the millisecond.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from pocket.release.ogg import ogg
from pocket.release.testset import Blob
from pocket.speech.utterance import FRAME

from clips import at_level, span, trimmed
from voices import SAMPLE_RATE, VOICES, speak

SEED = 9_600_001
KBITS = 24
LEVEL_DB = -20.0
#: Opus begins and ends in what is there: a little quiet keeps both edges whole.
EDGE = FRAME


def build(out: Path) -> None:
    groups = json.loads((Path(__file__).parents[1] / "phrases.json").read_text())["groups"]
    cast = {voice.name: voice for voice in VOICES}
    speech, pieces = Blob(), []
    for number, group in enumerate(groups):
        for name in group["voices"]:
            for at, (key, text) in enumerate(group["texts"].items()):
                rng = np.random.default_rng([SEED, number, at, *name.encode()])
                said = at_level(trimmed(speak(cast[name], text, rng)), LEVEL_DB)
                clip = np.concatenate([np.zeros(EDGE, np.float32), said, np.zeros(EDGE, np.float32)])
                start, end = (round(sample * 1000 / SAMPLE_RATE) for sample in span(clip))
                piece = {"id": key, "lang": group["lang"], "voice": name, "text": text, "speech": speech.add(ogg(clip, KBITS)), "startMs": start, "endMs": end}
                pieces.append(piece)
    out.mkdir(parents=True, exist_ok=True)
    (out / "phrases.bin").write_bytes(b"".join(speech.parts))
    lines = ",\n".join(json.dumps(piece, ensure_ascii=False, separators=(",", ":")) for piece in pieces)
    (out / "phrases.json").write_text(f'{{"seed": {SEED}, "opusKbits": {KBITS}, "pieces": [\n{lines}\n]}}\n')
    print(f"{len(pieces)} pieces, {speech.size / 1e6:.2f} MB")


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", type=Path, required=True)
    build(p.parse_args().out)
