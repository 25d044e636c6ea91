"""The graphs of the model folder but the decoder's (decoder_graph.py), as modules whose forward has exactly the inputs and outputs that the
engine feeds and reads."""
from __future__ import annotations

import torch
from torch import Tensor, nn

from pocket.model.audio import AUDIO_ROPE_THETA
from pocket.model.heads import EarHeads
from pocket.model.layers import rope_angles
from pocket.model.omni import Pocket
from pocket.model.turn_end import TurnEndHead, tapped

NEGATIVE = -1e9


class EmbedTokens(nn.Module):
    def __init__(self, m: Pocket) -> None:
        super().__init__()
        self.embed = m.decoder.embed

    def forward(self, input_ids: Tensor) -> Tensor:
        return self.embed(input_ids)


class VisionGraph(nn.Module):
    def __init__(self, m: Pocket) -> None:
        super().__init__()
        self.vision, self.projector = m.vision, m.visual_projector

    def forward(self, pixel_values: Tensor) -> Tensor:
        return self.projector(self.vision(pixel_values))


def two_part_attention(q: Tensor, past_k: Tensor, past_v: Tensor, k: Tensor, v: Tensor, past_bias: Tensor | None, new_bias: Tensor | None) -> Tensor:
    """softmax over [q past^T | q new^T] without a concatenation of the past, which would copy the whole cache each step.

    q [B, H, S, D], past [B, H, P, D], new [B, H, S', D]; biases broadcast to [B, 1, S, P] and [1, 1, S, S'].
    """
    q = q * q.shape[-1] ** -0.5
    old, new = q @ past_k.transpose(-1, -2), q @ k.transpose(-1, -2)
    if past_bias is not None:
        old = old + past_bias
    if new_bias is not None:
        new = new + new_bias
    p = past_k.shape[2]
    weights = torch.softmax(torch.cat((old, new), dim=-1), dim=-1)
    return weights[..., :p] @ past_v + weights[..., p:] @ v


class WhisperGraph(nn.Module):
    """A whole utterance: log10 mel power [1, k, mels] -> tokens' features, and with heads what they tell of it, each [1]."""

    def __init__(self, m: Pocket, heads: EarHeads | None) -> None:
        super().__init__()
        self.encoder, self.projector, self.heads = m.audio, m.audio_projector, heads

    def forward(self, input_features: Tensor) -> tuple[Tensor, ...]:
        middle, heard = self.encoder.taps(input_features)
        features = self.projector(heard)
        if self.heads is None:
            return (features,)
        return features, *torch.sigmoid(self.heads(middle, heard)).unbind(-1)


class AudioGraph(nn.Module):
    """One block: log-mel [1, k, mels] and what came before -> tokens' features, with a turn-end head each 20 ms frame's probability, and the new rows
    of every layer: the encoder's, then the head's."""

    def __init__(self, m: Pocket, head: TurnEndHead | None) -> None:
        super().__init__()
        self.encoder, self.projector, self.head = m.audio, m.audio_projector, head

    def forward(self, input_features: Tensor, past_conv1: Tensor, past_conv2: Tensor, position: Tensor, *past: Tensor) -> tuple[Tensor, ...]:
        e = self.encoder
        x, next1, next2 = e.stem(input_features, past_conv1, past_conv2)
        positions = position.unsqueeze(1) + torch.arange(x.shape[1]).unsqueeze(0)
        taps = [x]
        rows: list[Tensor] = []

        def attend(blocks: nn.ModuleList, x: Tensor, head_dim: int, first: int) -> Tensor:
            cos, sin = (t.unsqueeze(1) for t in rope_angles(positions, head_dim, AUDIO_ROPE_THETA))
            for i, block in enumerate(blocks, first):
                q, k, v = block.project(x, cos, sin)
                rows.extend((k, v))
                x = block.finish(x, two_part_attention(q, past[2 * i], past[2 * i + 1], k, v, None, None))
                if tapped(i + 1, e.c.layers):
                    taps.append(x)
            return x

        heard = e.norm(attend(e.blocks, x, e.c.hidden // e.c.heads, 0))
        features = self.projector(heard)
        if self.head is None:
            return features, next1, next2, *rows
        h = self.head
        logits = h.finish(attend(h.blocks, h.begin([*taps, heard]), h.c.hidden // h.c.heads, e.c.layers))
        return features, torch.sigmoid(logits), next1, next2, *rows
