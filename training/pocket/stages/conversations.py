"""Conversations for the omni stages: frames, typed and spoken questions, answers, laid out as the engine lays them out."""
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from tokenizers import Tokenizer

from pocket import world as w
from pocket.world.repeat import ASKS

from .frames import FramePool
from .speech_data import Speech

TRANSCRIBE = "write down what I said"
# Captions and repetition say something about every token that comes in; questions only about one.
EARLY = {"caption": 40, "colour": 14, "shape": 12, "position": 14, "count": 8, "existence": 6, "ocr": 8, "absent": 3}
_PREFIXES = sorted({a.removesuffix("{x}") for a in ASKS}, key=len, reverse=True)  # "say after me " before "say "
# Which of several things is meant is what the decoder learns last: many questions about one picture, in writing, teach it cheapest.
DRILL = {"caption": 6, "colour": 20, "shape": 16, "position": 20, "count": 10, "existence": 12, "ocr": 6, "absent": 5, "repeat": 5}
LATE = {"colour": 13, "shape": 12, "count": 12, "position": 13, "existence": 9, "ocr": 8, "change": 16, "caption": 10, "repeat": 9, "transcribe": 6, "chat": 5, "absent": 6, "blind": 2}


@dataclass
class Row:
    """One conversation. `ids` holds token ids, or -1 where a frame's or an utterance's features go."""

    ids: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)  # -100 where nothing is to be learned
    frames: list[tuple[int, int]] = field(default_factory=list)  # (position, row of the frame pool)
    audio: list[tuple[int, int, np.ndarray]] = field(default_factory=list)  # (position, tokens, waveform)
    spoken: list[str] = field(default_factory=list)  # what each utterance says
    answers: list[tuple[str, int, int]] = field(default_factory=list)  # (family, first target, one past the last)
    gap: int = 0

    def add(self, ids: list[int], learn: bool = False) -> None:
        self.ids += ids
        self.targets += ids if learn else [-100] * len(ids)


def repeated(text: str) -> str | None:
    """What a spoken "repeat after me …" wants to hear back; None for any other sentence."""
    for prefix in _PREFIXES:
        if text.startswith(prefix):
            return w.sentence(text.removeprefix(prefix))
    return None


class Conversations:
    def __init__(self, tokenizer: Tokenizer, frames: list[FramePool], speech: Speech, tokens_per_frame: int) -> None:
        self.tokenizer, self.frames, self.speech = tokenizer, frames, speech
        self.tokens_per_frame = tokens_per_frame
        self.special = {name: tokenizer.token_to_id(f"<|{name}|>") for name in ("bos", "user", "assistant", "frame", "audio", "end")}
        self.starts = np.cumsum([0, *(len(p.frames) for p in frames)])
        self.repeats = [t for t in speech.by_text if repeated(t)]
        self.unit = speech.c.hop * speech.c.mel_per_token

    def text(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def typed(self, text: str, rng: np.random.Generator) -> list[int]:
        """People type with and without capitals and question marks."""
        if rng.random() < 0.5:
            text = text[0].upper() + text[1:]
        if rng.random() < 0.5:
            text += "?"
        return self.text(text)

    def question(self, clip: w.Clip, state: int, first: int, rng: np.random.Generator, weights: dict[str, float]) -> w.QA:
        names, p = list(weights), np.array(list(weights.values()), float)
        while True:
            family = str(rng.choice(names, p=p / p.sum()))
            if family in ("repeat", "transcribe"):
                if family == "repeat":
                    text = self.repeats[int(rng.integers(len(self.repeats)))]
                    answer = repeated(text)
                else:
                    index = int(rng.integers(len(self.speech)))
                    text = self.speech.text(index)
                    answer = text
                return w.QA(family, text, answer or "", [], ["text"])
            if family == "blind":
                continue
            qa = w.ask(clip, state, rng, family, first)
            if qa is None or (qa.answer == "Nothing changed." and rng.random() < 0.5):
                continue
            if family == "count" and "no " in qa.answer and rng.random() < 0.3:
                continue
            return qa

    def turn(self, row: Row, qa: w.QA, rng: np.random.Generator, spoken: float, strength: float) -> None:
        clips = self.speech.by_text.get(qa.question)
        if qa.family == "transcribe" or (clips and rng.random() < spoken):
            wave = self.speech.waveform(clips[int(rng.integers(len(clips)))], rng, strength)
            count = -(-len(wave) // self.unit)
            row.add([self.special["audio"]])
            row.audio.append((len(row.ids), count, wave))
            row.spoken.append(qa.question)
            row.add([-1] * count)
            if qa.family == "transcribe":
                row.add(self.text(TRANSCRIBE))
        else:
            row.add(self.typed(qa.question, rng))
        row.add([self.special["end"], self.special["assistant"]])
        start = len(row.ids)
        row.add([*self.text(qa.answer), self.special["end"]], learn=True)
        row.answers.append((qa.family, start, len(row.ids)))

    def frame(self, row: Row, index: int) -> None:
        row.add([self.special["frame"]])
        row.frames.append((len(row.ids), index))
        row.add([-1] * self.tokens_per_frame)

    def drill(self, rng: np.random.Generator) -> Row:
        """One picture and many typed questions about it."""
        which = int(rng.integers(len(self.frames)))
        clip, variants = self.frames[which].clips[int(rng.integers(len(self.frames[which].clips)))]
        state = int(rng.integers(len(clip.states)))
        row = Row()
        row.add([self.special["bos"], self.special["user"]])
        self.frame(row, int(self.starts[which]) + int(rng.choice(variants[state])))
        for turn in range(10):
            if turn:
                row.add([self.special["user"]])
            self.turn(row, self.question(clip, state, state, rng, DRILL), rng, 0.0, 1.0)
        return row

    def row(self, rng: np.random.Generator, late: bool, spoken: float, strength: float) -> Row:
        which = int(rng.integers(len(self.frames)))
        clip, variants = self.frames[which].clips[int(rng.integers(len(self.frames[which].clips)))]
        shown = lambda state: int(self.starts[which]) + int(rng.choice(variants[state]))  # noqa: E731
        row = Row()
        row.add([self.special["bos"]])
        if late and rng.random() < 0.03:
            # The camera is off: what needs a picture gets no invented answer.
            row.add([self.special["user"]])
            self.turn(row, w.ask_without_picture(rng), rng, spoken, strength)
            return row
        if not late:
            state = int(rng.integers(len(clip.states)))
            first, path = state, [state]
        else:
            first = int(rng.integers(len(clip.states))) if rng.random() < 0.3 else 0
            last = int(rng.integers(first, len(clip.states)))
            path = list(range(first, last + 1))
        row.add([self.special["user"]])
        for state in path:
            # Near-duplicates are dropped before the model, but never all of them.
            for _ in range(1 if not late else int(rng.choice([1, 1, 1, 2, 3]))):
                self.frame(row, shown(state))
            turns = int(rng.integers(2, 5)) if state == path[-1] else int(rng.random() < 0.35)
            for _ in range(turns):
                if row.ids[-1] == self.special["end"]:
                    row.add([self.special["user"]])
                    if rng.random() < 0.25:
                        self.frame(row, shown(state))
                self.turn(row, self.question(clip, state, first, rng, LATE if late else EARLY), rng, spoken, strength)
            if state != path[-1] and row.ids[-1] == self.special["end"]:
                row.add([self.special["user"]])
        # Frames dropped from the window leave a hole in the positions.
        row.gap = int(rng.integers(1, 40)) * (self.tokens_per_frame + 1) if late and rng.random() < 0.2 else 0
        return row
