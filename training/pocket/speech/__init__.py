"""Synthetic speech for training: espeak-ng voices, augmentation, Opus and memory-mapped pools.

Everything random comes from an explicit `numpy.random.Generator`; audio is float32 mono at `SAMPLE_RATE` unless a name says otherwise.
"""

from pocket.speech.utterance import FRAME, SAMPLE_RATE, Utterance

__all__ = ["FRAME", "SAMPLE_RATE", "Utterance"]
