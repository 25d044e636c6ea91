"""SmolLM2-135M-Instruct (Apache-2.0) out of a GGUF file into a folder as transformers.js has it: one decoder of the Llama kind in ONNX, float32.

    python tools/servers/smollm2.py --gguf FILE --out DIR

Weights that the file holds in 4 bits are those 4 bits in float32. Names and shapes of the graph: Hugging Face optimum's export of `LlamaForCausalLM`.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
# A value below every score; larger ones become NaN where a row is masked whole.
MASKED = -1e9


class Checkpoint:
    def __init__(self, path: Path) -> None:
        reader = gguf.GGUFReader(path)
        self._tensors = {tensor.name: tensor for tensor in reader.tensors}
        self._fields = reader.fields
        if self.field("general.architecture") != "llama":
            raise SystemExit(f"{path} is not of the Llama kind")

    def field(self, name: str):
        return self._fields[name].contents()

    def tensor(self, name: str) -> np.ndarray:
        tensor = self._tensors[name]
        return gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)


class Graph:
    """Nodes in the order in which they are added; each gives the name of its one output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def __call__(self, op: str, *inputs: str, name: str | None = None, **attributes) -> str:
        out = name or f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [out], **attributes))
        return out

    def split(self, of: str, axis: int) -> tuple[str, str]:
        out = [f"Split_{len(self.nodes)}_{half}" for half in (0, 1)]
        self.nodes.append(helper.make_node("Split", [of], out, axis=axis))
        return out[0], out[1]

    def constant(self, name: str, value: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def shape(self, name: str, *dims: int) -> str:
        return self.constant(name, np.array(dims, np.int64))


class Llama:
    def __init__(self, found: Checkpoint) -> None:
        self.found = found
        self.hidden = found.field("llama.embedding_length")
        self.heads = found.field("llama.attention.head_count")
        self.kv_heads = found.field("llama.attention.head_count_kv")
        self.layers = found.field("llama.block_count")
        self.mlp = found.field("llama.feed_forward_length")
        self.positions = found.field("llama.context_length")
        self.vocab = found.field("llama.vocab_size")
        self.base = found.field("llama.rope.freq_base")
        self.epsilon = found.field("llama.attention.layer_norm_rms_epsilon")
        self.dim = self.hidden // self.heads
        self.group = self.heads // self.kv_heads
        self.g = Graph()

    def build(self) -> onnx.ModelProto:
        g = self.g
        g.constant("epsilon", np.array(self.epsilon, np.float32))
        g.constant("scale", np.array(self.dim**-0.5, np.float32))
        for name, value in {"0": 0, "1": 1, "2": 2}.items():
            g.shape(f"int_{name}", value)
        g.constant("zero", np.array(0, np.int64))
        g.constant("one", np.array(1, np.int64))
        g.shape("queries", 0, 0, self.heads, self.dim)
        g.shape("keys", 0, 0, self.kv_heads, self.dim)
        g.shape("grouped", 0, self.kv_heads, self.group, -1, self.dim)
        g.shape("ungrouped", 0, self.heads, -1, self.dim)
        g.shape("rows", 0, 0, self.hidden)
        g.shape("flat", -1, self.hidden)
        embedding = g.constant("embed_tokens.weight", self.found.tensor("token_embd.weight"))
        x = g("Gather", embedding, "input_ids")
        turn, bias = self.turns(), self.bias()
        for layer in range(self.layers):
            x = self.layer(layer, x, turn, bias)
        x = self.norm(x, "output_norm.weight")
        # As many rows as are asked for, from the end; 0: all.
        last = g("Slice", x, g("Reshape", g("Neg", "num_logits_to_keep"), "int_1"), g.shape("end", 2**31 - 1), "int_1")
        logits = g("Gemm", g("Reshape", last, "flat"), embedding, transB=1)
        g("Reshape", logits, g.shape("logits_shape", 1, -1, self.vocab), name="logits")
        return self.model()

    def turns(self) -> tuple[str, str]:
        """Cosines and sines [batch, 1, sequence, dim / 2] of the positions."""
        rates = self.base ** (-np.arange(0, self.dim, 2) / self.dim)
        angles = np.arange(self.positions)[:, None] * rates
        g = self.g
        found = [g.constant(name, fn(angles).astype(np.float32)) for name, fn in (("cos", np.cos), ("sin", np.sin))]
        cos, sin = (g("Unsqueeze", g("Gather", each, "position_ids"), "int_1") for each in found)
        return cos, sin

    def bias(self) -> str:
        """[batch, 1, 1, sequence, total]: 0 where a row may look, else far below."""
        g = self.g
        total = g("Squeeze", g("Slice", g("Shape", "attention_mask"), "int_1", "int_2"), "int_0")
        sequence = g("Squeeze", g("Slice", g("Shape", "input_ids"), "int_1", "int_2"), "int_0")
        columns = g("Range", "zero", total, "one")
        rows = g("Unsqueeze", g("Range", g("Sub", total, sequence), total, "one"), "int_1")
        causal = g("LessOrEqual", columns, rows)
        real = g("Unsqueeze", g("Cast", "attention_mask", to=TensorProto.BOOL), g.shape("mask_axes", 1, 2, 3))
        allowed = g("And", causal, real)
        return g("Where", allowed, g.constant("none", np.array(0, np.float32)), g.constant("masked", np.array(MASKED, np.float32)))

    def layer(self, layer: int, x: str, turn: tuple[str, str], bias: str) -> str:
        g, block = self.g, f"blk.{layer}"
        h = self.norm(x, f"{block}.attn_norm.weight")
        q = self.turned(self.by_head(h, f"{block}.attn_q.weight", self.heads, "queries"), turn)
        fresh = self.turned(self.by_head(h, f"{block}.attn_k.weight", self.kv_heads, "keys"), turn)
        k = g("Concat", f"past_key_values.{layer}.key", fresh, name=f"present.{layer}.key", axis=2)
        values = g("Reshape", self.linear(h, f"{block}.attn_v.weight"), "keys")
        v = g("Concat", f"past_key_values.{layer}.value", g("Transpose", values, perm=[0, 2, 1, 3]), name=f"present.{layer}.value", axis=2)
        # Heads that share a key stand side by side.
        across = g("Transpose", g("Unsqueeze", k, "int_2"), perm=[0, 1, 2, 4, 3])
        scores = g("Add", g("Mul", g("MatMul", g("Reshape", q, "grouped"), across), "scale"), bias)
        seen = g("MatMul", g("Softmax", scores, axis=-1), g("Unsqueeze", v, "int_2"))
        joined = g("Reshape", g("Transpose", g("Reshape", seen, "ungrouped"), perm=[0, 2, 1, 3]), "rows")
        x = g("Add", x, self.linear(joined, f"{block}.attn_output.weight"))
        h = self.norm(x, f"{block}.ffn_norm.weight")
        gate = self.linear(h, f"{block}.ffn_gate.weight")
        wide = g("Mul", g("Mul", gate, g("Sigmoid", gate)), self.linear(h, f"{block}.ffn_up.weight"))
        return g("Add", x, self.linear(wide, f"{block}.ffn_down.weight"))

    def by_head(self, h: str, name: str, heads: int, shape: str) -> str:
        """[batch, heads, sequence, dim]. GGUF has the two halves that a rotation turns into each other row by row; here they are halves."""
        weight = self.found.tensor(name)
        halves = weight.reshape(heads, self.dim // 2, 2, self.hidden).swapaxes(1, 2).reshape(weight.shape)
        rows = self.g("MatMul", h, self.g.constant(name, halves.T))
        return self.g("Transpose", self.g("Reshape", rows, shape), perm=[0, 2, 1, 3])

    def turned(self, x: str, turn: tuple[str, str]) -> str:
        g, (cos, sin) = self.g, turn
        a, b = g.split(x, axis=3)
        first = g("Sub", g("Mul", a, cos), g("Mul", b, sin))
        second = g("Add", g("Mul", b, cos), g("Mul", a, sin))
        return g("Concat", first, second, axis=3)

    def linear(self, x: str, name: str) -> str:
        return self.g("MatMul", x, self.g.constant(name, self.found.tensor(name).T))

    def norm(self, x: str, name: str) -> str:
        g = self.g
        square = g("ReduceMean", g("Mul", x, x), axes=[-1], keepdims=1)
        return g("Mul", g("Div", x, g("Sqrt", g("Add", square, "epsilon"))), g.constant(name, self.found.tensor(name)))

    def model(self) -> onnx.ModelProto:
        def info(name: str, kind: int, *dims: str | int) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, kind, list(dims))

        cached = [f"{layer}.{part}" for layer in range(self.layers) for part in ("key", "value")]
        inputs = [
            info("input_ids", TensorProto.INT64, "batch_size", "sequence_length"),
            info("attention_mask", TensorProto.INT64, "batch_size", "total_sequence_length"),
            info("position_ids", TensorProto.INT64, "batch_size", "sequence_length"),
            info("num_logits_to_keep", TensorProto.INT64),
            *(info(f"past_key_values.{n}", TensorProto.FLOAT, "batch_size", self.kv_heads, "past_sequence_length", self.dim) for n in cached),
        ]
        outputs = [
            info("logits", TensorProto.FLOAT, "batch_size", "logits_length", self.vocab),
            *(info(f"present.{n}", TensorProto.FLOAT, "batch_size", self.kv_heads, "total_sequence_length", self.dim) for n in cached),
        ]
        graph = helper.make_graph(self.g.nodes, "llama", inputs, outputs, self.g.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)


def config(model: Llama) -> dict:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": model.hidden,
        "intermediate_size": model.mlp,
        "num_hidden_layers": model.layers,
        "num_attention_heads": model.heads,
        "num_key_value_heads": model.kv_heads,
        "head_dim": model.dim,
        "vocab_size": model.vocab,
        "max_position_embeddings": model.positions,
        "rms_norm_eps": model.epsilon,
        "rope_theta": model.base,
        "tie_word_embeddings": True,
        "bos_token_id": model.found.field("tokenizer.ggml.bos_token_id"),
        "eos_token_id": model.found.field("tokenizer.ggml.eos_token_id"),
        "transformers.js_config": {"dtype": "fp32", "use_external_data_format": {"model.onnx": 1}},
    }


