"""The whole model, and the special tokens that hold a conversation together."""
from __future__ import annotations

from torch import nn

from .audio import AudioEncoder, AudioFrontend, ConvGMLP
from .config import PocketConfig
from .decoder import Decoder
from .vision import VisionEncoder, VisualProjector

SPECIAL_TOKENS = ("<|pad|>", "<|bos|>", "<|user|>", "<|assistant|>", "<|frame|>", "<|audio|>", "<|end|>")


class Pocket(nn.Module):
    def __init__(self, c: PocketConfig) -> None:
        super().__init__()
        self.c = c
        self.vision = VisionEncoder(c.vision)
        self.visual_projector = VisualProjector(c.vision, c.text.hidden)
        self.frontend = AudioFrontend(c.audio)
        self.audio = AudioEncoder(c.audio)
        self.audio_projector = ConvGMLP(c.audio, c.text.hidden)
        self.decoder = Decoder(c.text)
        for m in self.modules():
            if isinstance(m, (nn.Linear, nn.Conv1d)) and m.bias is not None:
                nn.init.zeros_(m.bias)


def parameter_count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())
