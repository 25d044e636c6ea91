"""The whole model, and the special tokens that hold a conversation together."""
from __future__ import annotations

from torch import Tensor, nn

from .anyres import Grid, cut, grid_for
from .audio import AudioEncoder, AudioFrontend, ConvGMLP
from .config import PocketConfig
from .decoder import Decoder
from .vision import VisionEncoder, VisualProjector
from .whisper import WhisperEncoder, WhisperFrontend

SPECIAL_TOKENS = ("<|pad|>", "<|bos|>", "<|user|>", "<|assistant|>", "<|frame|>", "<|audio|>", "<|end|>")


class Pocket(nn.Module):
    def __init__(self, c: PocketConfig) -> None:
        super().__init__()
        self.c = c
        self.vision = VisionEncoder(c.vision)
        self.visual_projector = VisualProjector(c.vision, c.text.hidden)
        whisper = c.audio.ear == "whisper"
        self.frontend = (WhisperFrontend if whisper else AudioFrontend)(c.audio)
        self.audio = (WhisperEncoder if whisper else AudioEncoder)(c.audio)
        self.audio_projector = ConvGMLP(c.audio, c.text.hidden)
        self.decoder = Decoder(c.text)
        for m in self.modules():
            if isinstance(m, (nn.Linear, nn.Conv1d)) and m.bias is not None:
                nn.init.zeros_(m.bias)

    def picture(self, pixels: Tensor, most: int) -> tuple[Tensor, Grid]:
        """One picture [3, H, W] of any size, in -1..1, in at most `most` tiles -> its tokens [views * T, hidden] and how it was cut."""
        side = self.c.vision.image_size
        grid = grid_for(pixels.shape[2], pixels.shape[1], side, most)
        return self.visual_projector.views(self.vision(cut(pixels, side, grid)), grid), grid


def parameter_count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())
