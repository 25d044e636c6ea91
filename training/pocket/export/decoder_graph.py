"""The decoder as an ONNX graph written out node by node, with the operators that onnxruntime has kernels for.

A traced module comes with a few hundred nodes that compute shapes and slices: a third of the time of a token. And which of two products is
faster depends on how many rows a run has, which a trace cannot say. What it computes is `pocket.model.decoder.Decoder`; parity.py holds it to that.
"""
from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from pocket.model.config import TextConfig
from pocket.model.decoder import Decoder, DecoderLayer

from .onnx_graphs import NEGATIVE

OPSET = 18
MICROSOFT = "com.microsoft"
FEW = 8  # rows: their queries of one KV head are 16, as many columns as onnxruntime's kernel makes at once


class Nodes:
    """A growing list of nodes, each of which is called by the name of its first output."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}

    def add(self, op: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes: object) -> list[str]:
        at = f"{self.prefix}{op}_{len(self.nodes)}"
        names = [at, *(f"{at}.{i}" for i in range(1, outputs))]
        self.nodes.append(helper.make_node(op, list(inputs), names, name=at, domain=domain, **attributes))
        return names

    def one(self, op: str, *inputs: str, **attributes: object) -> str:
        return self.add(op, *inputs, **attributes)[0]

    def constant(self, name: str, value: np.ndarray) -> str:
        self.initializers[name] = numpy_helper.from_array(value, name)
        return name

    def weight(self, name: str, value: Tensor) -> str:
        return self.constant(name, np.ascontiguousarray(value.detach().numpy()))

    def ints(self, *values: int) -> str:
        return self.constant("ints_" + "_".join(str(v).replace("-", "m") for v in values), np.array(values, np.int64))

    def result(self, name: str, value: str) -> None:
        self.nodes.append(helper.make_node("Identity", [value], [name], name=name))

    def graph(self, output: str) -> onnx.GraphProto:
        """As the branch of an `If`."""
        return helper.make_graph(self.nodes, self.prefix.strip("/"), [], [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)])


class DecoderWriter:
    """inputs_embeds [B, S, hidden], position_ids [B, S], past_bias [B, P] and the past -> logits of the last rows [B, V] and the new rows.

    Delta KV: only the new rows come out; the caller keeps the slab. Each KV head of each layer is a plane [B, 1, P, D] of its own: the
    caller's rows are then one contiguous run, read without a copy. `past_bias` counts in runs of one row a sequence. A run of more rows is
    of sequences whose past is all their own: nobody makes another, and adding it to all those scores would cost as much as their softmax.
    """

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self.c: TextConfig = decoder.c
        self.g = Nodes()
        self.group = self.c.heads // self.c.kv_heads
        self.scale = float(self.c.head_dim**-0.5)
        self.rows: list[tuple[str, str]] = []

    def write(self) -> onnx.ModelProto:
        g, c = self.g, self.c
        self.shapes()
        self.angles()
        x, update = "inputs_embeds", None
        for index, layer in enumerate(self.decoder.layers):
            x, normed = self.norm(x, update, g.weight(f"layers.{index}.norm1", layer.norm1.weight))
            attended = self.attend(index, *self.project(index, layer, normed))
            x, normed = self.norm(x, attended, g.weight(f"layers.{index}.norm2", layer.norm2.weight))
            update = self.mlp(index, layer, normed)
        last = [g.one("Squeeze", g.one("Slice", v, g.ints(-1), g.ints(2**62), g.ints(1)), g.ints(1)) for v in (x, update)]
        _, normed = self.norm(*last, g.weight("norm", self.decoder.norm.weight))
        g.result("logits", g.one("MatMul", normed, g.weight("head", self.decoder.embed.weight.T)))
        for name, value in self.rows:
            g.result(name, value)
        graph = helper.make_graph(g.nodes, "decoder", self.inputs(), self.outputs(), list(g.initializers.values()))
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="visavis-pocket")

    def shapes(self) -> None:
        """What the layers share: lengths, and the shapes that queries take. All int64 vectors, but `is_step`."""
        g, c = self.g, self.c
        self.batch = g.one("Shape", "inputs_embeds", start=0, end=1)
        self.steps = g.one("Shape", "inputs_embeds", start=1, end=2)
        self.past = g.one("Shape", "past_key.0", start=2, end=3)
        one, group, dim = g.ints(1), g.ints(self.group), g.ints(c.head_dim)
        is_step = g.one("Equal", self.steps, one)
        self.is_step = g.one("Squeeze", is_step)
        self.is_few = g.one("Squeeze", g.one("LessOrEqual", self.steps, g.ints(FEW)))
        # The queries of a group share their keys. Many rows are one product, against [B, 1, P, D]. Of one row each query is a product of its
        # own, for which onnxruntime has a kernel that reads the values once and in order.
        rows = g.one("Where", is_step, one, g.one("Mul", self.steps, group))
        heads = g.one("Where", is_step, group, one)
        self.query_shape = g.one("Concat", self.batch, heads, rows, dim, axis=0)
        self.heads_shape = g.one("Concat", self.batch, g.ints(c.heads), self.steps, dim, axis=0)
        self.parts = g.one("Concat", self.past, self.steps, axis=0)
        zero, step = g.constant("zero", np.int64(0)), g.constant("step", np.int64(1))
        at = g.one("Range", zero, g.one("Squeeze", self.steps), step)
        later = g.one("Less", g.one("Unsqueeze", at, one), g.one("Unsqueeze", at, g.ints(0)))
        causal = g.one("Where", later, g.constant("negative", np.float32(NEGATIVE)), g.constant("none", np.float32(0)))
        self.causal = g.one("Tile", causal, g.one("Concat", g.one("Where", is_step, one, group), one, axis=0))
        self.bias = g.one("Unsqueeze", "past_bias", g.ints(1, 2))

    def angles(self) -> None:
        """cos and sin [B * S, D / 2] of this run's positions, and which row is whose: positions have no upper bound that a table could have."""
        g, c = self.g, self.c
        inverse = c.rope_theta ** (-torch.arange(0, c.head_dim, 2, dtype=torch.float32) / c.head_dim)
        flat = g.one("Reshape", g.one("Cast", "position_ids", to=TensorProto.FLOAT), g.ints(-1, 1))
        angles = g.one("Mul", flat, g.weight("inverse_frequencies", inverse))
        self.cos, self.sin = g.one("Cos", angles), g.one("Sin", angles)
        count = g.one("Range", "zero", g.one("Size", "position_ids"), "step")
        self.order = g.one("Reshape", count, g.one("Shape", "position_ids"))

    def norm(self, x: str, update: str | None, weight: str) -> tuple[str, str]:
        """-> x + update, and the RMS norm of that."""
        g, epsilon = self.g, self.decoder.norm.eps
        if update is not None:
            out = g.add("SkipSimplifiedLayerNormalization", update, x, weight, outputs=4, domain=MICROSOFT, epsilon=epsilon)
            g.nodes[-1].output[1:3] = ["", ""]
            return out[3], out[0]
        # onnxruntime makes one node of this.
        square = g.one("Pow", x, g.constant("two", np.float32(2)))
        mean = g.one("Add", g.one("ReduceMean", square, g.ints(-1)), g.constant("epsilon", np.float32(epsilon)))
        return x, g.one("Mul", g.one("Div", x, g.one("Sqrt", mean)), weight)

    def project(self, index: int, layer: DecoderLayer, normed: str) -> tuple[list[str], list[str], list[str]]:
        """Queries [B, group, S, D], rotated keys and values [B, 1, S, D], one of each a KV head."""
        g, c = self.g, self.c
        groups = c.kv_heads
        qkv = g.one("MatMul", normed, g.weight(f"layers.{index}.qkv", layer.qkv.weight.T))
        heads = g.one("Reshape", qkv, g.ints(0, 0, c.heads + 2 * groups, c.head_dim))
        rotating, *values = g.add("Split", g.one("Transpose", heads, perm=[0, 2, 1, 3]), g.ints(c.heads + groups, *[1] * groups), outputs=1 + groups, axis=1)
        rotated = g.one("RotaryEmbedding", rotating, self.order, self.cos, self.sin, domain=MICROSOFT)
        split = g.add("Split", rotated, g.ints(*[self.group] * groups, *[1] * groups), outputs=2 * groups, axis=1)
        return split[:groups], split[groups:], values

    def attend(self, index: int, queries: list[str], keys: list[str], values: list[str]) -> str:
        """softmax over [q past^T | q new^T] without a concatenation of the past, which would copy the whole cache each step."""
        g, c = self.g, self.c
        attended = []
        for head, (query, key, value) in enumerate(zip(queries, keys, values)):
            plane = index * c.kv_heads + head
            self.rows += [(f"new_key.{plane}", key), (f"new_value.{plane}", value)]
            shaped = g.one("Reshape", query, self.query_shape)
            new = g.one("FusedMatMul", shaped, key, domain=MICROSOFT, transB=1, alpha=self.scale)
            scores = g.one("Concat", self.past_scores(plane, query, shaped), g.one("Add", new, self.causal), axis=-1)
            past, new = g.add("Split", g.one("Softmax", scores, axis=-1), self.parts, outputs=2, axis=-1)
            attended.append(g.one("Add", g.one("MatMul", past, f"past_value.{plane}"), g.one("MatMul", new, value)))
        heads = g.one("Reshape", g.one("Concat", *attended, axis=1), self.heads_shape)
        flat = g.one("Reshape", g.one("Transpose", heads, perm=[0, 2, 1, 3]), g.ints(0, 0, c.heads * c.head_dim))
        return g.one("MatMul", flat, g.weight(f"layers.{index}.out", self.decoder.layers[index].out.weight.T))

    def past_scores(self, plane: int, query: str, shaped: str) -> str:
        """Of one row and of few, the keys come first in the product: onnxruntime rearranges the second factor before it multiplies, and all the
        keys for a few queries are too much of that."""
        step, few, many = Nodes(f"step.{plane}/"), Nodes(f"few.{plane}/"), Nodes(f"many.{plane}/")
        narrow = step.one("Reshape", query, self.g.ints(0, 1, self.group, self.c.head_dim))
        scores = step.one("FusedMatMul", f"past_key.{plane}", narrow, domain=MICROSOFT, transB=1, alpha=self.scale)
        one = step.one("Add", step.one("Transpose", scores, perm=[0, 3, 1, 2]), self.bias)
        wide = many.one("FusedMatMul", shaped, f"past_key.{plane}", domain=MICROSOFT, transB=1, alpha=self.scale)
        turned = few.one("FusedMatMul", f"past_key.{plane}", shaped, domain=MICROSOFT, transB=1, alpha=self.scale)
        some = few.one("Transpose", turned, perm=[0, 1, 3, 2])
        rest = Nodes(f"rest.{plane}/")
        several = rest.one("If", self.is_few, then_branch=few.graph(some), else_branch=many.graph(wide))
        return self.g.one("If", self.is_step, then_branch=step.graph(one), else_branch=rest.graph(several))

    def mlp(self, index: int, layer: DecoderLayer, normed: str) -> str:
        g = self.g
        both = g.one("MatMul", normed, g.weight(f"layers.{index}.gate_up", layer.mlp.gate_up.weight.T))
        gate, up = g.add("Split", both, outputs=2, axis=-1, num_outputs=2)
        silu = g.one("Mul", gate, g.one("Sigmoid", gate))
        return g.one("MatMul", g.one("Mul", silu, up), g.weight(f"layers.{index}.down", layer.mlp.down.weight.T))

    def inputs(self) -> list[onnx.ValueInfoProto]:
        first = [value("inputs_embeds", "batch", "sequence", self.c.hidden), value("position_ids", "batch", "sequence", kind=TensorProto.INT64), value("past_bias", "batch", "past")]
        return [*first, *self.planes("past", "past")]

    def outputs(self) -> list[onnx.ValueInfoProto]:
        return [value("logits", "batch", self.c.vocab), *self.planes("new", "sequence")]

    def planes(self, prefix: str, length: str) -> list[onnx.ValueInfoProto]:
        count = self.c.layers * self.c.kv_heads
        return [value(f"{prefix}_{kind}.{i}", "batch", 1, length, self.c.head_dim) for i in range(count) for kind in ("key", "value")]


def value(name: str, *shape: int | str, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def write_decoder(decoder: Decoder, path: Path) -> None:
    onnx.save(DecoderWriter(decoder).write(), str(path))