def tokenizer(found: Checkpoint) -> dict:
    """SmolLM's: digits one by one, then byte-level BPE."""
    tokens = found.field("tokenizer.ggml.tokens")
    kinds = found.field("tokenizer.ggml.token_type")
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    added = [{"id": i, "content": token, **flags} for i, token in enumerate(tokens) if kinds[i] == gguf.TokenType.CONTROL]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level]},
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {token: i for i, token in enumerate(tokens)},
            "merges": found.field("tokenizer.ggml.merges"),
        },
    }


def write(path: Path, out: Path) -> None:
    found = Checkpoint(path)
    model = Llama(found)
    (out / "onnx").mkdir(parents=True, exist_ok=True)
    data = out / "onnx" / "model.onnx_data"
    data.unlink(missing_ok=True)
    onnx.save_model(model.build(), out / "onnx" / "model.onnx", save_as_external_data=True, location=data.name, size_threshold=65_536)
    tokens = found.field("tokenizer.ggml.tokens")
    bos, eos = (found.field(f"tokenizer.ggml.{edge}_token_id") for edge in ("bos", "eos"))
    about = {
        "config.json": config(model),
        "generation_config.json": {"bos_token_id": bos, "eos_token_id": eos, "pad_token_id": eos},
        "tokenizer.json": tokenizer(found),
        "tokenizer_config.json": {
            "tokenizer_class": "GPT2Tokenizer",
            "add_prefix_space": False,
            "bos_token": tokens[bos],
            "eos_token": tokens[eos],
            "model_max_length": model.positions,
            "chat_template": found.field("tokenizer.chat_template"),
        },
    }
    for name, content in about.items():
        (out / name).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    write(arguments.gguf, arguments.out)
