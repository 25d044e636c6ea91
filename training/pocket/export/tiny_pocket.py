"""`test/fixtures/models/tiny-pocket-*`: folders of visavis-pocket's own layout with tiny random weights, one for each kind of ear.

    python -m pocket.export.tiny_pocket --tokenizer ../models/visavis-pocket/tokenizer.json --out ../test/fixtures/models
"""
from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from pocket.model.config import WHISPER_BASE, AudioConfig, PocketConfig, TextConfig, TurnEndConfig, VisionConfig
from pocket.model.heads import EarHeads
from pocket.model.omni import Pocket
from pocket.model.turn_end import TurnEndHead

from .export import round_weights, write_folder

VISION = VisionConfig(image_size=64, stem=(4, 8, 8), hidden=16, layers=1, heads=2, mlp=16, projector_hidden=16)
TEXT = TextConfig(hidden=16, layers=2, heads=2, kv_heads=2, head_dim=8, mlp=16)
HEAD = TurnEndConfig(hidden=8, layers=1, heads=2, mlp=8)
EARS = {
    "causal": AudioConfig(n_mels=8, hidden=16, layers=2, heads=2, mlp=16, n_fft=192, window=192),
    "whisper": replace(WHISPER_BASE, n_mels=8, hidden=16, layers=4, heads=2, mlp=16, narrow=8, n_fft=192, window=192),
}


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--tokenizer", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    a = p.parse_args(argv)
    for name, audio in EARS.items():
        torch.manual_seed(0)
        model = Pocket(PocketConfig(VISION, audio, TEXT)).eval()
        torch.nn.init.normal_(model.decoder.embed.weight, 0, 0.5)
        if name == "whisper":
            torch.nn.init.normal_(model.audio.positions, 0, 0.5)
        head = (EarHeads if name == "whisper" else TurnEndHead)(audio, HEAD).eval()
        for part in (model, head):
            round_weights(part)
        write_folder(model, a.tokenizer, a.out / f"tiny-pocket-{name}", "0.0.0", head)


if __name__ == "__main__":
    main()
