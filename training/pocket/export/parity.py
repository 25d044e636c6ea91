"""PyTorch against the exported graphs, and streaming against one-shot: the figures that the export must hold."""
from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor

from pocket.model.heads import EarHeads
from pocket.model.omni import Pocket
from pocket.model.turn_end import TurnEndHead, read, visibility

from .export import export_whisper, load, load_head


class Graphs:
    """The exported graphs driven as the engine drives them: pieces in, a growing cache kept by the caller."""

    def __init__(self, folder: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.sessions = {p.stem: ort.InferenceSession(str(p), options, providers=["CPUExecutionProvider"]) for p in (folder / "onnx").glob("*.onnx")}

    def run(self, graph: str, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        s = self.sessions[graph]
        return dict(zip((o.name for o in s.get_outputs()), s.run(None, feeds)))

    def caches(self, graph: str) -> dict[str, np.ndarray]:
        found = {}
        for i in self.sessions[graph].get_inputs():
            if i.name.startswith(("past_key", "past_value")):
                found[i.name] = np.zeros((1, i.shape[1], 0, i.shape[3]), np.float32)
        return found

    def audio(self, pcm: np.ndarray, block: int, left: int) -> tuple[np.ndarray, np.ndarray | None]:
        """All the tokens of an utterance (samples a multiple of 8 hops), encoded block by block; with a head, every frame's probability."""
        mel = self.run("audio_frontend", {"pcm": np.concatenate([np.zeros(240, np.float32), pcm])[None]})["input_features"]
        past, out, ends = self.caches("audio_encoder"), [], []
        one, two = np.zeros((1, mel.shape[2], 2), np.float32), np.zeros((1, self.sessions["audio_encoder"].get_inputs()[2].shape[1], 1), np.float32)
        for start in range(0, mel.shape[1], block):
            r = self.run("audio_encoder", {"input_features": mel[:, start : start + block], "past_conv1": one, "past_conv2": two, "position": np.array([start // 2]), **past})
            one, two = r["present_conv1"], r["present_conv2"]
            past = {k: np.concatenate([v, r[k.replace("past", "new")]], axis=2)[:, :, -left:] for k, v in past.items()}
            out.append(r["audio_features"])
            ends += [r["turn_end"]] if "turn_end" in r else []
        return np.concatenate(out, axis=1), np.concatenate(ends, axis=1) if ends else None

    def whole(self, pcm: np.ndarray, window: int, context: int) -> tuple[np.ndarray, dict[str, float]]:
        """The same of an ear that hears all at once, in windows of mel frames behind a context; and what its heads tell of the last of them."""
        out, told, hop = [], {}, 160
        for start in range(0, len(pcm), window * hop):
            known = min(context, start // hop)
            begin = start - known * hop
            piece = np.concatenate([np.zeros(max(0, 240 - begin), np.float32), pcm[max(0, begin - 240) : start + window * hop]])
            r = self.run("audio_encoder", {"input_features": self.run("audio_frontend", {"pcm": piece[None]})["input_features"]})
            out.append(r.pop("audio_features")[:, known // 8 :])
            told = {k: float(v[0]) for k, v in r.items()}
        return np.concatenate(out, axis=1), told

    def decode(self, embeds: np.ndarray, chunks: list[int]) -> np.ndarray:
        """Last logits after feeding `embeds` [1, S, D] in pieces."""
        past, at, logits = self.caches("decoder_model"), 0, np.zeros(0)
        for size in chunks:
            r = self.run("decoder_model", {"inputs_embeds": embeds[:, at : at + size], "position_ids": np.arange(at, at + size)[None], "past_bias": np.zeros((1, at), np.float32), **past})
            past = {k: np.concatenate([v, r[k.replace("past", "new")]], axis=2) for k, v in past.items()}
            at += size
            logits = r["logits"]
        return logits


def gap(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).max())


def differences(model: Pocket, head: TurnEndHead | EarHeads | None, graphs: Graphs) -> dict[str, float]:
    """Largest absolute differences, each of outputs of order 1."""
    torch.manual_seed(0)
    c = model.c
    pixels = torch.rand(2, 3, c.vision.image_size, c.vision.image_size) * 2 - 1
    pcm = torch.randn(c.audio.hop * c.audio.mel_per_token * 57) * 0.1
    embeds = torch.randn(1, 90, c.text.hidden) * 0.1
    with torch.no_grad():
        vision = model.visual_projector(model.vision(pixels)).numpy()
        logits = model.decoder.logits(model.decoder(embeds, torch.arange(90).unsqueeze(0))[0][:, -1]).numpy()
        heard = (whisper if c.audio.ear == "whisper" else causal)(model, head, graphs, pcm)
    pieces = graphs.decode(embeds.numpy(), [37, 1, 40, 12])
    whole = graphs.decode(embeds.numpy(), [90])
    return {
        "vision": gap(vision, graphs.run("vision_encoder", {"pixel_values": pixels.numpy()})["image_features"]),
        **heard,
        "decoder": gap(logits, whole),
        "decoderStreaming": gap(pieces, whole),
    }


def causal(model: Pocket, head: TurnEndHead | None, graphs: Graphs, pcm: Tensor) -> dict[str, float]:
    c = model.c.audio
    mel = model.frontend(torch.cat([torch.zeros(240), pcm]).unsqueeze(0))
    audio = model.audio_projector(model.audio(mel)).numpy()
    frames = torch.tensor([mel.shape[1] // 2])
    turn_end = head(read(model.audio, mel, visible := visibility(model.audio, frames, int(frames))), visible).sigmoid().numpy() if head else None
    streamed, ends = graphs.audio(pcm.numpy(), 2 * c.block_frames, c.block_frames * c.left_context_blocks)
    if (turn_end is None) != (ends is None):
        raise SystemExit("parity: the folder has a turn-end head and no checkpoint of it was given, or the other way round")
    return {"audioStreaming": gap(audio, streamed), **({"turnEndStreaming": gap(turn_end, ends)} if head else {})}


def whisper(model: Pocket, heads: EarHeads | None, graphs: Graphs, pcm: Tensor) -> dict[str, float]:
    """The float graph against PyTorch; and how far the folder's own, in int8, is from it: one less the mean cosine of its tokens."""
    mel = model.frontend(torch.cat([torch.zeros(240), pcm]).unsqueeze(0))
    middle, heard = model.audio.taps(mel)
    wanted = model.audio_projector(heard).numpy()
    told = heads(middle, heard).sigmoid()[0].tolist() if heads else []
    with tempfile.TemporaryDirectory() as folder:
        export_whisper(model, heads, Path(folder) / "ear.onnx", int8=False)
        session = ort.InferenceSession(str(Path(folder) / "ear.onnx"), providers=["CPUExecutionProvider"])
        floats = session.run(None, {"input_features": mel.numpy()})
    eight, said = graphs.whole(pcm.numpy(), model.c.audio.window_mel, model.c.audio.context_mel)
    if len(said) != len(told):
        raise SystemExit("parity: the folder has heads and no checkpoint of them was given, or the other way round")
    cosine = (wanted * eight).sum(-1) / np.linalg.norm(wanted, axis=-1) / np.linalg.norm(eight, axis=-1)
    return {"audio": gap(wanted, floats[0]), **({"heads": gap(np.array(told), np.concatenate(floats[1:]))} if heads else {}), "int8": float(1 - cosine.mean())}


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--checkpoint", type=Path)
    p.add_argument("--turn-end", type=Path)
    p.add_argument("--folder", type=Path, required=True)
    a = p.parse_args(argv)
    torch.manual_seed(0)
    vocab = json.loads((a.folder / "config.json").read_text())["text"]["vocab_size"]
    model = load(a.checkpoint, vocab)
    found = differences(model, load_head(a.turn_end, model.c) if a.turn_end else None, Graphs(a.folder))
    print(json.dumps(found))
    limits = {"vision": 1e-3, "audio": 5e-3, "heads": 1e-3, "int8": 0.2, "audioStreaming": 1e-3, "turnEndStreaming": 1e-3, "decoder": 1e-3, "decoderStreaming": 1e-4}
    worse = [k for k, v in found.items() if not v <= limits[k]]
    if worse:
        raise SystemExit(f"parity: {', '.join(worse)} past the limit {limits}")


if __name__ == "__main__":
    main()
