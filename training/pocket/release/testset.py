"""The test set: questions by held-out voices about scenes of held-out seeds, packed for the Node evaluation.

Three files: `set.json` (questions, key words, offsets), `frames.bin` (JPEGs end to end), `speech.bin` (Ogg/Opus files end to end).
To be small, questions of many families share a clip's pictures, and up to MOST_USES questions of one family share a spoken clip; no two
questions have both in common.
"""
from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pocket import world as w
from pocket.speech import flite
from pocket.speech.augment import augment
from pocket.speech.beeps import add_beeps
from pocket.speech.pool import trim
from pocket.speech.sources import Sources
from pocket.speech.utterance import Utterance
from pocket.world.scene import pick

from .media import jpeg
from .ogg import ogg

SEED = 9_000_001  # disjoint from every training and validation seed
KBITS, QUALITY = 16, 75
MOST_USES = 3
FRESH = 0.4  # share of a family's questions that are drawn without regard to what was spoken already
TRIES = 300
# One answer's share of a family at most, so that always saying it is mostly wrong. Some families have but two answers, and one has one.
MOST_OF_ONE = {"size": 0.5, "existence": 0.5, "outside": 1.0}
MOST = 0.25
# Which clips: how many, changes at least and at most, frames at most, share with a card, share that begin with one thing or none.
STOCKS = {"still": (240, 0, 2, 8, 0.1, 0.0), "card": (130, 0, 1, 4, 1.0, 0.0), "video": (250, 1, 12, 48, 0.1, 0.6)}
STOCK_OF = {**dict.fromkeys(w.VIDEO, ("video",)), "ocr": ("card",), "caption": ("still", "card"), "change": ("video", "still"), "absent": ("still", "card")}

Span = list[int]


