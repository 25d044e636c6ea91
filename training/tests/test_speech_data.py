"""What is done to the spectrogram in training."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pocket.model.audio import AudioFrontend
from pocket.model.config import AudioConfig
from pocket.stages import speech_data


def _peak(mel: torch.Tensor) -> int:
    return int(mel.mean(0).argmax())


@pytest.mark.parametrize("factor", [0.87, 1.0, 1.15])
def test_another_throat_moves_frequencies_and_nothing_else(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_data, "_THROATS", (factor + 1e-6, factor + 1e-6))
    frontend, hertz = AudioFrontend(AudioConfig()), 1500.0
    time = torch.arange(16_240) / 16_000
    tone, moved = (frontend.by_fft(torch.sin(2 * torch.pi * f * time)[None])[0] for f in (hertz, hertz * factor))
    warped = speech_data.warp_bands(tone.expand(40, -1, -1), np.random.default_rng(0))
    assert warped.shape == (40, *tone.shape)
    changed = [row for row in warped if not torch.equal(row, tone)]
    assert (10 < len(changed) < 30) or factor == 1.0
    for row in changed:
        assert abs(_peak(row) - _peak(moved)) <= 1 and abs(float(row.max() - tone.max())) < 0.1


def test_masks_leave_most_and_the_input_alone() -> None:
    mel = torch.randn(32, 200, 128)
    before = mel.clone()
    out = speech_data.mask_bands(mel, np.random.default_rng(0))
    assert torch.equal(mel, before) and out.shape == mel.shape and torch.isfinite(out).all()
