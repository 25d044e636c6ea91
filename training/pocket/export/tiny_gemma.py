"""Tiny folders with random weights, in the shape of the open Gemma 3n and Gemma 4 exports for transformers.js.

The loader is tested on them, token for token against that library. What they compute means nothing; what goes in and comes out, its names,
its shapes and the files around it are those of the real exports: embeddings a layer (`per_layer_inputs`), layers that share a cache,
caches of different widths, Gemma 3n's fixed number of tokens a sound, Gemma 4's patches with positions.
"""
from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pocket.model.layers import RMSNorm, SwiGLU, rope_angles, rotate

from .export import export_graph
from .standard import causal_bias, export_decoder, write_json, write_manifest


@dataclass(frozen=True)
class Shape:
    kind: str
    hidden: int = 16
    heads: int = 4
    kv_heads: int = 2
    head_dims: tuple[int, ...] = (4, 4, 4)  # one for each layer
    shared: int = 1  # the last layers, which read the cache of the last one that has its own
    per_layer: int = 4
    mels: int = 8
    image_size: int = 16
    image_tokens: int = 4
    audio_tokens: int = 6  # Gemma 3n: of every sound, whatever its length
    patch: int = 4  # Gemma 4
    pool: int = 2

    @property
    def cached(self) -> int:
        return len(self.head_dims) - self.shared


GEMMA3N = Shape("gemma3n")
GEMMA4 = Shape("gemma4", head_dims=(4, 8, 8))