class Blob:
    """Byte strings end to end, each known by [offset, length]."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def add(self, data: bytes) -> Span:
        self.parts.append(data)
        self.size += len(data)
        return [self.size - len(data), len(data)]


class Shown:
    """A clip and the pictures of its states: one of each, as the gateway leaves near-duplicates out. Drawn when first asked for."""

    def __init__(self, clip: w.Clip, rng: np.random.Generator, blob: Blob) -> None:
        self.clip, self.rng, self.blob = clip, rng, blob
        self.style = w.sample_style(rng, clip.states)
        self.drawn: list[Span] = []

    def pictures(self, first: int, last: int) -> list[Span]:
        while len(self.drawn) <= last:
            self.drawn.append(self.blob.add(jpeg(w.render(self.clip.states[len(self.drawn)], self.style, self.rng), QUALITY)))
        return self.drawn[first : last + 1]


@dataclass
class Take:
    """One spoken clip."""

    span: Span
    voice: str
    uses: int = 0


class Voices:
    def __init__(self, blob: Blob) -> None:
        self.blob = blob
        self.sources = Sources("test", 0.0)
        self.takes: dict[tuple[str, str], list[Take]] = defaultdict(list)
        self.heard: set[str] = set()

    def known(self, qa: w.QA, synthesiser: str) -> Take | None:
        """A clip that says it and may be used once more."""
        if qa.family in ALONE:
            return None
        return next((take for take in self.takes[synthesiser, qa.question] if take.uses < MOST_USES), None)

    def take(self, qa: w.QA, synthesiser: str, rng: np.random.Generator) -> Take:
        take = self.known(qa, synthesiser)
        if take is None:
            pcm, voice = self.speak(qa, synthesiser, rng)
            take = Take(self.blob.add(ogg(augment(add_beeps(pcm, qa.beeps, rng), rng, 0.6), KBITS)), voice)
            self.takes[synthesiser, qa.question].append(take)
            self.heard.add(f"{synthesiser}:{voice}")
        take.uses += 1
        return take

    def speak(self, qa: w.QA, synthesiser: str, rng: np.random.Generator) -> tuple[np.ndarray, str]:
        if synthesiser == "flite":
            name = pick(rng, flite.installed_voices())
            return trim(Utterance(flite.synth(qa.question, name), None))[0], name
        voice = self.sources.sample(rng, qa.lang)
        return trim(self.sources.synth(qa.question, voice))[0], f"{voice.accent}+{voice.variant}"


# What is answered from the words alone: a clip of its own for each, or two questions would be one.
ALONE = {*w.HEARING, "recall", "chat", "outside"}


@dataclass
class Draft:
    """A question about the states up to `last` of a clip."""

    shown: Shown
    last: int
    qa: w.QA


class Builder:
    def __init__(self) -> None:
        self.frames, self.speech = Blob(), Blob()
        self.voices = Voices(self.speech)
        self.stocks: dict[str, list[Shown]] = {}
        for number, (name, (count, least, events, most, cards, few)) in enumerate(STOCKS.items()):
            rngs = [np.random.default_rng([SEED, number, i]) for i in range(count)]
            self.stocks[name] = [Shown(w.sample_clip(r, events, most, bool(r.random() < cards), least, bool(r.random() < few)), r, self.frames) for r in rngs]

    def family(self, family: str, lang: str, synthesiser: str, count: int) -> list[dict]:
        rng = np.random.default_rng([SEED, w.FAMILIES.index(family), w.LANGUAGES.index(lang), synthesiser == "flite"])
        unused = [shown for stock in STOCK_OF.get(family, ("still",)) for shown in self.stocks[stock]]
        label = family + ("" if lang == "en" else f".{lang}")
        items = []
        said: Counter[str] = Counter()
        most = max(2, round(MOST_OF_ONE.get(family, MOST) * count))
        for i in range(count):
            full = {keys for keys, n in said.items() if n >= most}
            draft = self.draft((family, lang, synthesiser), unused, full, rng, i < FRESH * count)
            unused.remove(draft.shown)
            said[" ".join(draft.qa.keys)] += 1
            items.append({"id": f"{label}-{synthesiser}-{i:03d}", "family": label, "lang": lang, "synthesiser": synthesiser, **self.item(draft, synthesiser, rng)})
        return items

    def draft(self, kind: tuple[str, str, str], unused: list[Shown], full: set[str], rng: np.random.Generator, fresh: bool) -> Draft:
        """A question about a clip that the family has not asked about yet, where it can be one that is spoken already. `full`: key words of which there are enough."""
        found, (family, lang, synthesiser) = None, kind
        for _ in range(TRIES):
            shown = pick(rng, unused)
            last = int(rng.integers(len(shown.clip.states))) if family in w.VIDEO else len(shown.clip.states) - 1
            qa = w.ask(shown.clip, last, rng, family, 0, lang)
            if qa is None or " ".join(qa.keys) in full:
                continue
            found = Draft(shown, last, qa)
            if fresh or family in ALONE or self.voices.known(qa, synthesiser):
                return found
        if found is None:
            raise RuntimeError(f"no clip is left for {family} in {lang}")
        return found

    def item(self, draft: Draft, synthesiser: str, rng: np.random.Generator) -> dict:
        qa, history = draft.qa, []
        # Words alone need no film.
        pictures = draft.shown.pictures(0, 0 if qa.family in ALONE and not qa.history else draft.last)
        for before in qa.history:
            spoken = self.voices.take(replace(before, history=()), synthesiser, rng)
            history.append({"frames": pictures, "speech": spoken.span, "question": before.question, "answer": before.answer})
            pictures = []  # nothing more was seen since
        take = self.voices.take(qa, synthesiser, rng)
        out = {"voice": take.voice, "question": qa.question, "answer": qa.answer, "keys": qa.keys, "cats": qa.cats, "frames": pictures, "speech": take.span}
        return {**out, "history": history} if history else out


def build(out: Path, per_family: int, flite_per_family: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    b = Builder()
    questions = []
    for lang in w.LANGUAGES:
        for family in w.FAMILIES:
            questions += b.family(family, lang, "espeak", per_family)
            if lang == "en" and flite_per_family:
                questions += b.family(family, lang, "flite", flite_per_family)
    (out / "frames.bin").write_bytes(b"".join(b.frames.parts))
    (out / "speech.bin").write_bytes(b"".join(b.speech.parts))
    head = {
        "seed": SEED, "split": "test", "clips": {k: len(v) for k, v in b.stocks.items()}, "pictures": len(b.frames.parts), "spoken": len(b.speech.parts),
        "jpegQuality": QUALITY, "opusKbits": KBITS, "voices": sorted(b.voices.heard),
    }  # fmt: skip
    # A question a line: a tenth of the size of an indented file, and a change of one is one line.
    lines = ",\n".join(json.dumps(q, ensure_ascii=False, separators=(",", ":")) for q in questions)
    (out / "set.json").write_text(json.dumps(head)[:-1] + f', "questions": [\n{lines}\n]}}\n')
    print(f"{len(questions)} questions, {len(b.frames.parts)} pictures of {b.frames.size / 1e6:.1f} MB, {len(b.speech.parts)} clips of {b.speech.size / 1e6:.1f} MB")


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--per-family", type=int, default=100)
    p.add_argument("--flite-per-family", type=int, default=10)
    a = p.parse_args()
    build(a.out, a.per_family, a.flite_per_family)
