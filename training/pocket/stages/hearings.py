"""What the turn-end head learns from: questions heard to their end, or broken off, as often of one family as of another."""
from __future__ import annotations

from collections import Counter

import numpy as np

from pocket import world as w
from pocket.speech import pauses
from pocket.speech.augment import Augmenter
from pocket.speech.beeps import beeped
from pocket.speech.pauses import MS, Heard
from pocket.speech.pool import MARGIN

from .speech_data import Speech

#: Of what is broken off, so much is a beginning spoken like a sentence, where a pool of them is given.
BEGINNING_SHARE = 0.25
#: What the engine has heard behind the last sound when it asks: a tentative pause and the detector's lag.
ASKED_AFTER = (120, 220)
#: How much the augmenter may do: also nothing, as to a voice close to a good microphone.
STRENGTHS, HOW_OFTEN = (0.0, 0.5, 1.0), (0.2, 0.3, 0.5)
#: Share of the questions about beeps that are heard with some.
BEEPING = 0.9


def chances(speech: Speech) -> np.ndarray:
    """How likely each clip is drawn [clips], in sum 1: every family of each language alike, in it every text alike.

    A pool holds thousands of sentences to say back and a dozen ways to ask what happened: drawn as they lie there, a head learns that
    "what happened" goes on. Words that nobody asks anything with are one more family.
    """
    closed = {text: family for family, text in w.all_question_texts()}
    kinds = {}
    for text in speech.by_text:
        asked = None if text in closed else w.open_qa(text)
        kinds[text] = (w.language(text), closed.get(text, asked.family if asked else ""))
    texts = Counter(kinds.values())
    out = np.zeros(len(speech))
    for text, clips in speech.by_text.items():
        out[clips] = 1 / (texts[kinds[text]] * len(clips))
    return out / out.sum()


class Hearings:
    """Examples out of pools of clips."""

    def __init__(self, speech: Speech, beginnings: Speech | None, seed: int) -> None:
        self.speech, self.beginnings = speech, beginnings
        self.augmenter = Augmenter(np.random.default_rng([seed, 7]))
        self._upto = np.cumsum(chances(speech))
        self._beeping = {text for lang in w.LANGUAGES for text in w.TONGUES[lang].SOUND}

    def draw(self, rng: np.random.Generator) -> int:
        """Which clip."""
        return min(len(self.speech) - 1, int(np.searchsorted(self._upto, rng.random(), side="right")))

    def clip(self, index: int, rng: np.random.Generator) -> np.ndarray:
        """MARGIN of silence before and behind it, and the beeps that it asks about."""
        clip = clip_of(self.speech, index)
        if self.speech.text(index) not in self._beeping or rng.random() > BEEPING:
            return clip
        said = beeped(clip[MARGIN : len(clip) - MARGIN], int(rng.integers(1, w.MOST_BEEPS + 1)), rng)[0]
        return np.pad(said, MARGIN)

    def sample(self, rng: np.random.Generator) -> Heard:
        finished = bool(rng.random() < 0.5)
        if not finished and self.beginnings and rng.random() < BEGINNING_SHARE:
            return self.beginning(rng)
        return pauses.heard(self.clip(self.draw(rng), rng), finished, self.augmenter, rng, float(rng.choice(STRENGTHS, p=HOW_OFTEN)))

    def beginning(self, rng: np.random.Generator) -> Heard:
        assert self.beginnings
        whole = pauses.heard(clip_of(self.beginnings, int(rng.integers(len(self.beginnings)))), True, self.augmenter, rng)
        return Heard(whole.pcm, False, whole.silence)

    def scripted(self, index: int, finished: bool, rng: np.random.Generator) -> Heard:
        """As in the bench: recorded, then interrupted at its quietest place by a quiet room, or not."""
        clip = self.clip(index, rng)
        recorded, shift = self.augmenter(clip, rng, 0.5)
        body = recorded[: shift.lead + int((len(clip) - MARGIN) * shift.stretch)]
        at = pauses.audible(body) if finished else shift.lead + pauses.quietest(body[shift.lead :], 0.3, 0.7)
        silence = int(rng.uniform(*ASKED_AFTER)) * MS
        return Heard(np.concatenate([body[:at], pauses.room(silence, rng)]), finished, silence)


def clip_of(speech: Speech, index: int) -> np.ndarray:
    pool, i = speech.locate(index)
    return pool.clip(i)
