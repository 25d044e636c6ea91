"""A pass through Opus, as the speech has when it comes from a browser: 20 ms frames, VOIP, 16-32 kbit/s."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from pocket.speech.utterance import FRAME, SAMPLE_RATE

_APPLICATION_VOIP = 2048
_SET_BITRATE, _SET_COMPLEXITY, _GET_LOOKAHEAD, _RESET_STATE = 4002, 4010, 4027, 4028
_MAX_PACKET = 1275


class OpusPass:
    """An encoder and a decoder, reset for every clip. Not for use by two threads at once."""

    def __init__(self, complexity: int = 1) -> None:
        # At these bit rates complexity 1 sounds as 9 does (same correlation with the input) in a quarter of the time.
        lib = ctypes.CDLL(ctypes.util.find_library("opus") or "libopus.so.0")
        lib.opus_encoder_create.restype = ctypes.c_void_p
        lib.opus_decoder_create.restype = ctypes.c_void_p
        lib.opus_encode_float.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_int32]
        lib.opus_decode_float.argtypes = [
            ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p, ctypes.c_int, ctypes.c_int,
        ]  # fmt: skip
        error = ctypes.c_int()
        self._lib = lib
        self._encoder = ctypes.c_void_p(
            lib.opus_encoder_create(SAMPLE_RATE, 1, _APPLICATION_VOIP, ctypes.byref(error))
        )
        self._decoder = ctypes.c_void_p(lib.opus_decoder_create(SAMPLE_RATE, 1, ctypes.byref(error)))
        if not self._encoder or not self._decoder:
            raise RuntimeError(f"libopus refused an encoder or decoder: {error.value}")
        lib.opus_encoder_ctl(self._encoder, _SET_COMPLEXITY, ctypes.c_int(complexity))
        lookahead = ctypes.c_int()
        lib.opus_encoder_ctl(self._encoder, _GET_LOOKAHEAD, ctypes.byref(lookahead))
        self._lookahead = lookahead.value
        self._packet = ctypes.create_string_buffer(_MAX_PACKET)

    @property
    def lookahead(self) -> int:
        """The codec's delay in samples."""
        return self._lookahead

    def packets(self, pcm: np.ndarray, bitrate: int) -> list[bytes]:
        """One packet for each 20 ms, at `bitrate` bit/s; the last ones carry what the delay holds back."""
        lib = self._lib
        lib.opus_encoder_ctl(self._encoder, _RESET_STATE)
        lib.opus_encoder_ctl(self._encoder, _SET_BITRATE, ctypes.c_int(bitrate))
        frames = -(-(len(pcm) + self._lookahead) // FRAME)
        source = np.zeros(frames * FRAME, np.float32)
        source[: len(pcm)] = pcm
        out = []
        for position in range(0, 4 * frames * FRAME, 4 * FRAME):
            size = lib.opus_encode_float(self._encoder, source.ctypes.data + position, FRAME, self._packet, _MAX_PACKET)
            if size < 0:
                raise RuntimeError("Opus failed on a frame")
            out.append(self._packet.raw[:size])
        return out

    def __call__(self, pcm: np.ndarray, bitrate: int) -> np.ndarray:
        """Encode at `bitrate` bit/s, decode, and take the codec's delay off: same length, same alignment."""
        return self.lossy(pcm, bitrate, lambda _: False)

    def lossy(self, pcm: np.ndarray, bitrate: int, lost: Callable[[int], bool]) -> np.ndarray:
        """The same where packets are lost by number; the decoder conceals them."""
        packets = self.packets(pcm, bitrate)
        self._lib.opus_decoder_ctl(self._decoder, _RESET_STATE)
        result = np.empty(len(packets) * FRAME, np.float32)
        for number, sent in enumerate(packets):
            packet = None if lost(number) else sent
            if self._lib.opus_decode_float(self._decoder, packet, len(packet or b""), result.ctypes.data + 4 * number * FRAME, FRAME, 0) != FRAME:
                raise RuntimeError("Opus failed on a frame")
        return np.clip(result[self._lookahead : self._lookahead + len(pcm)], -1.0, 1.0)


@lru_cache
def _shared() -> OpusPass:
    return OpusPass()


def opus_pass(pcm: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A pass at a random bit rate of 16-32 kbit/s."""
    return _shared()(pcm, int(rng.choice([16_000, 20_000, 24_000, 32_000])))
