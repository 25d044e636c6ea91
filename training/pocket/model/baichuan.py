"""The shapes of Baichuan-omni 7B in our configuration: the same code at the paper's size (arXiv 2410.08565, parts 3.2.1 to 3.2.3).

The paper names its encoders and its token counts. It does not give the decoder's shape, its context, or how many tiles a picture may have: those are
Baichuan2-7B's shape, what 48 frames of video need, and LLaVA-NeXT's four. Unlike its originals, the audio encoder has rotary positions and looks
30 s back at most, block by block (one block of 30 s here: full attention, as Whisper's), and the decoder's output layer is its embedding.
"""
from __future__ import annotations

from .config import AudioConfig, PocketConfig, TextConfig, VisionConfig

BAICHUAN_OMNI_7B = PocketConfig(
    # SigLIP-so400m at 384 pixels: 27x27 patches, without its pooling head.
    vision=VisionConfig(
        image_size=384, patch=14, stem=(), hidden=1152, layers=27, heads=16, mlp=4304, projector_hidden=4096, projector_kernel=1, projector_places=False,
        image_tiles=4, frame_tiles=2, max_frames=48,
    ),
    # The encoder of Whisper-large-v3.
    audio=AudioConfig(n_mels=128, n_fft=400, hidden=1280, layers=32, heads=20, mlp=5120, gated=False, block_frames=1504, left_context_blocks=0, pool=4),
    text=TextConfig(hidden=4096, layers=32, heads=32, kv_heads=32, head_dim=128, mlp=11_008, vocab=125_696, rope_theta=10_000.0, max_positions=32_768),
)
