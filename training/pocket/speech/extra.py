"""Recorded voices beside espeak's, for training only: SVOX Pico (en-US, en-GB; Mandarin by foreign.py) and festival's `ked` diphones. Each is optional.

    pip install py-nanotts                       # Pico with its voices; Apache-2.0
    apt-get install festival festvox-kdlpc16k    # ked; free licence of the University of Edinburgh

None of flite's speakers (kal, awb, rms, slt) may ever stand here: flite is the out-of-domain test. Three speakers are few,
so each sentence is also resampled by a random factor (formants, as of a longer or shorter vocal tract), with the rate and
the pitch asked of the synthesiser corrected for it.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np

from pocket.speech.foreign import marked_up
from pocket.speech.utterance import SAMPLE_RATE, Utterance, resample
from pocket.speech.voices import Lang, Voice

#: (source, accent, variant) and how often each is drawn among the extra voices of a language.
SPEAKERS: dict[Lang, dict[tuple[str, str, str], float]] = {
    "en": {("pico", "en-US", ""): 0.4, ("pico", "en-GB", ""): 0.3, ("festival", "en-US", "ked"): 0.3},
    "zh": {("pico", "de-DE", ""): 0.5, ("pico", "en-US", ""): 0.25, ("pico", "en-GB", ""): 0.25},
}
_FESTIVAL_VOICES = Path("/usr/share/festival/voices")
_M_PERTURB = -6  # malloc.h
#: What the synthesisers' own tempo comes to, in words a minute.
_NATURAL_RATE = 165.0

# festival's American phone set, in names of phonemes.INVENTORY.
_PHONES: dict[str, str] = {
    "pau": "sil", "h#": "sil", "brth": "sil", "ih": "I", "iy": "i", "eh": "E", "ae": "a", "aa": "A", "ao": "O",
    "uh": "U", "uw": "u", "ah": "V", "ax": "@", "er": "3", "axr": "3", "ey": "eI", "ay": "aI", "aw": "aU",
    "oy": "OI", "ow": "oU", "th": "T", "dh": "D", "sh": "S", "zh": "Z", "hh": "h", "hv": "h", "ch": "tS",
    "jh": "dZ", "ng": "N", "y": "j", "el": "@L", "em": "m", "en": "n", "nx": "n", "dx": "t",
}  # fmt: skip


def extra_speakers() -> list[str]:
    """Names of all extra speakers, installed or not, in a fixed order."""
    return list(dict.fromkeys(_voice(key).name for speakers in SPEAKERS.values() for key in speakers))


@lru_cache
def installed() -> frozenset[str]:
    """Which of the extra synthesisers this machine has."""
    found = set()
    try:
        import py_nanotts  # noqa: F401

        found.add("pico")
    except ImportError:
        pass
    if shutil.which("festival") and any(_FESTIVAL_VOICES.glob("*/ked_diphone")):
        found.add("festival")
    return frozenset(found)


def sample_extra_voice(rng: np.random.Generator, lang: Lang = "en") -> Voice | None:
    """A random installed speaker and manner; None where none is installed."""
    keys = [key for key in SPEAKERS[lang] if key[0] in installed()]
    if not keys:
        return None
    weights = np.array([SPEAKERS[lang][key] for key in keys])
    key = keys[int(rng.choice(len(keys), p=weights / weights.sum()))]
    # Wider towards long vocal tracts for Pico, whose speakers are women, and towards short ones for ked, a man.
    formant = rng.uniform(0.82, 1.12) if key[0] == "pico" else rng.uniform(0.9, 1.2)
    return _voice(
        key,
        rate=int(rng.integers(125, 211)),
        pitch=int(rng.integers(20, 81)),
        pitch_range=int(rng.integers(20, 91)),
        formant=round(float(formant), 2),
    )


def _voice(
    key: tuple[str, str, str], rate: int = 165, pitch: int = 50, pitch_range: int = 50, formant: float = 1.0
) -> Voice:
    source, accent, variant = key
    return Voice(source, accent, variant, rate, pitch, pitch_range, word_gap=0, formant=formant)


class ExtraSynthesisers:
    """The extra synthesisers of one process, each started at its first sentence."""

    def __init__(self) -> None:
        self._festival: _Festival | None = None

    def synth(self, text: str, voice: Voice) -> Utterance:
        """Speak `text` as `voice`, formants moved."""
        # Playing faster by `formant` raises rate, pitch and formants alike; ask for less of the first two.
        speed = voice.rate / _NATURAL_RATE / voice.formant
        pitch = 2.0 ** ((voice.pitch - 50) / 75.0)
        if voice.formant < 1.0:
            pitch *= voice.formant**1.5  # a longer vocal tract goes with a deeper voice
        pitch /= voice.formant
        if voice.source == "pico":
            pcm, phonemes = _pico(text, voice.accent, speed, pitch), None
        else:
            self._festival = self._festival or _Festival()
            pcm, phonemes = self._festival.synth(text, 1.0 / speed, 105.0 * pitch, 5.0 + voice.pitch_range / 4.0)
        percent = round(100 * voice.formant)
        divisor = int(np.gcd(100, percent))
        moved = np.clip(resample(pcm, 100 // divisor, percent // divisor), -1.0, 1.0)
        if phonemes is not None:
            phonemes = [(start * 100 / percent, name) for start, name in phonemes]
        return Utterance(moved, phonemes)


def _pico(text: str, accent: str, speed: float, pitch: float) -> np.ndarray:
    from py_nanotts import NanoTTS

    with _zeroed_memory():
        # Pico clips at its own full volume.
        data = NanoTTS().speak(marked_up(text, accent), voice=accent, speed=speed, pitch=pitch, volume=0.6)
    return np.frombuffer(data, np.int16).astype(np.float32) / 32768.0


@contextmanager
def _zeroed_memory() -> Iterator[None]:
    """What malloc gives is zeroed inside: Pico speaks out of memory that it never wrote, so that equal calls could differ.

    glibc fills new memory with the complement of M_PERTURB. Elsewhere nothing is done.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", lambda _name, _value: 0)
    mallopt(_M_PERTURB, 0xFF)
    try:
        yield
    finally:
        mallopt(_M_PERTURB, 0)


