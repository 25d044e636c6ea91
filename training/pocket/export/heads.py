"""New heads behind an ear that stays, to the byte: what the model answers is the same, but for what the heads let through.

    python -m pocket.export.heads --folder ../models/visavis-pocket --ear work/ear_int8.onnx     # what the heads learn on: middle and heard, of the shipped ear
    python -m pocket.export.heads --folder ../models/visavis-pocket --heads work/run_h1/last.pt --version 3.1.0
"""
from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import helper
from torch import Tensor, nn

from pocket.model.config import PocketConfig
from pocket.model.heads import HEADS, EarHeads

from .export import OPSET, load_head, sealed, store_half

EAR = "onnx/audio_encoder.onnx"
TAPS = ("middle", "heard")
_MINE = "/heads/"


class HeadsGraph(nn.Module):
    """middle and heard [1, S, hidden] -> a probability a head, each [1]."""

    def __init__(self, heads: EarHeads) -> None:
        super().__init__()
        self.heads = heads

    def forward(self, middle: Tensor, heard: Tensor) -> tuple[Tensor, ...]:
        return torch.sigmoid(self.heads(middle, heard)).unbind(-1)


def taps_of(graph: onnx.GraphProto) -> tuple[str, str]:
    """The tensors that the heads read: what goes into their norms."""
    found = [n.input[0] for which in range(2) for n in graph.node if n.name.startswith(f"{_MINE}norms.{which}/") and n.op_type == "LayerNormalization"]
    if len(found) != 2:
        raise ValueError(f"heads have two norms in front; here are {len(found)}")
    return found[0], found[1]


def pruned(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without nodes and weights that no output needs."""
    graph = model.graph
    needed, kept = {o.name for o in graph.output}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    initialisers = [t for t in graph.initializer if t.name in needed]
    for field, values in ((graph.node, kept[::-1]), (graph.initializer, initialisers)):
        del field[:]
        field.extend(values)
    return model


def tapped(source: Path) -> onnx.ModelProto:
    """The ear alone, as a graph from mel frames to `middle` and `heard`."""
    model = onnx.load(str(source))
    graph = model.graph
    for name, tap in zip(TAPS, taps_of(graph)):
        graph.node.append(helper.make_node("Identity", [tap], [name]))
    del graph.output[:]
    graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, "frames", PocketConfig().audio.hidden]) for name in TAPS)
    return pruned(model)


def replaced(source: Path, heads: EarHeads) -> onnx.ModelProto:
    """The ear's graph with other heads, in float; all else is as it was."""
    model = onnx.load(str(source))
    taps = taps_of(model.graph)
    ends = [o for o in model.graph.output if o.name in HEADS]
    for end in ends:
        model.graph.output.remove(end)
    model = pruned(model)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "heads.onnx"
        sounds = tuple(torch.randn(1, 64, PocketConfig().audio.hidden) for _ in TAPS)
        torch.onnx.export(HeadsGraph(heads).eval(), sounds, str(path), input_names=list(TAPS), output_names=list(HEADS), dynamic_axes={name: {1: "frames"} for name in TAPS}, opset_version=OPSET, dynamo=False)
        store_half(path)
        new = onnx.load(str(path)).graph
    # Their names are kept apart from the ear's; norms keep theirs, by which the taps are found again.
    named = {**dict(zip(TAPS, taps)), **{name: name for name in HEADS}}
    renamed = lambda name: named.get(name) or (name and f"ear_{name}")  # noqa: E731
    for node in new.node:
        node.input[:] = [renamed(x) for x in node.input]
        node.output[:] = [renamed(x) for x in node.output]
        if not node.name.startswith(_MINE):
            node.name = f"{_MINE}{node.name.lstrip('/') or node.output[0]}"
    for weight in new.initializer:
        weight.name = renamed(weight.name)
    # Casts of weights come first, as the whole must be in order.
    model.graph.node.extend(new.node)
    model.graph.initializer.extend(new.initializer)
    model.graph.output.extend(ends)
    onnx.checker.check_model(model)
    return model


def session(model: onnx.ModelProto) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def compare(before: onnx.ModelProto, after: onnx.ModelProto, ear: onnx.ModelProto, heads: EarHeads) -> dict[str, float]:
    """On noise: features before and after, and the graph's heads against PyTorch's on the same taps."""
    rng, features, told = np.random.default_rng(0), 0.0, 0.0
    one, two, three = session(before), session(after), session(ear)
    for frames in (32, 200, 480):
        mel = {"input_features": rng.normal(-2, 1.5, (1, frames, PocketConfig().audio.n_mels)).astype(np.float32)}
        features = max(features, float(np.abs(one.run(["audio_features"], mel)[0] - two.run(["audio_features"], mel)[0]).max()))
        middle, heard = (torch.from_numpy(x) for x in three.run(list(TAPS), mel))
        with torch.no_grad():
            wanted = torch.sigmoid(heads(middle, heard)).numpy().ravel()
        told = max(told, float(np.abs(np.array(two.run(list(HEADS), mel)).ravel() - wanted).max()))
    return {"features": features, "heads": told}


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--folder", type=Path, required=True)
    p.add_argument("--ear", type=Path, help="write the ear alone there")
    p.add_argument("--heads", type=Path, help="`last.pt` of pocket.stages.heads, or the weights alone")
    p.add_argument("--version", help="of the folder with these heads")
    a = p.parse_args(argv)
    path = a.folder / EAR
    if a.ear:
        onnx.save(tapped(path), str(a.ear))
    if not a.heads:
        return
    if not a.version:
        p.error("other heads make another version")
    heads = load_head(a.heads, PocketConfig())
    before, ear = onnx.load(str(path)), tapped(path)
    after = replaced(path, heads)
    gaps = compare(before, after, ear, heads)
    print(json.dumps(gaps))
    if gaps["features"] != 0 or gaps["heads"] > 1e-4:
        raise SystemExit("what is written is not what was trained")
    onnx.save(after, str(path))
    manifest = json.loads((a.folder / "manifest.json").read_text())
    manifest["version"] = a.version
    manifest["files"][EAR] = sealed(path)
    (a.folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
