"""Sound and pictures as files that the Node side reads: WAV, JPEG, IVF. Ogg/Opus is in ogg.py."""
from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image


def ffmpeg(arguments: list[str], data: bytes) -> bytes:
    return subprocess.run(["ffmpeg", "-hide_banner", "-loglevel", "error", *arguments], input=data, stdout=subprocess.PIPE, check=True).stdout


def pcm16(pcm: np.ndarray) -> bytes:
    return (np.clip(pcm, -1, 1) * 32767).astype("<i2").tobytes()


def wav(pcm: np.ndarray, rate: int) -> bytes:
    """16 kHz mono float -> WAV at `rate`."""
    return ffmpeg(["-f", "s16le", "-ar", "16000", "-ac", "1", "-i", "-", "-ar", str(rate), "-fflags", "+bitexact", "-f", "wav", "-"], pcm16(pcm))


def jpeg(picture: np.ndarray, quality: int = 80) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=quality)
    return out.getvalue()


def video(frames: list[np.ndarray], fps: int, arguments: list[str], path: Path) -> None:
    """Frames [H, W, 3] through ffmpeg into `path`; the container follows from its name."""
    h, w, _ = frames[0].shape
    data = b"".join(f.tobytes() for f in frames)
    ffmpeg(["-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{w}x{h}", "-r", str(fps), "-i", "-", *arguments, "-fflags", "+bitexact", str(path)], data)
