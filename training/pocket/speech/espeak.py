"""espeak-ng through ctypes: text in, 16 kHz samples and phoneme times out, about 2 ms a sentence.

The library keeps its state in globals (one voice, one callback), so there is one `Espeak` to a process. Its flutter and
noise generators run on from one sentence to the next: the same calls in the same order in a fresh process give the same
samples, but two equal calls in a row do not. `pool.py` therefore gives each chunk of a pool a process of its own.
"""

from __future__ import annotations

import ctypes
import ctypes.util

import numpy as np

from pocket.speech.utterance import SAMPLE_RATE, Utterance, resample

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_OPTION_PHONEME_EVENTS = 1
_CHARS_UTF8 = 1
_POS_CHARACTER = 1
_EVENT_END = 0
_EVENT_PHONEME = 7
_PARAM_RATE, _PARAM_PITCH, _PARAM_RANGE, _PARAM_WORD_GAP = 1, 3, 4, 7


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


class EspeakError(RuntimeError):
    """libespeak-ng is missing, or refused a voice or a text."""


class Espeak:
    """The process's espeak-ng. `synth` may be called any number of times, from one thread."""

    def __init__(self) -> None:
        name = ctypes.util.find_library("espeak-ng") or "libespeak-ng.so.1"
        try:
            self._lib = ctypes.CDLL(name)
        except OSError as error:
            raise EspeakError("libespeak-ng is not installed (apt-get install libespeak-ng1)") from error
        rate = self._lib.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, None, _OPTION_PHONEME_EVENTS)
        if rate <= 0:
            raise EspeakError(f"espeak_Initialize failed: {rate}")
        self._source_rate: int = rate
        divisor = int(np.gcd(rate, SAMPLE_RATE))
        self._up, self._down = SAMPLE_RATE // divisor, rate // divisor
        self._window = _low_pass(self._up, self._down)
        self._chunks: list[bytes] = []
        self._phonemes: list[tuple[float, str]] = []
        self._callback = _Callback(self._on_audio)  # kept: ctypes would free it under the library's feet
        self._lib.espeak_SetSynthCallback(self._callback)
        self._libc = ctypes.CDLL(None)
        self._voice = ""

    def synth(
        self,
        text: str,
        voice: str,
        variant: str = "",
        rate: int = 175,
        pitch: int = 50,
        pitch_range: int = 50,
        word_gap: int = 0,
    ) -> Utterance:
        """Speak `text`. rate in words a minute, pitch and pitch_range 0..99, word_gap an extra pause in units of 10 ms."""
        self._select(f"{voice}+{variant}" if variant else voice)
        for parameter, value in (
            (_PARAM_RATE, rate),
            (_PARAM_PITCH, pitch),
            (_PARAM_RANGE, pitch_range),
            (_PARAM_WORD_GAP, word_gap),
        ):
            self._lib.espeak_SetParameter(parameter, int(value), 0)
        self._libc.srand(1)  # the breath and noise sources draw from libc's rand()
        self._chunks, self._phonemes = [], []
        data = text.encode()
        status = self._lib.espeak_Synth(data, len(data) + 1, 0, _POS_CHARACTER, 0, _CHARS_UTF8, None, None)
        if status != 0:
            raise EspeakError(f"espeak_Synth failed with {status} for {text!r}")
        samples = np.frombuffer(b"".join(self._chunks), dtype=np.int16).astype(np.float32) / 32768.0
        pcm = np.clip(resample(samples, self._up, self._down, self._window), -1.0, 1.0)
        return Utterance(pcm, self._phonemes)

    def _select(self, name: str) -> None:
        if name == self._voice:
            return
        # An unknown variant is ignored without an error, so callers take variants from voices.installed_variants().
        if self._lib.espeak_SetVoiceByName(name.encode()) != 0:
            raise EspeakError(f"espeak-ng has no voice {name!r}")
        self._voice = name

    def _on_audio(self, wav: int | None, count: int, events: "ctypes._Pointer[_Event]") -> int:
        if wav and count > 0:
            self._chunks.append(ctypes.string_at(wav, 2 * count))
        index = 0
        while (event := events[index]).type != _EVENT_END:
            if event.type == _EVENT_PHONEME:
                self._phonemes.append((float(event.audio_position), event.id.string.decode("utf-8", "replace")))
            index += 1
        return 0


def _low_pass(up: int, down: int) -> np.ndarray:
    """FIR for `resample`: 8 zero crossings a side keep speech to 7.4 kHz, at half the cost of scipy's default of 10."""
    from scipy.signal import firwin

    widest = max(up, down)
    return firwin(2 * 8 * widest + 1, 0.97 / widest, window=("kaiser", 5.0)).astype(np.float32)
