"""Conversations for the omni stages: frames, typed and spoken questions, answers, laid out as the engine lays them out."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from tokenizers import Tokenizer

from pocket import world as w
from pocket.world.scene import pick

from .ears import Ears
from .frames import FramePool
from .pointing import heard, pieces, tokens_of
from .rows import Row, Utterance, label, some_language
from .shares import DRILL, FILM, HEAR, LATE, passed_over

TRANSCRIBE = {"en": "write down what I said", "zh": "写下我说的话"}
MOST_FRAMES = 48
TRIES = 6  # times that a question is drawn again until it is one of those that were spoken
ALIKE = 8.0  # how much more it weighs than any other place to look, that the second of two words finds the first
MOST_TOKENS = 1.7  # a character, of what is to be written down: rarer ones are heard, but not taught to be spelt byte by byte


class Conversations:
    def __init__(self, tokenizer: Tokenizer, frames: list[FramePool], speech: Ears, tokens_per_frame: int) -> None:
        self.tokenizer, self.frames, self.speech = tokenizer, frames, speech
        self.tokens_per_frame = tokens_per_frame
        self.special = {name: tokenizer.token_to_id(f"<|{name}|>") for name in ("bos", "user", "assistant", "frame", "audio", "end")}
        self.starts = np.cumsum([0, *(len(p.frames) for p in frames)])
        self.open: dict[tuple[str, str], list[w.QA]] = defaultdict(list)  # what open texts were spoken, by family and language
        self.clips: dict[str, list[int]] = defaultdict(list)  # what was spoken and can be written, by language
        for text, clips in speech.by_text.items():
            if len(self.text(text)) < MOST_TOKENS * len(text):
                self.clips[w.language(text)] += clips
            if qa := w.open_qa(text):
                self.open[qa.family, qa.lang].append(qa)

    def text(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def typed(self, qa: w.QA, rng: np.random.Generator) -> list[int]:
        """People type with and without capitals, question marks and colons."""
        text, english = qa.question, qa.lang == "en"
        prefix = next((p for p, family in w.PREFIXES[qa.lang] if family == qa.family and text.startswith(p)), "")
        if prefix and rng.random() < 0.5:
            text = prefix.strip() + (": " if english else "：") + text.removeprefix(prefix)
        if rng.random() < 0.5:
            text = (text[0].upper() + text[1:]).replace(" chinese", " Chinese").replace(" english", " English")
        if not prefix and rng.random() < 0.5:
            text += "?" if english or rng.random() < 0.2 else "？"
        return self.text(text)

    def question(self, clip: w.Clip, shown: tuple[int, int], rng: np.random.Generator, weights: dict[str, float], row: Row, lang: str, aloud: bool = True) -> w.QA:
        """A question about the clip of which the states `shown` (first, last) were seen; `aloud`: open ones are to be among what was spoken."""
        names, p = list(weights), np.array(list(weights.values()), float)
        tries = 0
        while True:
            family = str(rng.choice(names, p=p / p.sum()))
            if family == "transcribe":
                text = self.speech.entries[pick(rng, self.clips[lang] or self.clips[w.OTHER[lang]] or range(len(self.speech)))].text
                return w.QA(family, text, text, [], ["text"], lang=w.language(text), hears=((0, len(text), 0, len(text)),))
            if family == "recall" and row.last is not None:
                if row.last.family in ("transcribe", "recall"):
                    continue
                return w.recall(row.last, rng, lang)
            if aloud and self.open[family, lang]:
                return pick(rng, self.open[family, lang])
            qa = w.ask(clip, shown[1], rng, family, shown[0], lang)
            if qa is None or (qa.keys == ["nothing", "changed"] and rng.random() < 0.5):
                continue
            if rng.random() < passed_over(qa):
                continue
            tries += 1
            if aloud and tries < TRIES and qa.question not in self.speech.by_text:
                continue
            return qa

    def turn(self, row: Row, qa: w.QA, rng: np.random.Generator, spoken: float) -> None:
        """What was asked before it, if that is not in the row yet; the question; the answer."""
        for before in qa.history:
            if before is not row.last:
                self.turn(row, before, rng, spoken)
        if row.ids[-1] == self.special["end"]:
            row.add([self.special["user"]])
        clips = self.speech.by_text.get(qa.question)
        clip = -1
        if qa.family == "transcribe" or (clips and rng.random() < spoken):
            index = self.spoken(qa, rng)
            if qa.family == "sound":  # it has been heard with so many
                count = len(self.speech.entries[index].beeps)
                qa = replace(qa, beeps=count, answer=w.TONGUES[qa.lang].beeps(count))
            clip = self.utterance(row, index, qa)
        else:
            if qa.beeps:  # nothing sounds in writing
                qa = replace(qa, beeps=0, answer=w.TONGUES[qa.lang].beeps(0))
            row.add(self.typed(qa, rng))
        row.add([self.special["end"], self.special["assistant"]])
        start = len(row.ids)
        answer = self.tokenizer.encode(qa.answer, add_special_tokens=False)
        row.add([*answer.ids, self.special["end"]], learn=True)
        row.answers.append((label(qa), start, len(row.ids)))
        self.point(row, qa, start, answer.offsets)
        if qa.family == "sound" and clip >= 0:
            row.counts += [(start + token, row.audio[clip].beeps) for token in (-3, -2, -1, 0, 1, 2)]
        asked = row.last_clip if qa.family == "recall" else clip
        if asked >= 0:
            for i, (begin, end) in enumerate(answer.offsets):
                shift = row.audio[asked].asks
                row.listens += [(start + i - 1, asked, said[0] + shift, said[1] + shift) for said in [heard(qa.hears, begin, end)] if said]
        row.last, row.last_clip = qa, clip

    def spoken(self, qa: w.QA, rng: np.random.Generator) -> int:
        """Who asks it: an entry of the caches. What is to be written down is said without anything round it."""
        found = self.speech.by_text[qa.question]
        bare = [i for i in found if self.speech.entries[i].said == qa.question] if qa.family == "transcribe" else found
        return pick(rng, bare or found)

    def utterance(self, row: Row, index: int, qa: w.QA) -> int:
        """The question in some voice; returns which utterance of the row it is."""
        e, unit = self.speech.entries[index], self.speech.unit
        row.add([self.special["audio"]])
        at = len(row.ids)
        sounding = tuple(tuple(range(at + begin // unit, at + min(e.tokens, -(-end // unit)))) for begin, end in e.beeps)
        row.audio.append(Utterance(at, e.tokens, index, e.said, pieces(self.tokenizer, e.said), sounding, e.at))
        row.add([-1] * e.tokens)
        if qa.family == "transcribe":
            row.add(self.text(TRANSCRIBE[qa.lang]))
        return len(row.audio) - 1

    def point(self, row: Row, qa: w.QA, start: int, offsets: list[tuple[int, int]]) -> None:
        """Where the answer that starts at `start` is to look."""
        at = [frame for (frame, _), state in zip(row.frames, row.states) if qa.state in (-1, state)]
        if not at:
            return
        # Position p says the token at p + 1.
        if qa.found is not None:
            things = tuple(tokens_of([at[-1]], (cell,)) for cell in qa.found)
            row.counts += [(start + token, things) for token in (-3, -2, -1, 0, 1)]
        if qa.came is not None:
            since = {state: frame for (frame, _), state in zip(reversed(row.frames), reversed(row.states))}  # the first frame of each state
            things = tuple(tokens_of([since[state]], (cell,)) for state, cell in qa.came if state in since)
            row.counts += [(start + token, things) for token in (-3, -2, -1, 0, 1, 2)]
        later = at[-1:] if qa.state < 0 else [frame for (frame, _), state in zip(row.frames, row.states) if state >= qa.state]
        looks = qa.looks or ((0, ()),) if qa.looks or qa.via else ()
        said = [next(i for i, (begin, end) in enumerate(offsets) if begin <= c < end) for c in qa.compared]
        if looks and not (qa.family in ("count", "follow") and qa.cats == ["number"]):
            for offset, token in ((0, -3), (0, -2), *((o, i - 1) for i, (o, _) in enumerate(offsets))):
                cells = next(c for o, c in reversed(looks) if o <= offset)
                then = tokens_of(at[-1:], cells)
                if not said or token < said[1]:
                    row.looks.append((start + token, tokens_of(later, qa.via) if qa.via else then, then, 1.0))
                elif token == said[1]:
                    # Whether two words are alike is what attention itself can tell: the second looks back at the first, or, where they differ, at nothing.
                    row.looks.append((start + token, (start + said[0],) if qa.keys[-1] == "yes" else (0,), (start + said[0],), ALIKE))
                else:  # and what follows asks the second
                    row.looks.append((start + token, (start + said[1],), (start + said[1],), 1.0))

    def frame(self, row: Row, index: int, state: int, earlier: int = -1) -> None:
        row.add([self.special["frame"]])
        row.frames.append((len(row.ids), index))
        row.states.append(state)
        row.earlier.append(earlier)
        row.add([-1] * self.tokens_per_frame)

    def clip(self, rng: np.random.Generator) -> tuple[w.Clip, Callable[[int], int]]:
        """A clip, and what draws a frame of one of its states."""
        which = int(rng.integers(len(self.frames)))
        clip, variants = self.frames[which].clips[int(rng.integers(len(self.frames[which].clips)))]
        return clip, lambda state: int(self.starts[which]) + int(rng.choice(variants[state]))

    def begun(self) -> Row:
        row = Row()
        row.add([self.special["bos"], self.special["user"]])
        return row

    def listening(self, row: Row) -> None:
        """It is the user's turn again."""
        if row.ids[-1] == self.special["end"]:
            row.add([self.special["user"]])

    def drill(self, rng: np.random.Generator) -> Row:
        """One picture and many typed questions about it."""
        clip, shown = self.clip(rng)
        state, lang = int(rng.integers(len(clip.states))), some_language(rng)
        row = self.begun()
        self.frame(row, shown(state), state)
        for _ in range(10):
            self.turn(row, self.question(clip, (state, state), rng, DRILL, row, some_language(rng, lang), False), rng, 0.0)
        return row

    def film(self, rng: np.random.Generator, spoken: float) -> Row:
        """A clip state by state: what changed is asked after each of them, or only after the last."""
        clip, shown = self.clip(rng)
        while not clip.events:
            clip, shown = self.clip(rng)
        last = int(rng.integers(1, len(clip.states)))
        first = 0 if rng.random() < 0.5 else max(0, last - int(rng.geometric(0.4)))
        each, lang, row, before = rng.random() < 0.5, some_language(rng), self.begun(), -1
        slow = rng.random() < 0.02  # a long film in which little happens
        for state in range(first, last + 1):
            self.listening(row)
            now = shown(state)
            for _ in range(int(rng.integers(2, 9)) if slow else 1 + (rng.random() < 0.15)):
                if len(row.frames) < MOST_FRAMES - (last - state):
                    self.frame(row, now, state, before)
            before = now
            if state == last or (each and state > first and rng.random() < 0.6):
                families = ["change"] if state > first and rng.random() < 0.6 else []
                families += [""] * int(rng.integers(4, 8) if state == last else 1)  # a frame costs more than a question
                for i in rng.permutation(len(families)):
                    weights = {families[i]: 1.0} if families[i] else FILM
                    self.turn(row, self.question(clip, (first, state), rng, weights, row, some_language(rng, lang)), rng, spoken)
        return row

    def hear(self, rng: np.random.Generator) -> Row:
        """Sentences to say back, to translate or to reckon with, whether there is a picture or not."""
        clip, shown = self.clip(rng)
        row, lang = self.begun(), some_language(rng)
        if rng.random() < 0.6:
            self.frame(row, shown(0), 0)
        for _ in range(3):
            self.turn(row, self.question(clip, (0, 0), rng, HEAR, row, some_language(rng, lang)), rng, 1.0)
        return row

    def ask(self, rng: np.random.Generator, spoken: float, family: str = "", turns: int = 2, lang: str = "") -> Row:
        """Every state once, then the first question of a call, and at times a second."""
        wanted = lang
        while True:
            clip, shown = self.clip(rng)
            eventful = family in w.VIDEO and rng.random() < 0.88  # "Nothing changed." is one answer among many
            if eventful and not clip.events:
                continue
            last = int(rng.integers(int(eventful), len(clip.states)))
            lang = wanted or some_language(rng)
            if family and w.ask(clip, last, rng, family, 0, lang) is None:
                continue
            row, before = self.begun(), -1
            for state in range(last + 1):
                self.frame(row, now := shown(state), state, before)
                before = now
            for _ in range(int(rng.integers(1, turns + 1))):
                one = {family: 1.0} if family else LATE
                self.turn(row, self.question(clip, (0, last), rng, one, row, wanted or some_language(rng, lang)), rng, spoken)
            return row

    def talk(self, rng: np.random.Generator, spoken: float) -> Row:
        """A whole conversation: questions between the frames and after them."""
        clip, shown = self.clip(rng)
        row, lang = self.begun(), some_language(rng)
        if rng.random() < 0.04:
            # The camera is off: what needs a picture gets no invented answer.
            self.turn(row, w.ask_without_picture(rng, lang), rng, spoken)
            return row
        first = int(rng.integers(len(clip.states))) if rng.random() < 0.3 else 0
        last = int(rng.integers(first, len(clip.states)))
        before = -1
        for state in range(first, last + 1):
            self.listening(row)
            # Near-duplicates are dropped before the model, but never all of them.
            for _ in range(int(rng.choice([1, 1, 1, 1, 2, 3]))):
                self.frame(row, now := shown(state), state, before)
            turns = int(rng.integers(2, 4)) if state == last else int(rng.random() < 0.35)
            for _ in range(turns):
                if row.ids[-1] == self.special["end"] and rng.random() < 0.25:
                    self.listening(row)
                    self.frame(row, shown(state), state, before)
                self.turn(row, self.question(clip, (first, state), rng, LATE, row, some_language(rng, lang)), rng, spoken)
            before = now
        # Frames dropped from the window leave a hole in the positions.
        row.gap = int(rng.integers(1, 40)) * (self.tokens_per_frame + 1) if rng.random() < 0.2 else 0
        return row
