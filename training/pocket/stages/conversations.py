"""Conversations for the omni stages: frames, typed and spoken questions, answers, laid out as the engine lays them out."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from tokenizers import Tokenizer

from pocket import world as w
from pocket.world.repeat import ASKS

from .frames import FramePool
from .speech_data import Speech

TRANSCRIBE = "write down what I said"
_PREFIXES = sorted({a.removesuffix("{x}") for a in ASKS}, key=len, reverse=True)  # "say after me " before "say "
# Which of several things is meant is what the decoder learns last: many questions about one picture, in writing, teach it cheapest.
DRILL = {"caption": 6, "colour": 20, "shape": 16, "position": 20, "count": 10, "existence": 12, "ocr": 6, "absent": 5, "repeat": 5}
FILM = {"change": 4, "caption": 2, "colour": 2, "shape": 2, "position": 3, "count": 2, "existence": 1, "absent": 1, "ocr": 1}
HEAR = {"repeat": 3, "transcribe": 1}
LATE = {"colour": 12, "shape": 11, "count": 14, "position": 12, "existence": 9, "ocr": 9, "change": 15, "caption": 11, "repeat": 11, "transcribe": 5, "chat": 11, "absent": 9}


@dataclass
class Row:
    """One conversation. `ids` holds token ids, or -1 where a frame's or an utterance's features go."""

    ids: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)  # -100 where nothing is to be learned
    frames: list[tuple[int, int]] = field(default_factory=list)  # (position, row of the frame pool)
    earlier: list[int] = field(default_factory=list)  # for each frame: the row of a frame of the state before, -1 if none was shown
    audio: list[tuple[int, int, np.ndarray]] = field(default_factory=list)  # (position, tokens, waveform)
    spoken: list[str] = field(default_factory=list)  # what each utterance says
    answers: list[tuple[str, int, int]] = field(default_factory=list)  # (family, first target, one past the last)
    looks: list[tuple[int, int, tuple[int, ...]]] = field(default_factory=list)  # (position, where the frame starts, cells)
    counts: list[tuple[int, int, tuple[int, ...]]] = field(default_factory=list)  # the same, of all that the question asks for
    listens: list[tuple[int, int, int, int]] = field(default_factory=list)  # (position, utterance, its characters from, to)
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
        answer = self.tokenizer.encode(qa.answer, add_special_tokens=False)
        row.add([*answer.ids, self.special["end"]], learn=True)
        row.answers.append((qa.family, start, len(row.ids)))
        # Position p says the token at p + 1.
        if qa.found is not None and row.frames:
            row.counts += [(start + token, row.frames[-1][0], qa.found) for token in (-3, -2, -1, 0, 1)]
        if qa.looks and qa.family != "count" and row.frames:
            frame = row.frames[-1][0]
            for offset, token in ((0, -3), (0, -2), *((o, i - 1) for i, (o, _) in enumerate(answer.offsets))):
                cells = next(c for o, c in reversed(qa.looks) if o <= offset)
                row.looks.append((start + token, frame, cells))
        if qa.family in ("repeat", "transcribe") and row.spoken and row.spoken[-1] == qa.question:
            prefix = len(qa.question) - len(qa.answer.rstrip("."))
            for i, (begin, end) in enumerate(answer.offsets):
                if qa.answer[begin:end] != ".":
                    row.listens.append((start + i - 1, len(row.audio) - 1, prefix + begin, prefix + end))

    def frame(self, row: Row, index: int, earlier: int = -1) -> None:
        row.add([self.special["frame"]])
        row.frames.append((len(row.ids), index))
        row.earlier.append(earlier)
        row.add([-1] * self.tokens_per_frame)

    def clip(self, rng: np.random.Generator) -> tuple[w.Clip, Callable[[int], int]]:
        """A clip, and what draws a frame of one of its states."""
        which = int(rng.integers(len(self.frames)))
        clip, variants = self.frames[which].clips[int(rng.integers(len(self.frames[which].clips)))]
        return clip, lambda state: int(self.starts[which]) + int(rng.choice(variants[state]))

    def drill(self, rng: np.random.Generator) -> Row:
        """One picture and many typed questions about it."""
        clip, shown = self.clip(rng)
        state = int(rng.integers(len(clip.states)))
        row = Row()
        row.add([self.special["bos"], self.special["user"]])
        self.frame(row, shown(state))
        for turn in range(10):
            if turn:
                row.add([self.special["user"]])
            self.turn(row, self.question(clip, state, state, rng, DRILL), rng, 0.0, 1.0)
        return row

    def film(self, rng: np.random.Generator, spoken: float) -> Row:
        """A clip state by state: what changed is asked after each of them, or only after the last."""
        clip, shown = self.clip(rng)
        while not clip.events:
            clip, shown = self.clip(rng)
        last = int(rng.integers(1, len(clip.states)))
        first = max(0, last - int(rng.integers(1, 4)))
        each = rng.random() < 0.6
        row = Row()
        row.add([self.special["bos"], self.special["user"]])
        before = -1
        for state in range(first, last + 1):
            if row.ids[-1] == self.special["end"]:
                row.add([self.special["user"]])
            now = shown(state)
            for _ in range(2 if rng.random() < 0.15 else 1):
                self.frame(row, now, before)
            before = now
            if state == last or (each and state > first):
                families = ["change"] if state > first and rng.random() < 0.9 else []
                families += [""] * int(rng.integers(1, 3))
                for i in rng.permutation(len(families)):
                    if row.ids[-1] == self.special["end"]:
                        row.add([self.special["user"]])
                    weights = {families[i]: 1.0} if families[i] else FILM
                    self.turn(row, self.question(clip, state, first, rng, weights), rng, spoken, 1.0)
        return row

    def hear(self, rng: np.random.Generator) -> Row:
        """Sentences to say back, whether there is a picture or not."""
        clip, shown = self.clip(rng)
        row = Row()
        row.add([self.special["bos"], self.special["user"]])
        if rng.random() < 0.6:
            self.frame(row, shown(0))
        for turn in range(3):
            if turn:
                row.add([self.special["user"]])
            self.turn(row, self.question(clip, 0, 0, rng, HEAR), rng, 1.0, 1.0)
        return row

    def ask(self, rng: np.random.Generator, spoken: float, strength: float, family: str = "", turns: int = 2) -> Row:
        """Every state once, then the first question of a call, and at times a second."""
        while True:
            clip, shown = self.clip(rng)
            asks_change = family == "change" and rng.random() < 0.88  # "Nothing changed." is one answer among many
            if asks_change and not clip.events:
                continue
            last = int(rng.integers(int(asks_change), len(clip.states)))
            row = Row()
            row.add([self.special["bos"], self.special["user"]])
            before = -1
            for state in range(last + 1):
                self.frame(row, now := shown(state), before)
                before = now
            if family and family not in ("repeat", "transcribe") and w.ask(clip, last, rng, family, 0) is None:
                continue
            for turn in range(int(rng.integers(1, turns + 1))):
                if turn:
                    row.add([self.special["user"]])
                self.turn(row, self.question(clip, last, 0, rng, {family: 1.0} if family else LATE), rng, spoken, strength)
            return row

    def talk(self, rng: np.random.Generator, spoken: float, strength: float) -> Row:
        """A whole conversation: questions between the frames and after them."""
        clip, shown = self.clip(rng)
        row = Row()
        row.add([self.special["bos"], self.special["user"]])
        if rng.random() < 0.04:
            # The camera is off: what needs a picture gets no invented answer.
            self.turn(row, w.ask_without_picture(rng), rng, spoken, strength)
            return row
        first = int(rng.integers(len(clip.states))) if rng.random() < 0.3 else 0
        last = int(rng.integers(first, len(clip.states)))
        before = -1
        for state in range(first, last + 1):
            if row.ids[-1] == self.special["end"]:
                row.add([self.special["user"]])
            # Near-duplicates are dropped before the model, but never all of them.
            for _ in range(int(rng.choice([1, 1, 1, 1, 2, 3]))):
                self.frame(row, now := shown(state), before)
            turns = int(rng.integers(2, 4)) if state == last else int(rng.random() < 0.35)
            for _ in range(turns):
                if row.ids[-1] == self.special["end"]:
                    row.add([self.special["user"]])
                    if rng.random() < 0.25:
                        self.frame(row, shown(state), before)
                self.turn(row, self.question(clip, state, first, rng, LATE), rng, spoken, strength)
            before = now
        # Frames dropped from the window leave a hole in the positions.
        row.gap = int(rng.integers(1, 40)) * (self.tokens_per_frame + 1) if rng.random() < 0.2 else 0
        return row
