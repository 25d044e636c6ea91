"""The ear's graph in int8: matrix products alone, weights by channel, in 7 bits (`reduce_range`), so that no product overflows on CPUs without VNNI.

    python -m pocket.export.ear --ear work/whisper-base.pt --clips work/natural --out work/ear_int8.onnx

What lies behind (Conv-GMLP, heads) stays float: `middle` and `heard` are what it learns on (ear_cache). The features are standardised first: mean and spread of
each channel over some clips go into the last norm's own weights, which costs nothing.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from pocket.model.config import WHISPER_BASE
from pocket.model.whisper import WhisperEncoder, WhisperFrontend
from pocket.speech.pool import Pool


class EarGraph(nn.Module):
    def __init__(self, encoder: WhisperEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_features: Tensor) -> tuple[Tensor, Tensor]:
        return self.encoder.taps(input_features)


def standardise(encoder: WhisperEncoder, sounds: list[np.ndarray]) -> None:
    """Of these crops, every channel of the features has mean 0 and spread 1."""
    frontend, total, square, count = WhisperFrontend(encoder.c), 0.0, 0.0, 0
    with torch.no_grad():
        for pcm in sounds:
            x = encoder(frontend.by_fft(torch.from_numpy(np.pad(pcm, (240, -len(pcm) % 320)))[None]))[0].double()
            total, square, count = total + x.sum(0), square + x.square().sum(0), count + len(x)
        mean = total / count
        spread = (square / count - mean.square()).sqrt()
        encoder.norm.weight.copy_(encoder.norm.weight / spread)
        encoder.norm.bias.copy_((encoder.norm.bias - mean) / spread)


def export(encoder: WhisperEncoder, path: Path) -> None:
    dynamic = {"input_features": {1: "mel_frames"}, "middle": {1: "frames"}, "heard": {1: "frames"}}
    torch.onnx.export(EarGraph(encoder).eval(), (torch.randn(1, 64, encoder.c.n_mels),), str(path), input_names=["input_features"], output_names=["middle", "heard"], dynamic_axes=dynamic, opset_version=18, dynamo=False)


def quantise(source: Path, target: Path, exclude: list[str] | None = None) -> None:
    quantize_dynamic(source, target, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"], nodes_to_exclude=exclude or [])


def sounds_of(folder: Path, most: int) -> list[np.ndarray]:
    """Clips of pocket.speech.kokoro, or of a pool, with a little silence round them."""
    out: list[np.ndarray] = []
    if (folder / "meta.npz").exists():
        pool = Pool(folder)
        return [np.pad(pool.clip(i), 3200) for i in range(0, len(pool), max(1, len(pool) // most))][:most]
    for path in sorted(folder.glob("s?????.npz")):
        data, at = np.load(path), 0
        pcm = data["pcm"]
        for r in json.loads(str(data["rows"])):
            out.append(np.pad(pcm[at : at + r["samples"]].astype(np.float32) / 32768, 3200))
            at += r["samples"]
    return out[:: max(1, len(out) // most)][:most]


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--ear", type=Path, required=True, help="of pocket.origin.whisper_base")
    p.add_argument("--clips", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True, help="the int8 graph; beside it the float one and the standardised weights (.pt)")
    p.add_argument("--most", type=int, default=60, help="clips that the features are standardised on")
    a = p.parse_args(argv)
    torch.set_num_threads(1)
    encoder = WhisperEncoder(WHISPER_BASE)
    encoder.load_state_dict(torch.load(a.ear, weights_only=True))
    encoder.eval().requires_grad_(False)
    sounds = sounds_of(a.clips, a.most)
    standardise(encoder, sounds)
    torch.save(encoder.state_dict(), a.out.with_suffix(".pt"))
    whole = a.out.with_suffix(".float.onnx")
    export(encoder, whole)
    quantise(whole, a.out)
    print(json.dumps(compare(encoder, whole, a.out, sounds[:20]), indent=2))


def compare(encoder: WhisperEncoder, whole: Path, small: Path, sounds: list[np.ndarray]) -> dict[str, float]:
    """Float against PyTorch (largest difference) and int8 against float (mean cosine a frame); bytes."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    one, two = (ort.InferenceSession(str(x), options, providers=["CPUExecutionProvider"]) for x in (whole, small))
    frontend, gap, cosines = WhisperFrontend(encoder.c), 0.0, []
    for pcm in sounds:
        mel = frontend.by_fft(torch.from_numpy(np.pad(pcm, (240, -len(pcm) % 320)))[None])
        with torch.no_grad():
            ours = encoder(mel).numpy()
        full, eight = (s.run(["heard"], {"input_features": mel.numpy()})[0] for s in (one, two))
        gap = max(gap, float(np.abs(full - ours).max()))
        cosines.append(((full * eight).sum(-1) / np.linalg.norm(full, axis=-1) / np.linalg.norm(eight, axis=-1)).mean())
    return {"floatAgainstTorch": gap, "cosineInt8": float(np.mean(cosines)), "bytesFloat": whole.stat().st_size, "bytesInt8": small.stat().st_size}


if __name__ == "__main__":
    main()