class _Festival:
    """One festival process, fed through a pipe: 3 ms a sentence against 150 ms to start one for each."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="festival-")
        self._process = subprocess.Popen(
            ["festival", "--pipe"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._run("(voice_ked_diphone)")

    def synth(self, text: str, stretch: float, mean_hz: float, spread_hz: float) -> tuple[np.ndarray, list[tuple[float, str]]]:
        wav, segments = Path(self._folder.name) / "a.wav", Path(self._folder.name) / "a.lab"
        quoted = text.replace("\\", " ").replace('"', " ")
        self._run(
            f"(set! int_lr_params '((target_f0_mean {mean_hz:.1f}) (target_f0_std {spread_hz:.1f})"
            " (model_f0_mean 170) (model_f0_std 34)))"
            f"(Parameter.set 'Duration_Stretch {stretch:.3f})"
            f'(set! u (Utterance Text "{quoted}"))(utt.synth u)(utt.wave.resample u {SAMPLE_RATE})'
            f"(utt.save.wave u \"{wav}\" 'riff)(utt.save.segs u \"{segments}\")"
        )
        with wave.open(str(wav)) as file:
            pcm = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768.0
        rows = [line.split() for line in segments.read_text().splitlines() if not line.startswith("#")]
        wav.unlink()  # a sentence that failed must not be answered with the one before
        starts = [0.0] + [1000.0 * float(row[0]) for row in rows]  # a row holds the end of its phone
        return pcm, [(start, _PHONES.get(row[2], row[2])) for start, row in zip(starts, rows)]

    def _run(self, command: str) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(command + '\n(print "@@")\n(fflush nil)\n')
        self._process.stdin.flush()
        for line in self._process.stdout:
            if "@@" in line:
                return
        raise RuntimeError("festival ended")

    def __del__(self) -> None:
        self._process.kill()
        self._process.wait()
