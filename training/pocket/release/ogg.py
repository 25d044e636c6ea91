"""Ogg/Opus files (RFC 3533, RFC 7845) made in this process: a set has thousands, and a program started for each takes minutes."""
from __future__ import annotations

import struct
from functools import lru_cache

import numpy as np

from pocket.speech.opus import OpusPass
from pocket.speech.utterance import FRAME

_SERIAL = 1
_PER_SAMPLE = 3  # positions count at 48 kHz
_FIRST, _LAST = 2, 4  # page flags


def _table() -> list[int]:
    out = []
    for i in range(256):
        r = i << 24
        for _ in range(8):
            r = (r << 1 ^ 0x04C11DB7 if r & 0x80000000 else r << 1) & 0xFFFFFFFF
        out.append(r)
    return out


_CRC = _table()


def _checksum(data: bytes) -> int:
    r = 0
    for byte in data:
        r = (r << 8 & 0xFFFFFFFF) ^ _CRC[r >> 24 ^ byte]
    return r


def _page(packets: list[bytes], flags: int, position: int, number: int) -> bytes:
    lacing = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets)
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, position, _SERIAL, number, 0) + bytes([len(lacing)]) + lacing
    page = head + b"".join(packets)
    return page[:22] + struct.pack("<I", _checksum(page)) + page[26:]


@lru_cache
def _encoder() -> OpusPass:
    return OpusPass(complexity=9)


def ogg(pcm: np.ndarray, kbits: int = 20) -> bytes:
    """16 kHz mono float -> Ogg/Opus, 20 ms frames; the same bytes for the same sound and libopus."""
    codec = _encoder()
    skip = codec.lookahead * _PER_SAMPLE
    packets = codec.packets(pcm, 1000 * kbits)
    identity = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, skip, 16_000, 0, 0)
    tags = struct.pack("<8sI4sI", b"OpusTags", 4, b"opus", 0)
    pages = [_page([identity], _FIRST, 0, 0), _page([tags], 0, 0, 1)]
    for start in range(0, len(packets), 50):  # a second a page
        last = start + 50 >= len(packets)
        ends = min(start + 50, len(packets)) * FRAME * _PER_SAMPLE
        position = skip + len(pcm) * _PER_SAMPLE if last else ends
        pages.append(_page(packets[start : start + 50], _LAST if last else 0, position, len(pages)))
    return b"".join(pages)



