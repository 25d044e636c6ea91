"""The questions of a test set once more, by natural voices that no training hears: a test set of its own (set.json, frames.bin, speech.bin).

    PYTHONPATH=training KOKORO_JS=… python tools/sounds/make/natural.py --set tools/eval/set --out DIR [--english 1000] [--mandarin 300]

The same arguments give the same clips, but for a synthesiser's own draws. `end` is where the speech of a question ends in its clip (ms).
"""
from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from pocket.release.ogg import ogg
from pocket.release.testset import Blob
from pocket.speech.beeps import beeped

from clips import at_level, in_a_room, span, trimmed
from voices import SAMPLE_RATE, SHARES, VOICES, Voice, speak

SEED = 9_500_001
KBITS = 24
LANGUAGES = ("en", "zh")
LOUD_DB = (-30.0, -15.0)
AROUND_MS = (60.0, 300.0)


def chosen(questions: list[dict], lang: str, count: int, rng: np.random.Generator) -> list[dict]:
    """As many of each family as of any other."""
    families = defaultdict(list)
    for question in questions:
        if question["lang"] == lang and question["synthesiser"] == "espeak":
            families[question["family"]].append(question)
    out = []
    for i, (_, of) in enumerate(sorted(families.items())):
        most = (count * (i + 1)) // len(families) - (count * i) // len(families)
        out += [of[int(at)] for at in rng.permutation(len(of))[:most]]
    return [out[int(at)] for at in rng.permutation(len(out))]


def cast(lang: str, count: int) -> list[Voice]:
    """Who says what: synthesisers by their shares, their voices in turn."""
    said: Counter[str] = Counter()
    turn: Counter[str] = Counter()
    out = []
    for number in range(1, count + 1):
        synthesiser = max(SHARES[lang], key=lambda name: SHARES[lang][name] * number - said[name])
        voices = [v for v in VOICES if v.synthesiser == synthesiser and v.lang == lang]
        out.append(voices[turn[synthesiser] % len(voices)])
        said[synthesiser] += 1
        turn[synthesiser] += 1
    return out


def spoken(text: str, lang: str, rng: np.random.Generator) -> str:
    """As somebody writes what is to be read: with the sign at its end, mostly."""
    return text + str(rng.choice(["?", "?", ".", ""] if lang == "en" else ["？", "？", "。", ""]))


class Recorder:
    def __init__(self) -> None:
        self.speech = Blob()

    def take(self, voice: Voice, text: str, beeps: int, rng: np.random.Generator) -> tuple[list[int], int | None]:
        """Where the clip lies, and where its speech ends (ms); beeps are no speech, so with them nothing is said of it."""
        said = at_level(trimmed(speak(voice, spoken(text, voice.lang, rng), rng)), float(rng.uniform(*LOUD_DB)))
        pcm = beeped(said, beeps, rng)[0]
        lead, tail = rng.uniform(*AROUND_MS, 2)
        clip = in_a_room(pcm, lead, tail, rng)
        end = None if beeps else round(lead + span(pcm)[1] * 1000 / SAMPLE_RATE)
        return self.speech.add(ogg(np.clip(clip, -1, 1), KBITS)), end


def build(source: Path, out: Path, counts: dict[str, int], first: int) -> None:
    """`first`: those before it are another process's; pick.py puts the parts together."""
    base = json.loads((source / "set.json").read_text())
    pictures = (source / "frames.bin").read_bytes()
    recorder, frames, kept = Recorder(), Blob(), {}

    def shown(spans: list[list[int]]) -> list[list[int]]:
        for offset, length in spans:
            if offset not in kept:
                kept[offset] = frames.add(pictures[offset : offset + length])
        return [kept[offset] for offset, _ in spans]

    items = []
    for lang, count in counts.items():
        number = LANGUAGES.index(lang)
        rng = np.random.default_rng([SEED, number])
        questions = chosen(base["questions"], lang, count, rng)
        for at, (question, voice) in enumerate(zip(questions, cast(lang, count))):
            if at < first:
                continue
            own = np.random.default_rng([SEED, number, at])
            beeps = int(question["keys"][0]) if question["family"].startswith("sound") else 0
            history = []
            for turn in question.get("history", []):
                history.append({**turn, "frames": shown(turn["frames"]), "speech": recorder.take(voice, turn["question"], 0, own)[0]})
            speech, end = recorder.take(voice, question["question"], beeps, own)
            item = {
                "id": f"{question['family']}-{voice.synthesiser}-{at:04d}", "family": question["family"], "lang": lang, "synthesiser": voice.synthesiser, "voice": voice.name,
                **{key: question[key] for key in ("question", "answer", "keys", "cats")}, "frames": shown(question["frames"]), "speech": speech,
            }  # fmt: skip
            items.append(item | ({"end": end} if end is not None else {}) | ({"history": history} if history else {}))
            if (at + 1) % 50 == 0:
                print(f"{lang}: {at + 1} of {count}", flush=True)
                write(out, items, frames, recorder.speech)  # a set already, should the rest not be waited for
    write(out, items, frames, recorder.speech)


def write(out: Path, items: list[dict], frames: Blob, speech: Blob) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "frames.bin").write_bytes(b"".join(frames.parts))
    (out / "speech.bin").write_bytes(b"".join(speech.parts))
    lines = ",\n".join(json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in items)
    head = {"seed": SEED, "split": "natural", "opusKbits": KBITS, "voices": dict(Counter(f"{i['synthesiser']}:{i['voice']}" for i in items))}
    (out / "set.json").write_text(json.dumps(head)[:-1] + f', "questions": [\n{lines}\n]}}\n')
    print(f"{len(items)} questions, {speech.size / 1e6:.1f} MB of speech, {frames.size / 1e6:.1f} MB of pictures")


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--set", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--english", type=int, default=1000)
    p.add_argument("--mandarin", type=int, default=300)
    p.add_argument("--first", type=int, default=0, help="begin with this question of each language")
    a = p.parse_args()
    build(a.set, a.out, {"en": a.english, "zh": a.mandarin}, a.first)
