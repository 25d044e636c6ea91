"""The same weights as a standard export: `past_key_values.N` in, `present.N` out, in the folder layout of transformers.js.

For comparison with delta KV, and for the loader's sake: https://huggingface.co/docs/transformers.js names the files. The audio front-end
stays a graph of its own (`audio_frontend.onnx`), because our mel is not among the feature extractors of that library.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path

import torch
from torch import Tensor, nn

from pocket.model.layers import rope_angles
from pocket.model.omni import SPECIAL_TOKENS, Pocket, parameter_count

from .export import CHAT_TEMPLATE, config_json, export_graph, load
from .onnx_graphs import NEGATIVE, EmbedTokens, VisionGraph

MODEL_TYPE = "visavis-pocket-standard"


def causal_bias(attention_mask: Tensor, steps: int) -> Tensor:
    """attention_mask [B, P + S] -> [B, 1, S, P + S]: 0 where row i of the last S may look, a large negative number elsewhere."""
    total = attention_mask.shape[1]
    late = torch.arange(total).unsqueeze(0) > (torch.arange(steps) + (total - steps)).unsqueeze(1)
    hidden = late.unsqueeze(0) | (attention_mask == 0).unsqueeze(1)
    return hidden.unsqueeze(1).to(torch.float32) * NEGATIVE


class StandardDecoder(nn.Module):
    """inputs_embeds, attention_mask, position_ids, num_logits_to_keep (0: all), past -> logits [B, kept, V], present."""

    def __init__(self, m: Pocket) -> None:
        super().__init__()
        self.decoder = m.decoder

    def forward(self, inputs_embeds: Tensor, attention_mask: Tensor, position_ids: Tensor, num_logits_to_keep: Tensor, *past: Tensor) -> tuple[Tensor, ...]:
        d = self.decoder
        c = d.c
        b, s, _ = inputs_embeds.shape
        cos, sin = (t.unsqueeze(1) for t in rope_angles(position_ids, c.head_dim, c.rope_theta))
        bias = causal_bias(attention_mask, s).repeat(1, 1, c.heads // c.kv_heads, 1)
        present: list[Tensor] = []
        x = inputs_embeds
        for i, layer in enumerate(d.layers):
            q, k, v = layer.project(x, cos, sin)
            k, v = torch.cat((past[2 * i], k), dim=2), torch.cat((past[2 * i + 1], v), dim=2)
            present += [k, v]
            # The queries of a group share their keys.
            q = q.reshape(b, c.kv_heads, c.heads // c.kv_heads * s, c.head_dim) * c.head_dim**-0.5
            attended = torch.softmax(q @ k.transpose(-1, -2) + bias, dim=-1) @ v
            x = layer.finish(x, attended.reshape(b, c.heads, s, c.head_dim))
        return d.logits(x[:, -num_logits_to_keep:]), *present


class WholeAudio(nn.Module):
    """log-mel of a whole utterance [1, k, mels] -> features [1, k / melPerToken, D]. What streaming gives block by block."""

    def __init__(self, m: Pocket) -> None:
        super().__init__()
        self.encoder, self.projector = m.audio, m.audio_projector

    def forward(self, input_features: Tensor) -> Tensor:
        return self.projector(self.encoder(input_features))


def export_decoder(decoder: nn.Module, path: Path, o: dict) -> None:
    """`o`: hidden, vocab, past: shapes (heads, dim) of each cached layer, and `per_layer` (layers, dim) where the decoder takes such inputs."""
    cache = o["past"]
    names = [f"{i}.{kind}" for i in range(len(cache)) for kind in ("key", "value")]
    past = [torch.zeros(1, heads, 5, dim) for heads, dim in cache for _ in range(2)]
    inputs = ["inputs_embeds", "attention_mask", "position_ids", "num_logits_to_keep"]
    args: list[Tensor] = [torch.zeros(1, 3, o["hidden"]), torch.ones(1, 8, dtype=torch.long), torch.arange(5, 8).unsqueeze(0), torch.tensor(1)]
    dynamic = {"inputs_embeds": {0: "batch_size", 1: "sequence_length"}, "attention_mask": {0: "batch_size", 1: "total_sequence_length"}, "position_ids": {0: "batch_size", 1: "sequence_length"}, "logits": {0: "batch_size", 1: "kept"}}
    if "per_layer" in o:
        inputs.append("per_layer_inputs")
        args.append(torch.zeros(1, 3, *o["per_layer"]))
        dynamic["per_layer_inputs"] = {0: "batch_size", 1: "sequence_length"}
    dynamic |= {f"past_key_values.{n}": {0: "batch_size", 2: "past_sequence_length"} for n in names} | {f"present.{n}": {0: "batch_size", 2: "total_sequence_length"} for n in names}
    export_graph(decoder, (*args, *past), path, [*inputs, *(f"past_key_values.{n}" for n in names)], ["logits", *(f"present.{n}" for n in names)], dynamic)


def export_graphs(model: Pocket, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    c = model.c
    t, a, v = c.text, c.audio, c.vision
    ids = {0: "batch_size", 1: "sequence_length"}
    export_graph(EmbedTokens(model), (torch.zeros(1, 3, dtype=torch.long),), folder / "embed_tokens.onnx", ["input_ids"], ["inputs_embeds"], {"input_ids": ids, "inputs_embeds": ids})
    export_graph(VisionGraph(model), (torch.zeros(2, 3, v.image_size, v.image_size),), folder / "vision_encoder.onnx", ["pixel_values"], ["image_features"], {"pixel_values": {0: "frames"}, "image_features": {0: "frames"}})
    export_graph(model.frontend, (torch.zeros(1, a.window - a.hop + 8 * a.hop),), folder / "audio_frontend.onnx", ["pcm"], ["input_features"], {"pcm": {1: "samples"}, "input_features": {1: "mel_frames"}})
    export_graph(WholeAudio(model), (torch.zeros(1, 12 * a.mel_per_token, a.n_mels),), folder / "audio_encoder.onnx", ["input_features"], ["audio_features"], {"input_features": {1: "mel_frames"}, "audio_features": {1: "tokens"}})
    export_decoder(StandardDecoder(model), folder / "decoder_model_merged.onnx", {"hidden": t.hidden, "past": [(t.kv_heads, t.head_dim)] * t.layers})


def write_manifest(folder: Path, about: dict) -> None:
    """Size and sha256 of every other file, so that damage is found when the folder is loaded."""
    files = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in ("manifest.json", "README.md")):
        data = path.read_bytes()
        files[path.relative_to(folder).as_posix()] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    write_json(folder / "manifest.json", {**about, "files": files})


def write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_folder(model: Pocket, tokenizer_file: Path, folder: Path, version: str) -> None:
    export_graphs(model, folder / "onnx")
    shutil.copy(tokenizer_file, folder / "tokenizer.json")
    ids = {t["content"]: t["id"] for t in json.loads(tokenizer_file.read_text())["added_tokens"]}
    size = model.c.vision.image_size
    write_json(folder / "config.json", {**config_json(model.c, None), "model_type": MODEL_TYPE, "image_token_id": ids["<|frame|>"], "audio_token_id": ids["<|audio|>"]})
    write_json(folder / "generation_config.json", {"max_new_tokens": 96, "do_sample": False, "eos_token_id": [ids["<|end|>"]]})
    marks = {"bos_token": "<|bos|>", "eos_token": "<|end|>", "pad_token": "<|pad|>", "image_token": "<|frame|>", "boi_token": "<|frame|>", "eoi_token": "", "audio_token": "<|audio|>", "boa_token": "<|audio|>", "eoa_token": ""}
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", **marks, "additional_special_tokens": list(SPECIAL_TOKENS)})
    write_json(folder / "preprocessor_config.json", {"size": {"height": size, "width": size}, "do_resize": True, "resize": "squash", "do_normalize": True, "rescale_factor": 1 / 255, "image_mean": [0.5] * 3, "image_std": [0.5] * 3})
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE)
    write_manifest(folder, {"name": MODEL_TYPE, "version": version, "license": "Apache-2.0", "parameters": parameter_count(model)})


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--checkpoint", type=Path, help="none: random weights")
    p.add_argument("--tokenizer", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--version", default="1.0.0")
    a = p.parse_args()
    torch.manual_seed(0)
    vocab = len(json.loads(a.tokenizer.read_text())["model"]["vocab"])
    write_folder(load(a.checkpoint, vocab), a.tokenizer, a.out, a.version)


if __name__ == "__main__":
    main()
