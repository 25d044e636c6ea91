"""Ogg/Opus made in this process: another program reads it, and gets the sound."""
from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

from pocket.release.ogg import ogg


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")
@pytest.mark.parametrize("samples", [320, 15_999, 16_000, 40_123])
def test_another_program_reads_it(samples: int) -> None:
    time = np.arange(samples) / 16_000
    pcm = (0.4 * np.sin(2 * np.pi * 300 * time) * (1 + np.sin(2 * np.pi * 3 * time)) / 2).astype(np.float32)
    file = ogg(pcm, 16)
    assert file == ogg(pcm, 16)
    assert len(file) < 400 + 4000 * samples / 16_000
    command = ["ffmpeg", "-hide_banner", "-loglevel", "warning", "-i", "-", "-f", "f32le", "-ar", "16000", "-ac", "1", "-"]
    done = subprocess.run(command, input=file, capture_output=True, check=True)
    assert done.stderr == b""
    heard = np.frombuffer(done.stdout, np.float32)
    assert abs(len(heard) - samples) <= 16
    n = min(len(heard), samples)
    if samples > 5000:
        assert np.corrcoef(heard[:n], pcm[:n])[0, 1] > 0.9
