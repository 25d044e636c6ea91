"""Greedy answers to questions of the test set: PyTorch in one pass against the exported graphs fed piece by piece. They must be identical.

Both hear with the int8 graph: how far that is from float, `parity` tells."""
from __future__ import annotations

import argparse
import io
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor

from pocket.model.omni import Pocket
from pocket.release.media import ffmpeg
from pocket.world import check

from .export import load
from .parity import Graphs

LIMIT = 64


class TestSet:
    def __init__(self, folder: Path) -> None:
        self.questions = json.loads((folder / "set.json").read_text())["questions"]
        self.frames, self.speech = (folder / "frames.bin").read_bytes(), (folder / "speech.bin").read_bytes()

    def pictures(self, q: dict) -> np.ndarray:
        """[N, 3, H, W] in -1..1."""
        rgb = [np.asarray(Image.open(io.BytesIO(self.frames[o : o + n])).convert("RGB")) for o, n in q["frames"]]
        return (np.stack(rgb).transpose(0, 3, 1, 2).astype(np.float32) / 255 - 0.5) / 0.5

    def pcm(self, q: dict, unit: int) -> np.ndarray:
        """Samples, filled up to whole tokens with zeros as the engine does."""
        o, n = q["speech"]
        raw = ffmpeg(["-i", "-", "-f", "f32le", "-ar", "16000", "-ac", "1", "-"], self.speech[o : o + n])
        pcm = np.frombuffer(raw, np.float32)
        return np.pad(pcm, (0, -len(pcm) % unit))


def by_torch(m: Pocket, prompt: Tensor, end: int) -> list[int]:
    out: list[int] = []
    x = prompt
    while len(out) < LIMIT:
        hidden, _ = m.decoder(x, torch.arange(x.shape[1]).unsqueeze(0))
        token = int(m.decoder.logits(hidden[:, -1]).argmax())
        if token == end:
            break
        out.append(token)
        x = torch.cat((x, m.decoder.embed.weight[token].view(1, 1, -1)), dim=1)
    return out


def by_graphs(g: Graphs, pieces: list[np.ndarray], end: int) -> list[int]:
    past, at, out = g.caches("decoder_model"), 0, []
    pending = list(pieces)
    while len(out) < LIMIT:
        logits = np.zeros((1, 1))
        for piece in pending:
            s = piece.shape[1]
            r = g.run("decoder_model", {"inputs_embeds": piece, "position_ids": np.arange(at, at + s)[None], "past_bias": np.zeros((1, at), np.float32), **past})
            past = {k: np.concatenate([v, r[k.replace("past", "new")]], axis=2) for k, v in past.items()}
            at += s
            logits = r["logits"]
        token = int(logits[0].argmax())
        if token == end:
            break
        out.append(token)
        pending = [g.run("embed_tokens", {"input_ids": np.array([[token]])})["inputs_embeds"]]
    return out


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--checkpoint", type=Path, required=True)
    p.add_argument("--folder", type=Path, required=True)
    p.add_argument("--set", type=Path, required=True)
    p.add_argument("--n", type=int, default=100)
    a = p.parse_args()
    torch.set_num_threads(1)
    tokenizer = Tokenizer.from_file(str(a.folder / "tokenizer.json"))
    special = {name: tokenizer.token_to_id(f"<|{name}|>") for name in ("bos", "user", "assistant", "frame", "audio", "end")}
    m, g, tests = load(a.checkpoint, tokenizer.get_vocab_size()), Graphs(a.folder), TestSet(a.set)
    c = m.c.audio
    same = right = 0
    chosen = np.random.default_rng(0).permutation(len(tests.questions))[: a.n]
    for q in (tests.questions[i] for i in chosen):
        pictures, pcm = tests.pictures(q), tests.pcm(q, c.hop * c.mel_per_token)
        ids = lambda *names: np.array([[special[n] for n in names]])  # noqa: E731
        embed = lambda x: g.run("embed_tokens", {"input_ids": x})["inputs_embeds"]  # noqa: E731
        pieces = [embed(ids("bos", "user"))]
        for picture in pictures:
            pieces += [np.concatenate([embed(ids("frame")), g.run("vision_encoder", {"pixel_values": picture[None]})["image_features"]], axis=1)]
        heard, _ = g.whole(pcm, c.window_mel, c.context_mel)
        pieces += [np.concatenate([embed(ids("audio")), heard, embed(ids("end", "assistant"))], axis=1)]
        with torch.no_grad():
            e = lambda *names: m.decoder.embed(torch.from_numpy(ids(*names)))  # noqa: E731
            seen = m.visual_projector(m.vision(torch.from_numpy(pictures)))
            parts = [e("bos", "user")]
            for frame in seen:
                parts += [e("frame"), frame.unsqueeze(0)]
            parts += [e("audio"), torch.from_numpy(heard), e("end", "assistant")]
            one = by_torch(m, torch.cat(parts, dim=1), special["end"])
        two = by_graphs(g, pieces, special["end"])
        same += one == two
        right += check(tokenizer.decode(two), q["keys"], q["cats"])
    print(json.dumps({"n": len(chosen), "identical": same, "right": right}))
    if same != len(chosen):
        raise SystemExit("greedy answers differ between PyTorch and the exported graphs")


if __name__ == "__main__":
    main()
