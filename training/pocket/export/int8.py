"""int8 beside float32: a copy of a model folder whose matrix products are quantised, and how fast each of its graphs is against the original.

    python -m pocket.export.int8 --folder ../models/visavis-pocket --out work/int8 [--graphs vision_encoder audio_encoder decoder_model]
    npm run eval -- --model training/work/int8

Dynamic quantisation (weights by channel, activations as they come): what needs no calibration set. The copy's manifest is true of it. It pays only where
it is faster without the evaluation losing over half a point; docs/adr/0022 has the figures.
"""
from __future__ import annotations

import argparse
import json
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnx import TensorProto
from onnxruntime.quantization import QuantType, quantize_dynamic

from .export import sealed
from .parity import Graphs

GRAPHS = ("vision_encoder", "audio_encoder", "decoder_model")


def quantise(source: Path, target: Path) -> None:
    options = ort.SessionOptions()  # weights lie as float16 behind a Cast, which has to be folded before they are seen as weights
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(target)
    ort.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])
    # Convolutions stay: onnxruntime's integer convolution on CPUs is slower than its float one.
    quantize_dynamic(target, target, per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"], extra_options={"DefaultTensorType": TensorProto.FLOAT})


def write_folder(folder: Path, out: Path, graphs: list[str]) -> None:
    shutil.copytree(folder, out, dirs_exist_ok=True)
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in graphs:
        path = out / "onnx" / f"{name}.onnx"
        quantise(folder / "onnx" / path.name, path)
        manifest["files"][f"onnx/{path.name}"] = sealed(path)
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def workloads(g: Graphs, config: dict) -> dict[str, Callable[[], dict[str, np.ndarray]]]:
    """One call of each graph as the engine makes it: a frame, a block of audio, a token behind 500 others, and a question's prefill."""
    rng = np.random.default_rng(0)
    a, t, v = config["audio"], config["text"], config["vision"]
    noise = lambda *shape: rng.normal(0, 0.3, shape).astype(np.float32)  # noqa: E731

    def decoder(rows: int, past: int) -> Callable[[], dict[str, np.ndarray]]:
        caches = {k: noise(1, x.shape[1], past, x.shape[3]) for k, x in g.caches("decoder_model").items()}
        feeds = {"inputs_embeds": noise(1, rows, t["hidden_size"]), "position_ids": np.arange(past, past + rows)[None], "past_bias": np.zeros((1, past), np.float32), **caches}
        return lambda: g.run("decoder_model", feeds)

    if a.get("ear") == "whisper":  # three seconds at once, whole tokens of them
        block = {"input_features": noise(1, 304, a["n_mels"])}
    else:
        past = {k: noise(1, x.shape[1], 64, x.shape[3]) for k, x in g.caches("audio_encoder").items()}
        block = {"input_features": noise(1, a["block_mel_frames"], a["n_mels"]), "past_conv1": noise(1, a["n_mels"], 2), "past_conv2": noise(1, a["hidden_size"], 1), "position": np.array([64]), **past}
    pixels = {"pixel_values": noise(1, 3, v["image_size"], v["image_size"])}
    return {
        "vision_encoder": lambda: g.run("vision_encoder", pixels), "audio_encoder": lambda: g.run("audio_encoder", block),
        "decoder_model token": decoder(1, 500), "decoder_model prefill": decoder(37, 500),
    }  # fmt: skip


def compare(folder: Path, out: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Median milliseconds of each call on one core, in turns so that both meet the same machine, and the largest difference of their first outputs."""
    config = json.loads((folder / "config.json").read_text())
    before, after = workloads(Graphs(folder), config), workloads(Graphs(out), config)
    found = {}
    for name in before:
        times: tuple[list[float], list[float]] = [], []
        for i in range(rounds + 5):
            for which, call in zip(times, (before[name], after[name])):
                start = time.perf_counter()
                call()
                if i >= 5:
                    which.append((time.perf_counter() - start) * 1000)
        one, two = (next(iter(call().values())) for call in (before[name], after[name]))
        float32, int8 = (statistics.median(x) for x in times)
        found[name] = {"float32Ms": round(float32, 3), "int8Ms": round(int8, 3), "timesFaster": round(float32 / int8, 2), "largestDifference": round(float(np.abs(one - two).max()), 4)}
    return found


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--folder", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--graphs", nargs="+", choices=GRAPHS, default=list(GRAPHS))
    p.add_argument("--rounds", type=int, default=60)
    a = p.parse_args(argv)
    write_folder(a.folder, a.out, a.graphs)
    print(json.dumps(compare(a.folder, a.out, a.rounds), indent=2))


if __name__ == "__main__":
    main()