SPECIAL = {
    "gemma3n": {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>", "image_token": "<image_soft_token>", "boi_token": "<start_of_image>", "eoi_token": "<end_of_image>", "audio_token": "<audio_soft_token>", "boa_token": "<start_of_audio>", "eoa_token": "<end_of_audio>", "sot_token": "<start_of_turn>", "eot_token": "<end_of_turn>"},
    "gemma4": {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>", "image_token": "<|image|>", "boi_token": "<|image>", "eoi_token": "<image|>", "audio_token": "<|audio|>", "boa_token": "<|audio>", "eoa_token": "<audio|>", "sot_token": "<|turn>", "eot_token": "<turn|>"},
}
PIECES = ["▁", "\n", "\n\n", *"abcdefghijklmnopqrstuvwxyz?.,!", "▁t", "he", "▁the", "in", "▁s", "er", "ee", "▁see"]
MERGES = [["\n", "\n"], ["▁", "t"], ["h", "e"], ["▁t", "he"], ["i", "n"], ["▁", "s"], ["e", "r"], ["e", "e"], ["▁s", "ee"]]


class Embed(nn.Module):
    """input_ids -> inputs_embeds [B, S, hidden], per_layer_inputs [B, S, layers, width]."""

    def __init__(self, s: Shape, vocab: int) -> None:
        super().__init__()
        self.s = s
        self.words = nn.Embedding(vocab, s.hidden)
        self.layers = nn.Embedding(vocab, len(s.head_dims) * s.per_layer)

    def forward(self, input_ids: Tensor) -> tuple[Tensor, Tensor]:
        b, n = input_ids.shape
        return self.words(input_ids), self.layers(input_ids).view(b, n, len(self.s.head_dims), self.s.per_layer)


class Layer(nn.Module):
    def __init__(self, s: Shape, index: int) -> None:
        super().__init__()
        self.s, self.dim = s, s.head_dims[index]
        self.norm1, self.norm2 = RMSNorm(s.hidden), RMSNorm(s.hidden)
        self.q = nn.Linear(s.hidden, s.heads * self.dim, bias=False)
        self.kv = nn.Linear(s.hidden, 2 * s.kv_heads * self.dim, bias=False) if index < s.cached else None
        self.out = nn.Linear(s.heads * self.dim, s.hidden, bias=False)
        self.per_layer = nn.Linear(s.per_layer, s.hidden, bias=False)
        self.mlp = SwiGLU(s.hidden, 2 * s.hidden)

    def forward(self, x: Tensor, extra: Tensor, at: tuple[Tensor, Tensor], cache: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """`at`: positions and bias; `cache`: the past of this layer, or the whole cache that it shares."""
        positions, bias = at
        b, n, _ = x.shape
        cos, sin = (t.unsqueeze(1) for t in rope_angles(positions, self.dim, 10_000.0))
        y = self.norm1(x)
        q = rotate(self.q(y).view(b, n, self.s.heads, self.dim).transpose(1, 2), cos, sin)
        k, v = cache
        if self.kv is not None:
            new_k, new_v = self.kv(y).view(b, n, 2 * self.s.kv_heads, self.dim).transpose(1, 2).chunk(2, dim=1)
            k, v = torch.cat((k, rotate(new_k, cos, sin)), dim=2), torch.cat((v, new_v), dim=2)
        group = self.s.heads // self.s.kv_heads
        scores = q @ k.repeat_interleave(group, dim=1).transpose(-1, -2) * self.dim**-0.5 + bias
        attended = torch.softmax(scores, dim=-1) @ v.repeat_interleave(group, dim=1)
        x = x + self.out(attended.transpose(1, 2).flatten(2)) + self.per_layer(extra)
        return x + self.mlp(self.norm2(x)), (k, v)


class Decoder(nn.Module):
    def __init__(self, s: Shape, vocab: int) -> None:
        super().__init__()
        self.s = s
        self.layers = nn.ModuleList(Layer(s, i) for i in range(len(s.head_dims)))
        self.norm = RMSNorm(s.hidden)
        self.head = nn.Linear(s.hidden, vocab, bias=False)

    def forward(self, inputs_embeds: Tensor, attention_mask: Tensor, position_ids: Tensor, num_logits_to_keep: Tensor, per_layer_inputs: Tensor, *past: Tensor) -> tuple[Tensor, ...]:
        at = (position_ids, causal_bias(attention_mask, inputs_embeds.shape[1]))
        x, present = inputs_embeds, []
        cache = (past[0], past[1])
        for i, layer in enumerate(self.layers):
            if i < self.s.cached:
                cache = (past[2 * i], past[2 * i + 1])
            x, cache = layer(x, per_layer_inputs[:, :, i], at, cache)
            if i < self.s.cached:
                present += cache
        return self.head(self.norm(x[:, -num_logits_to_keep:])), *present


class Vision3n(nn.Module):
    """pixel_values [N, 3, side, side] -> image_features [N, tokens, hidden]."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        cell = s.image_size // int(s.image_tokens**0.5)
        self.cells = nn.Conv2d(3, s.hidden, cell, stride=cell)

    def forward(self, pixel_values: Tensor) -> Tensor:
        return torch.tanh(self.cells(pixel_values)).flatten(2).transpose(1, 2)


class Vision4(nn.Module):
    """pixel_values [N, patches, patch * patch * 3] with positions [N, patches, 2] (column, row; -1: none) -> image_features [tokens, hidden]."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.s = s
        self.fc = nn.Linear(3 * s.patch * s.patch, s.hidden)

    def forward(self, pixel_values: Tensor, pixel_position_ids: Tensor) -> Tensor:
        side = self.s.image_size // self.s.patch // self.s.pool
        valid = (pixel_position_ids >= 0).all(dim=-1)
        cell = torch.div(pixel_position_ids, self.s.pool, rounding_mode="floor")
        index = cell[..., 1] * side + cell[..., 0]
        belongs = (index.unsqueeze(1) == torch.arange(side * side).view(1, -1, 1)) & valid.unsqueeze(1)
        pooled = belongs.to(torch.float32) @ self.fc(pixel_values) / self.s.pool**2
        return torch.tanh(pooled).flatten(0, 1)


class Audio3n(nn.Module):
    """input_features [1, T, mels] and mask [1, T] -> audio_features [1, tokens, hidden]: as many for every sound."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(s.audio_tokens, s.hidden))
        self.fc = nn.Linear(s.mels, 2 * s.hidden)

    def forward(self, input_features: Tensor, input_features_mask: Tensor) -> Tensor:
        k, v = self.fc(input_features * 0.2).chunk(2, dim=-1)
        scores = self.queries @ k.transpose(-1, -2) + (~input_features_mask).to(torch.float32).unsqueeze(1) * -1e9
        return torch.tanh(torch.softmax(scores, dim=-1) @ v)


class Audio4(nn.Module):
    """input_features [1, T, mels] and mask [1, T] -> audio_features [1, tokens, hidden]: a quarter of the valid frames."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.one = nn.Conv1d(s.mels, s.hidden, 3, stride=2, padding=1)
        self.two = nn.Conv1d(s.hidden, s.hidden, 3, stride=2, padding=1)

    def forward(self, input_features: Tensor, input_features_mask: Tensor) -> Tensor:
        mask = input_features_mask.to(torch.float32).unsqueeze(1)
        x = torch.tanh(self.one((input_features * 0.2).transpose(1, 2) * mask)) * mask[:, :, ::2]
        x = torch.tanh(self.two(x)).transpose(1, 2)
        return x[:, input_features_mask[0, ::4]]


def tokenizer_json(kind: str) -> dict:
    """Byte-pair pieces over "▁" for a space, with bytes to fall back on, as Gemma's; small."""
    special = SPECIAL[kind]
    vocab: dict[str, int] = {}
    for piece in [*special.values(), *(f"<0x{b:02X}>" for b in range(256)), *PIECES]:
        vocab[piece] = len(vocab)
    added = [{"id": vocab[t], "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True} for t in special.values()]
    space = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    decoder = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]}
    model = {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False, "vocab": vocab, "merges": MERGES}
    split = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": space, "pre_tokenizer": split, "post_processor": None, "decoder": decoder, "model": model}


def chat_template(kind: str) -> str:
    """Gemma 3n knows no system turn: what is said there opens the first user turn. Gemma 4 has one."""
    t = SPECIAL[kind]
    sot, eot = t["sot_token"], t["eot_token"]
    part = "{%- if m['content'] is string -%}{{ m['content'] | trim }}{%- else -%}{%- for item in m['content'] -%}{%- if item['type'] == 'image' -%}{{ '" + t["image_token"] + "' }}{%- elif item['type'] == 'audio' -%}{{ '" + t["audio_token"] + "' }}{%- elif item['type'] == 'text' -%}{{ item['text'] | trim }}{%- endif -%}{%- endfor -%}{%- endif -%}"
    role = "{%- if m['role'] == 'assistant' -%}{%- set role = 'model' -%}{%- else -%}{%- set role = m['role'] -%}{%- endif -%}"
    open_ = "{{ '" + sot + "' + role + '\\n' }}"
    close = "{{ '" + eot + "\\n' }}"
    prompt = "{%- if add_generation_prompt -%}{{ '" + sot + "model\\n' }}{%- endif -%}\n"
    if kind == "gemma4":
        return "{{ bos_token }}\n{%- for m in messages -%}\n" + role + open_ + part + close + "{%- endfor -%}\n" + prompt
    first = "{%- if messages[0]['role'] == 'system' -%}{%- set prefix = (messages[0]['content'] if messages[0]['content'] is string else messages[0]['content'][0]['text']) + '\\n\\n' -%}{%- set rest = messages[1:] -%}{%- else -%}{%- set prefix = '' -%}{%- set rest = messages -%}{%- endif -%}\n"
    alternate = "{%- if (m['role'] == 'user') != (loop.index0 % 2 == 0) -%}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{%- endif -%}"
    return "{{ bos_token }}\n" + first + "{%- for m in rest -%}\n" + alternate + role + open_ + "{%- if loop.first -%}{{ prefix }}{%- endif -%}" + part + close + "{%- endfor -%}\n" + prompt


def write_configs(s: Shape, folder: Path) -> int:
    """Every file that is not a graph. -> size of the vocabulary"""
    tokenizer = tokenizer_json(s.kind)
    vocab = tokenizer["model"]["vocab"]
    t = SPECIAL[s.kind]
    family = {"gemma3n": "Gemma3n", "gemma4": "Gemma4"}[s.kind]
    architecture, processor = f"{family}ForConditionalGeneration", f"{family}Processor"
    text = {"model_type": f"{s.kind}_text", "hidden_size": s.hidden, "num_hidden_layers": len(s.head_dims), "num_attention_heads": s.heads, "num_key_value_heads": s.kv_heads, "head_dim": s.head_dims[0], "num_kv_shared_layers": s.shared, "hidden_size_per_layer_input": s.per_layer, "vocab_size": len(vocab), "max_position_embeddings": 1024}
    write_json(folder / "config.json", {"architectures": [architecture], "model_type": s.kind, "image_token_id": vocab[t["image_token"]], "audio_token_id": vocab[t["audio_token"]], "text_config": text, "vision_config": {"hidden_size": s.hidden}, "audio_config": {"hidden_size": s.hidden}})
    write_json(folder / "generation_config.json", {"bos_token_id": vocab["<bos>"], "eos_token_id": [vocab["<eos>"], vocab[t["eot_token"]]], "pad_token_id": vocab["<pad>"]})
    write_json(folder / "tokenizer.json", tokenizer)
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "GemmaTokenizer", "add_bos_token": False, **t, "image_token_id": vocab[t["image_token"]], "audio_token_id": vocab[t["audio_token"]], "model_max_length": 1024, "processor_class": processor})
    (folder / "chat_template.jinja").write_text(chat_template(s.kind))
    sound = {"feature_extractor_type": f"{family}AudioFeatureExtractor", "feature_size": s.mels, "sampling_rate": 16000, "padding_value": 0.0, "fft_length": 512, "hop_length": 160, "min_frequency": 125.0, "max_frequency": 7600.0}
    if s.kind == "gemma3n":
        sound |= {"frame_length": 512, "fft_length": 1024, "preemphasis": 0.97, "preemphasis_htk_flavor": True, "mel_floor": 1e-5}
        image = {"image_processor_type": "SiglipImageProcessorFast", "do_resize": True, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": False, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": {"height": s.image_size, "width": s.image_size}, "resample": 2}
        write_json(folder / "preprocessor_config.json", {"processor_class": processor, **image, **sound})
        write_json(folder / "processor_config.json", {"processor_class": processor, "audio_seq_length": s.audio_tokens, "image_seq_length": s.image_tokens})
    else:
        sound |= {"frame_length": 320, "preemphasis": 0.0, "preemphasis_htk_flavor": True, "mel_floor": 1e-3}
        image = {"image_processor_type": "Gemma4ImageProcessor", "do_resize": True, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": False, "patch_size": s.patch, "pooling_kernel_size": s.pool, "max_soft_tokens": s.image_tokens + 1, "resample": 3}
        write_json(folder / "preprocessor_config.json", {"processor_class": processor, **image})
        write_json(folder / "processor_config.json", {"processor_class": processor, "audio_ms_per_token": 40, "audio_seq_length": 750, "image_seq_length": s.image_tokens + 1, "image_processor": image, "feature_extractor": sound})
    return len(vocab)


def write_folder(s: Shape, folder: Path) -> None:
    torch.manual_seed(7)
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    vocab = write_configs(s, folder)
    embed, decoder = Embed(s, vocab), Decoder(s, vocab)
    vision, audio = (Vision3n(s), Audio3n(s)) if s.kind == "gemma3n" else (Vision4(s), Audio4(s))
    with torch.no_grad():
        for p in [*decoder.parameters(), *vision.parameters(), *audio.parameters()]:
            p.mul_(2.5)  # Wide weights: greedy answers that wander instead of repeating one token.
        for p in (*embed.parameters(), *decoder.parameters()):
            p.copy_(p.half().float())
    graphs = folder / "onnx"
    ids = {0: "batch_size", 1: "sequence_length"}
    export_graph(embed, (torch.zeros(1, 3, dtype=torch.long),), graphs / "embed_tokens.onnx", ["input_ids"], ["inputs_embeds", "per_layer_inputs"], {"input_ids": ids, "inputs_embeds": ids, "per_layer_inputs": ids})
    if s.kind == "gemma3n":
        export_graph(vision, (torch.zeros(2, 3, s.image_size, s.image_size),), graphs / "vision_encoder.onnx", ["pixel_values"], ["image_features"], {"pixel_values": {0: "images"}, "image_features": {0: "images"}})
    else:
        patches = (s.image_tokens + 1) * s.pool**2
        export_graph(vision, (torch.zeros(2, patches, 3 * s.patch**2), torch.zeros(2, patches, 2, dtype=torch.long)), graphs / "vision_encoder.onnx", ["pixel_values", "pixel_position_ids"], ["image_features"], {"pixel_values": {0: "images"}, "pixel_position_ids": {0: "images"}, "image_features": {0: "tokens"}})
    frames = {0: "batch_size", 1: "frames"}
    export_graph(audio, (torch.zeros(1, 16, s.mels), torch.ones(1, 16, dtype=torch.bool)), graphs / "audio_encoder.onnx", ["input_features", "input_features_mask"], ["audio_features"], {"input_features": frames, "input_features_mask": frames, "audio_features": {1: "tokens"}})
    export_decoder(decoder, graphs / "decoder_model_merged.onnx", {"hidden": s.hidden, "past": [(s.kv_heads, d) for d in s.head_dims[: s.cached]], "per_layer": (len(s.head_dims), s.per_layer)})
    parameters = sum(p.numel() for m in (embed, decoder, vision, audio) for p in m.parameters())
    write_manifest(folder, {"name": f"tiny-{s.kind}", "version": "1", "license": "Apache-2.0", "parameters": parameters})


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", type=Path, required=True, help="folder for tiny-gemma3n and tiny-gemma4")
    a = p.parse_args()
    for shape in (GEMMA3N, GEMMA4):
        write_folder(shape, a.out / f"tiny-{shape.kind}")


if __name__ == "__main__":
    main()
