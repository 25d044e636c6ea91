"""Phoneme classes: espeak's mnemonics, merged to a fixed inventory, and sampled at 20 ms frames.

The inventory is a constant, not collected from a pool, so that a head trained on one pool fits every other.
"""

from __future__ import annotations

import numpy as np

from pocket.speech.utterance import FRAME, SAMPLE_RATE

SILENCE = 0
UNKNOWN = -1

#: Class names; the index is the class. Silence is 0.
INVENTORY: tuple[str, ...] = (
    "sil", "p", "b", "t", "d", "k", "g", "f", "v", "T", "D", "s", "z", "S", "Z", "h", "tS", "dZ",
    "m", "n", "N", "l", "@L", "r", "w", "j",
    "@", "3", "I", "i", "E", "a", "aa", "A", "V", "0", "O", "U", "u",
    "eI", "aI", "aU", "OI", "oU", "e@", "i@", "U@", "aI@", "aU@",
    # Mandarin's own, in pinyin: z c zh ch sh r j q x, ü, the i of shi, e, ong, ie, uo.
    "ts", "tsh", "ts.", "ts.h", "s.", "z.", "tS;", "tS;h", "S;", "y", "i.", "o-", "ong", "iE", "uo",
)  # fmt: skip
_INDEX = {name: index for index, name in enumerate(INVENTORY)}

# Merged where two mnemonics differ in length, in stress or only in the dialect's spelling of one sound.
_ALIAS: dict[str, str] = {
    "_": "sil", "_:": "sil", "_!": "sil", "_|": "sil", "|": "sil", "_^_": "sil", "": "sil",
    "@2": "@", "@5": "@", "a#": "@", "@-": "@", "3:": "3", "IR": "3", "VR": "3", "ER": "3",
    "I2": "I", "I#": "I", "i:": "i", "i@3": "i@", "A:": "A", "A@": "A", "A~": "A",
    "O2": "0", "0#": "0", "02": "0", "O:": "O", "O@": "O", "o@": "O", "O": "O",
    "u:": "u", "aI2": "aI", "aI3": "aI", "aI@3": "aI@", "e": "E", "E#": "E", "E2": "E", "V#": "V",
    "r-": "r", "r/": "r", "w#": "w", "t#": "t", "t2": "t", "t[": "t", "d[": "d", ";": "j", "?": "sil",
    "l/": "l", "L": "l", "l#": "l", "n-": "n", "m-": "m", "z#": "z", "s#": "s", "d#": "d", "x": "h",
    "o": "oU", "oU#": "oU", "e:": "eI", "o:": "oU", "a:": "A", "U2": "U",
}  # fmt: skip


#: espeak's Mandarin mnemonics that mean something else in its English, as names of INVENTORY. What English hears as b, d, g is unaspirated
#: p, t, k there. A final that is one event goes by the vowel it is longest on.
_MANDARIN: dict[str, str] = {
    "p": "b", "ph": "p", "t": "d", "th": "t", "k": "g", "kh": "k", "X": "h", "N-": "N", "i[": "i.", "@r": "3",
    "ai": "aI", "ei": "eI", "Au": "aU", "ou": "oU", "o": "O", "A": "A", "a": "a", "iA": "A", "io": "oU", "iou": "oU",
    "ua": "A", "uai": "aI", "uei": "eI", "u@": "@", "y&": "y", "y@": "y", "yE": "y", "yu": "y", "yi": "y", ";": "y",
}  # fmt: skip


def from_mandarin(phonemes: list[tuple[float, str]] | None) -> list[tuple[float, str]] | None:
    """Events of espeak's Mandarin under names that `class_of` knows."""
    return phonemes and [(start, _MANDARIN.get(name, name)) for start, name in phonemes]


def class_of(name: str) -> int:
    """The class of an espeak mnemonic, or UNKNOWN; stress marks are dropped first."""
    bare = name.strip("',%=")
    if bare in _INDEX:
        return _INDEX[bare]
    if bare in _ALIAS:
        return _INDEX[_ALIAS[bare]]
    # A dialect's numbered or lengthened relative of a known sound.
    stripped = bare.rstrip("0123456789#:~-/[^;")
    if stripped in _INDEX:
        return _INDEX[stripped]
    return _INDEX[_ALIAS[stripped]] if stripped in _ALIAS and stripped else UNKNOWN


def frame_count(samples: int) -> int:
    """Label frames of a clip: ceil(samples / 320)."""
    return -(-samples // FRAME)


def frame_labels(
    phonemes: list[tuple[float, str]] | None, samples: int, offset: int = 0, speech: tuple[int, int] | None = None
) -> np.ndarray:
    """The class active at the middle of each frame, int8.

    offset: samples cut from the front (negative: samples put there) after the phoneme times were taken.
    speech: samples [first, last) of the clip that hold sound; frames whose middle lies outside are silence.
    """
    middles = np.arange(frame_count(samples)) * FRAME + FRAME // 2
    if phonemes is None:
        labels = np.full(len(middles), UNKNOWN, np.int8)
    else:
        starts = np.array([ms for ms, _ in phonemes]) * (SAMPLE_RATE / 1000) - offset
        classes = np.array([SILENCE] + [class_of(name) for _, name in phonemes], np.int8)
        labels = classes[np.searchsorted(starts, middles, side="right")]
    if speech is not None:
        labels[(middles < speech[0]) | (middles >= speech[1])] = SILENCE
    return labels
