"""Questions that somebody hesitates in: said as such, so that the voice goes on before the pause and not as one that has ended.

    PYTHONPATH=training KOKORO_JS=… python tools/sounds/make/pauses.py --set tools/eval/set --out tools/sounds/pauses [--questions 120]

pauses.json tells of each where the pause lies and where the speech ends (ms), pauses.bin holds the clips. The synthesiser's own pause is cut
out: how long it is to be is the bench's choice. One in six is said without any.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from pocket.release.ogg import ogg
from pocket.release.testset import Blob
from pocket.speech.utterance import FRAME

from clips import at_level, longest_quiet, span, trimmed
from natural import cast, chosen
from voices import SAMPLE_RATE, speak

SEED = 9_700_001
KBITS = 24
LEVEL_DB = -22.0
#: What stands where somebody stops to think; the sign makes the synthesiser stop.
MARKS = (", ", ", ", "... ", ", um, ", ", uh, ", " um, ")
TRIES = 4


def hesitating(text: str, rng: np.random.Generator) -> str:
    words = text.split()
    at = int(rng.integers(max(1, len(words) // 3), max(2, len(words) - 1)))
    return " ".join(words[:at]) + str(rng.choice(MARKS)) + " ".join(words[at:]) + "?"


def parted(pcm: np.ndarray) -> tuple[np.ndarray, int] | None:
    """The speech without its longest pause, and the sample where that was; None: there is none of a tenth of a second."""
    start, end = longest_quiet(pcm)
    if end - start < SAMPLE_RATE // 10:
        return None
    keep = SAMPLE_RATE // 50  # the sounds on both sides die away and set in
    return np.concatenate([pcm[: start + keep], pcm[end - keep :]]), start + keep


def build(source: Path, out: Path, count: int) -> None:
    rng = np.random.default_rng(SEED)
    questions = [q for q in chosen(json.loads((source / "set.json").read_text())["questions"], "en", 2 * count, rng) if len(q["question"].split()) >= 4]
    questions = [q for q in questions if not q["family"].startswith(("sound", "chat"))][:count]
    speech, clips = Blob(), []
    for at, (question, voice) in enumerate(zip(questions, cast("en", len(questions)))):
        own = np.random.default_rng([SEED, at])
        text, found = question["question"] + "?", None
        for _ in range(0 if at % 6 == 0 else TRIES):
            text = hesitating(question["question"], own)
            found = parted(at_level(trimmed(speak(voice, text, own)), LEVEL_DB))
            if found:
                break
        if found is None:
            text = question["question"] + "?"
            found = at_level(trimmed(speak(voice, text, own)), LEVEL_DB), 0
        pcm, pause = found
        clip = np.concatenate([np.zeros(FRAME, np.float32), pcm, np.zeros(FRAME, np.float32)])
        start, end = (round(sample * 1000 / SAMPLE_RATE) for sample in span(clip))
        pause_ms = round((pause + FRAME) * 1000 / SAMPLE_RATE) if pause else None
        item = {"question": question["question"], "said": text, "voice": f"{voice.synthesiser} {voice.name}", "speech": speech.add(ogg(clip, KBITS)), "startMs": start, "endMs": end}
        clips.append(item | ({"pauseAtMs": pause_ms} if pause_ms else {}))
    out.mkdir(parents=True, exist_ok=True)
    (out / "pauses.bin").write_bytes(b"".join(speech.parts))
    lines = ",\n".join(json.dumps(clip, ensure_ascii=False, separators=(",", ":")) for clip in clips)
    (out / "pauses.json").write_text(f'{{"seed": {SEED}, "opusKbits": {KBITS}, "clips": [\n{lines}\n]}}\n')
    print(f"{len(clips)} questions, {sum('pauseAtMs' in c for c in clips)} with a pause, {speech.size / 1e6:.2f} MB")


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--set", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--questions", type=int, default=120)
    a = p.parse_args()
    build(a.set, a.out, a.questions)
