"""flite, another synthesiser with recorded voices. NEVER trained on: it gives the out-of-domain figure, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import wave
from functools import lru_cache
from pathlib import Path

import numpy as np

from pocket.speech.utterance import SAMPLE_RATE, resample

#: Voices that read any English text, best first (awb_time only tells the time).
VOICES: tuple[str, ...] = ("slt", "rms", "awb", "kal16", "kal")


@lru_cache
def installed_voices() -> tuple[str, ...]:
    """flite voices on this machine; empty where flite is not installed."""
    program = shutil.which("flite")
    if program is None:
        return ()
    listing = subprocess.run([program, "-lv"], capture_output=True, text=True, check=True).stdout
    names = listing.partition(":")[2].split()
    # kal16 is kal at twice the sampling rate: one speaker, once.
    return tuple(name for name in VOICES if name in names and not (name == "kal" and "kal16" in names))


def synth(text: str, voice: str, duration_stretch: float = 1.0) -> np.ndarray:
    """Speak `text`: float32 mono at 16 kHz. duration_stretch above 1 is slower."""
    if voice not in installed_voices():
        raise ValueError(f"flite has no voice {voice!r}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        command = ["flite", "-voice", voice, "--setf", f"duration_stretch={duration_stretch}", "-t", text, "-o", str(path)]
        subprocess.run(command, check=True, capture_output=True)
        with wave.open(str(path)) as file:
            rate = file.getframerate()
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
    pcm = samples.astype(np.float32) / 32768.0
    divisor = int(np.gcd(rate, SAMPLE_RATE))
    return np.clip(resample(pcm, SAMPLE_RATE // divisor, rate // divisor), -1.0, 1.0)
