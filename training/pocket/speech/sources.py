"""Which synthesiser speaks a clip: espeak-ng for every split, the extra ones for a share of the training clips."""

from __future__ import annotations

import numpy as np

from pocket.speech.espeak import Espeak
from pocket.speech.extra import ExtraSynthesisers, extra_speakers, sample_extra_voice
from pocket.speech.letters import toned
from pocket.speech.phonemes import from_mandarin
from pocket.speech.utterance import Utterance
from pocket.speech.voices import MANDARIN, Lang, Split, Voice, sample_voice, speakers


def all_speakers() -> list[str]:
    """Every speaker any pool may hold, installed or not, in a fixed order: the table behind voice_id."""
    return speakers() + extra_speakers()


class Sources:
    """The synthesisers of one process. extra_share: share of training clips by the extra voices, 0..1; espeak: the process's, where there is one."""

    def __init__(self, split: Split, extra_share: float, espeak: Espeak | None = None) -> None:
        self._split: Split = split
        # The extra speakers are too few to hold any out, so validation and test hear espeak alone.
        self._extra_share = extra_share if split == "train" else 0.0
        self._espeak = espeak or Espeak()
        self._extra = ExtraSynthesisers()

    def sample(self, rng: np.random.Generator, lang: Lang) -> Voice:
        """A voice of this split that speaks `lang`."""
        voice = sample_extra_voice(rng, lang) if rng.random() < self._extra_share else None
        return voice or sample_voice(rng, self._split, lang)

    def synth(self, text: str, voice: Voice) -> Utterance:
        """Speak `text` as `voice`."""
        if voice.source != "espeak":
            return self._extra.synth(text, voice)
        mandarin = voice.accent == MANDARIN
        if mandarin:  # who leaves gaps leaves them between any two syllables
            text = toned(text, joined=voice.word_gap == 0)
        said = self._espeak.synth(
            text, voice.accent, voice.variant, voice.rate, voice.pitch, voice.pitch_range, voice.word_gap
        )
        return Utterance(said.pcm, from_mandarin(said.phonemes)) if mandarin else said
