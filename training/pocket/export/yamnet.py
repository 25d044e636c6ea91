"""Google's YAMNet (TFLite, int8) as an ONNX graph over log-mel frames, for modules/vad: `python -m pocket.export.yamnet IN.tflite OUT.onnx`.

IN is TensorFlow Hub's google/lite-model/yamnet/classification/tflite/1 (Apache-2.0); its sha256 is checked. Needs `pip install tflite onnx`.
Weights stay int8, dequantised in the graph; activations are float32. The front end (window, spectrum, mel bands) is left out:
modules/vad/core/judge/features.ts makes it.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper

SHA256 = "10c95ea3eb9a7bb4cb8bddf6feb023250381008177ac162ce169694d05c317de"
FIRST_CONVOLUTION, LAST_CONVOLUTION, CLASSIFIER = 16, 42, 44
DTYPES = {0: np.float32, 2: np.int32, 9: np.int8}
RELU6, SAME = 3, 0


def export(source: Path, target: Path) -> None:
    content = source.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise SystemExit(f"{source} is not the published YAMNet")
    model = tflite.Model.GetRootAsModel(content, 0)
    graph = model.Subgraphs(0)
    nodes, initializers = [], []

    def values(index):
        tensor = graph.Tensors(index)
        data = np.frombuffer(model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes(), dtype=DTYPES[tensor.Type()])
        return data.reshape(tensor.ShapeAsNumpy())

    def scale(index):
        quantization = graph.Tensors(index).Quantization()
        assert not quantization.ZeroPointAsNumpy().any()
        return quantization.ScaleAsNumpy().astype(np.float32)

    def constant(name, data):
        initializers.append(numpy_helper.from_array(np.ascontiguousarray(data), name))
        return name

    def add(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    x = add("Unsqueeze", ["mel", constant("channel", np.array([1], np.int64))], "image")
    constant("zero", np.float32(0))
    constant("six", np.float32(6))
    for at in range(FIRST_CONVOLUTION, LAST_CONVOLUTION + 1):
        operator = graph.Operators(at)
        code = model.OperatorCodes(operator.OpcodeIndex())
        depthwise = max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) == tflite.BuiltinOperator.DEPTHWISE_CONV_2D
        options = tflite.DepthwiseConv2DOptions() if depthwise else tflite.Conv2DOptions()
        options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
        assert (options.FusedActivationFunction(), options.Padding()) == (RELU6, SAME)
        weights_at, bias_at = operator.InputsAsNumpy()[1:3]
        weights = values(weights_at).transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
        name = f"conv{at - FIRST_CONVOLUTION}"
        constant(f"{name}.weight", weights)
        constant(f"{name}.scale", scale(weights_at))
        constant(f"{name}.bias", values(bias_at).astype(np.float32) * scale(bias_at))
        add("DequantizeLinear", [f"{name}.weight", f"{name}.scale"], f"{name}.float", axis=0)
        x = add(
            "Conv",
            [x, f"{name}.float", f"{name}.bias"],
            f"{name}.out",
            strides=[options.StrideW()] * 2,
            auto_pad="SAME_UPPER",
            group=len(weights) if depthwise else 1,
            kernel_shape=weights.shape[2:],
        )
        x = add("Clip", [x, "zero", "six"], f"{name}.relu6")
    x = add("ReduceMean", [x, constant("plane", np.array([2, 3], np.int64))], "embedding", keepdims=0)
    weights_at, bias_at = graph.Operators(CLASSIFIER).InputsAsNumpy()[1:3]
    constant("classes.weight", values(weights_at).T)
    constant("classes.scale", scale(weights_at)[0])
    constant("classes.bias", values(bias_at).astype(np.float32) * scale(bias_at))
    add("DequantizeLinear", ["classes.weight", "classes.scale"], "classes.float")
    add("Gemm", [x, "classes.float", "classes.bias"], "logits")
    add("Sigmoid", ["logits"], "scores")
    made = helper.make_graph(
        nodes,
        "yamnet",
        [helper.make_tensor_value_info("mel", TensorProto.FLOAT, ["windows", 96, 64])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["windows", 521])],
        initializers,
    )
    result = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(result)
    onnx.save(result, str(target))


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
