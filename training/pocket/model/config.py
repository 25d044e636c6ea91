"""Shapes of the model. The defaults are visavis-pocket v1; every count below is a setting, not a constant of the code."""
from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class VisionConfig:
    image_size: int = 192
    stem: tuple[int, ...] = (32, 64, 128)  # channels after each stride-2 convolution but the last
    hidden: int = 192
    layers: int = 4
    heads: int = 3
    mlp: int = 512
    projector_hidden: int = 512

    @property
    def grid(self) -> int:
        """Patches a side: the stem halves the picture once a convolution."""
        return self.image_size // 2 ** (len(self.stem) + 1)

    @property
    def tokens_per_frame(self) -> int:
        """After the 2x2 mean pool of the projector."""
        return (self.grid // 2) ** 2


@dataclass(frozen=True)
class AudioConfig:
    sample_rate: int = 16_000
    n_mels: int = 128
    n_fft: int = 512
    window: int = 400
    hop: int = 160
    hidden: int = 256
    layers: int = 4
    heads: int = 4
    mlp: int = 768
    block_frames: int = 32  # 20 ms encoder frames in a block: 0.64 s
    left_context_blocks: int = 8
    pool: int = 4  # n of Conv-GMLP
    phonemes: int = 64

    @property
    def mel_per_token(self) -> int:
        """Mel frames (10 ms) in one token of the decoder."""
        return 2 * self.pool


@dataclass(frozen=True)
class TextConfig:
    hidden: int = 256
    layers: int = 6
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    mlp: int = 768
    vocab: int = 1536
    rope_theta: float = 1_000_000.0  # most of a head's dimensions then match content at any distance within the window
    max_positions: int = 4096


@dataclass(frozen=True)
class PocketConfig:
    vision: VisionConfig = field(default_factory=VisionConfig)
    audio: AudioConfig = field(default_factory=AudioConfig)
    text: TextConfig = field(default_factory=TextConfig)

    def to_dict(self) -> dict:
        return asdict(self)
