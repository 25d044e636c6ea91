"""Shapes of the model. The defaults are visavis-pocket; `baichuan.py` spells the paper's. Every count below is a setting, not a constant of the code."""
from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class VisionConfig:
    image_size: int = 192
    patch: int = 0  # pixels a side of a linear patch; 0: the convolutional stem
    stem: tuple[int, ...] = (32, 64, 128)  # channels after each stride-2 convolution but the last
    hidden: int = 192
    layers: int = 4
    heads: int = 3
    mlp: int = 512
    projector_hidden: int = 512
    projector_kernel: int = 3  # of the MLP's first layer: 1 is a linear layer, 3 looks at a token's neighbours (docs/adr/0010)
    projector_places: bool = True  # tokens are normalised and given their row and column (docs/adr/0010)
    image_tiles: int = 4  # AnyRes: at most so many tiles of a picture, beside the whole
    frame_tiles: int = 1  # the same of a frame of video; 1: never more than the whole
    max_frames: int = 48

    @property
    def grid(self) -> int:
        """Patches a side: the stem halves the picture once a convolution."""
        return self.image_size // (self.patch or 2 ** (len(self.stem) + 1))

    @property
    def pooled(self) -> tuple[int, int]:
        """Rows and columns of tokens after the 2x2 mean pool. Of an odd grid the last column is a window of its own and the last row is left
        out: 27x27 -> 13x14, the only product of two near halves that is the paper's 182."""
        return self.grid // 2, -(-self.grid // 2)

    @property
    def tokens_per_frame(self) -> int:
        """Tokens of one view: of a frame in one piece, of a tile, of the whole beside its tiles."""
        rows, columns = self.pooled
        return rows * columns


@dataclass(frozen=True)
class AudioConfig:
    ear: str = "causal"  # of the encoder: our own block-wise causal one, or "whisper": all of an utterance at once (docs/adr/0036)
    sample_rate: int = 16_000
    n_mels: int = 128
    n_fft: int = 512
    window: int = 400
    hop: int = 160
    hidden: int = 256
    layers: int = 4
    heads: int = 4
    mlp: int = 768
    gated: bool = True  # SwiGLU; else Whisper's plain MLP
    block_frames: int = 32  # 20 ms encoder frames in a block: 0.64 s
    left_context_blocks: int = 8
    pool: int = 4  # n of Conv-GMLP: 2, 4 or 8
    phonemes: int = 64
    max_seconds: int = 30
    window_mel: int = 960  # whisper: longer utterances are encoded in windows of so many mel frames,
    context_mel: int = 160  # each with so many of those before it
    narrow: int = 0  # channels that Conv-GMLP works in, behind a convolution over three frames; 0: the encoder's own

    def __post_init__(self) -> None:
        if self.pool not in (2, 4, 8) or self.block_frames % self.pool:
            raise ValueError(f"Conv-GMLP's n is 2, 4 or 8 and divides a block of {self.block_frames} frames; not {self.pool}")

    @property
    def projected(self) -> int:
        """Channels of Conv-GMLP's input."""
        return self.narrow or self.hidden

    @property
    def mel_per_token(self) -> int:
        """Mel frames (10 ms) in one token of the decoder."""
        return 2 * self.pool

    def tokens(self, samples: int) -> int:
        """Tokens of an utterance; the last one is filled up with silence."""
        return -(-samples // (self.hop * self.mel_per_token))


#: Whisper base's encoder, as visavis-pocket has it since 3.0.
WHISPER_BASE = AudioConfig(ear="whisper", n_mels=80, n_fft=400, hidden=512, layers=6, heads=8, mlp=2048, gated=False, narrow=256)


@dataclass(frozen=True)
class TurnEndConfig:
    """The head that tells whether the speaker has finished (docs/adr/0018)."""

    hidden: int = 128
    layers: int = 2
    heads: int = 2
    mlp: int = 256


@dataclass(frozen=True)
class TextConfig:
    hidden: int = 256
    layers: int = 6
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    mlp: int = 768
    vocab: int = 2048
    rope_theta: float = 1_000_000.0  # most of a head's dimensions then match content at any distance within the window
    max_positions: int = 4096


@dataclass(frozen=True)
class PocketConfig:
    vision: VisionConfig = field(default_factory=VisionConfig)
    audio: AudioConfig = WHISPER_BASE
    text: TextConfig = field(default_factory=TextConfig)

    def to_dict(self) -> dict:
        return asdict(self)
