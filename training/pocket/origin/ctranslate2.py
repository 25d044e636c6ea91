"""CTranslate2's files, read without it and without torch."""
from __future__ import annotations

import struct

import numpy as np

_DTYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}


def variables(data: bytes) -> dict[str, np.ndarray]:
    """Every variable of a CTranslate2 file (format 6)."""
    at = 0

    def number(kind: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from("<" + kind, data, at)
        at += struct.calcsize("<" + kind)
        return value

    def text() -> str:
        nonlocal at
        size = number("H")
        at += size
        return data[at - size : at].rstrip(b"\0").decode()

    version, spec, _ = number("I"), text(), number("I")
    if version != 6 or spec != "WhisperSpec":
        raise SystemExit(f"not a Whisper of CTranslate2's format 6: {spec} of format {version}")
    out = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        dtype = _DTYPES[number("B")]
        size = number("I")
        out[name] = np.frombuffer(data, dtype, size // np.dtype(dtype).itemsize, at).reshape(shape)
        at += size
    return out
