"""The new ear learns to be understood: Conv-GMLP behind Whisper begins as the one behind the earlier ear, and hears for the same decoder at once.

First in closed form: the narrowing convolution becomes the linear map from Whisper's features to what the earlier ear heard of the same clips, by least squares
(the earlier Conv-GMLP, the letters' head and the decoder then fit as they are). Then by steps: the tokens of the earlier ear on robots (clean, while this one
hears them rough), where there is one; and by CTC, on robots and natural voices alike, what is said: in the decoder's own pieces from its tokens (12.5 a second), and in
letters from the narrowed features (50 a second). Last, where each letter begins is written beside each cache.

    python -m pocket.stages.ear_start --ears work/ears work/ears_natural --start-from work/v2.pt --encoder work/ear_int8.pt --tokenizer FILE --out work/run_e0 --minutes 12
"""
from __future__ import annotations

import argparse
import time
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from pocket.model.audio import ConvGMLP
from pocket.model.config import AudioConfig, PocketConfig
from pocket.speech.letters import is_chinese, letters, spelling

from .common import Run, adamw, cosine, part, set_rate, setup
from .ears import Ears
from .pointing import align, pieces
from .spelt import SpeechHeads, edits

RIDGE = 30.0
NEIGHBOURS = (-1, 0, 1)


def least_squares(ears: Ears, hidden: int, most: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, float]:
    """Weights [hidden, features, 3] and bias of the narrowing convolution, and the share of the variance that it explains."""
    chosen = [i for i in rng.permutation(len(ears)) if ears.entries[i].taught >= 0][:most]
    width = ears.hidden * len(NEIGHBOURS)
    xx, xy, xs, ys, yy, count = np.zeros((width, width)), np.zeros((width, hidden)), np.zeros(width), np.zeros(hidden), np.zeros(hidden), 0
    for start in range(0, len(chosen), 32):
        rows, wanted = [], []
        for i in chosen[start : start + 32]:
            x = np.pad(ears.features(i).astype(np.float32), ((1, 1), (0, 0)))
            rows.append(np.concatenate([x[1 + n : len(x) - 1 + n] for n in NEIGHBOURS], axis=1))
            wanted.append(ears.teacher(i, hidden).astype(np.float32))
        x, y = np.concatenate(rows), np.concatenate(wanted)
        xx, xy, xs, ys, yy, count = xx + x.T @ x, xy + x.T @ y, xs + x.sum(0), ys + y.sum(0), yy + np.square(y).sum(0), count + len(x)
    mx, my = xs / count, ys / count
    cov, cross = xx - count * np.outer(mx, mx), xy - count * np.outer(mx, my)
    found = np.linalg.solve(cov + RIDGE * np.eye(width), cross)
    explained = float((found * cross).sum() / (yy - count * my**2).sum())
    weight = torch.from_numpy(found.astype(np.float32).reshape(len(NEIGHBOURS), ears.hidden, hidden)).permute(2, 1, 0).contiguous()
    return weight, torch.from_numpy((my - mx @ found).astype(np.float32)), explained


class Batches:
    def __init__(self, ears: Ears, narrow: int, size: int, rng: np.random.Generator) -> None:
        self.ears, self.narrow, self.size, self.rng = ears, narrow, size, rng
        self.waiting: list[list[int]] = []
        robots = np.array([e.taught >= 0 for e in ears.entries])
        share = np.where(robots, 1.0, 2.5)
        self.chance = share / share.sum()

    def draw(self) -> list[int]:
        if not self.waiting:
            some = self.rng.choice(len(self.ears), 8 * self.size, p=self.chance)
            some = some[np.argsort([self.ears.entries[i].tokens for i in some])]
            self.waiting = [some[i * self.size : (i + 1) * self.size].tolist() for i in self.rng.permutation(8)]
        return self.waiting.pop()


def padded(ears: Ears, rows: list[int]) -> tuple[Tensor, Tensor]:
    """features [B, T, hidden], tokens [B]; behind the end lies nothing."""
    tokens = torch.tensor([ears.entries[i].tokens for i in rows])
    out = np.zeros((len(rows), int(tokens.max()) * ears.pool, ears.hidden), np.float16)
    for row, i in enumerate(rows):
        x = ears.features(i)
        out[row, : len(x)] = x
    return torch.from_numpy(out), tokens


def masked(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Hides a short stretch of time in some, and shakes the features a little."""
    x = x + 0.15 * torch.randn_like(x)
    for row in range(len(x)):
        if rng.random() < 0.35 and x.shape[1] > 16:
            width = int(rng.integers(2, 10))
            at = int(rng.integers(0, x.shape[1] - width))
            x[row, at : at + width] = 0
    return x


def ctc(logits: Tensor, lengths: Tensor, targets: list[list[int]]) -> Tensor:
    flat = torch.tensor([i for t in targets for i in t])
    return F.ctc_loss(logits.log_softmax(-1).transpose(0, 1), flat, lengths, torch.tensor([len(t) for t in targets]), zero_infinity=True)


class Written:
    """What is said, in the pieces of the decoder's tokenizer; class 0 is CTC's blank."""

    def __init__(self, file: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(file))
        self.classes = self._tokenizer.get_vocab_size() + 1
        self._known: dict[str, list[int]] = {}

    def of(self, text: str) -> list[int]:
        if text not in self._known:
            self._known[text] = [token + 1 for token, _ in pieces(self._tokenizer, text)]
        return self._known[text]

    def read(self, logits: Tensor, tokens: int) -> str:
        """The best path's text."""
        return self._tokenizer.decode([i - 1 for i, _ in groupby(logits[:tokens].argmax(-1).tolist()) if i]).strip()


def errors(ears: Ears, gmlp: ConvGMLP, words: nn.Linear, written: Written, most: int) -> dict[str, float]:
    """By CTC alone, in words of English and syllables of Chinese, of robots and natural voices."""
    wrong: dict[str, int] = {}
    said: dict[str, int] = {}
    rows = [int(i) for i in np.random.default_rng(0).permutation(len(ears)) if ears.entries[i].kind in ("question", "content")][:most]
    with torch.no_grad():
        for start in range(0, len(rows), 32):
            some = rows[start : start + 32]
            x, tokens = padded(ears, some)
            logits = words(F.layer_norm(gmlp(x.float()), (words.in_features,)))
            for i, row, n in zip(some, logits, tokens):
                e = ears.entries[i]
                of = ("robot" if e.source.startswith("robots") else "natural") + (".zh" if is_chinese(e.said) else ".en")
                wanted = spelling(e.said).split()
                wrong[of] = wrong.get(of, 0) + edits(spelling(written.read(row, int(n))).split(), wanted)
                said[of] = said.get(of, 0) + len(wanted)
    return {f"val_{k}": wrong[k] / n for k, n in sorted(said.items()) if n}


def write_alignments(folder: Path, ears: Ears, gmlp: ConvGMLP, heads: SpeechHeads) -> None:
    """`aligned.npz`: the first frame of each letter of each utterance, end to end; -1 where the text does not fit."""
    out: list[np.ndarray] = []
    with torch.no_grad():
        for start in range(0, len(ears), 48):
            some = list(range(start, min(len(ears), start + 48)))
            x, tokens = padded(ears, some)
            logits = heads.letter(gmlp.narrowed(x.float())).log_softmax(-1).numpy()
            texts = [letters(ears.entries[i].said) for i in some]
            fits = [bool(t) and 2 * len(t) < int(n) * ears.pool for t, n in zip(texts, tokens)]
            good = [k for k, ok in enumerate(fits) if ok]
            found = dict(zip(good, align(logits[good], np.array([int(tokens[k]) * ears.pool for k in good]), [texts[k] for k in good]))) if good else {}
            out += [np.asarray(found[k])[: len(texts[k])] if k in found else np.full(len(texts[k]), -1) for k in range(len(some))]
    np.savez(folder / "aligned.npz", first=np.concatenate(out).astype(np.int16))


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--ears", type=Path, nargs="+", required=True)
    p.add_argument("--validation", type=Path, nargs="*", default=[])
    p.add_argument("--align", type=Path, nargs="*", default=[], help="further caches to align")
    p.add_argument("--start-from", type=Path, required=True, help="a checkpoint of the earlier ear")
    p.add_argument("--encoder", type=Path, required=True, help="standardised weights of pocket.export.ear")
    p.add_argument("--tokenizer", type=Path, required=True)
    p.add_argument("--narrowing", type=Path, help="last.pt of an earlier run of this stage, in place of least squares")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--steps", type=int, default=4000)
    p.add_argument("--minutes", type=float, default=0.0)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--rate", type=float, default=1e-3)
    p.add_argument("--every", type=int, default=100)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args(argv)
    setup(a.seed, a.threads)
    c = PocketConfig()
    unit = c.audio.hop * c.audio.mel_per_token
    opened = lambda folders: Ears(folders, c.audio.hidden, c.audio.pool, unit)  # noqa: E731
    ears = opened(a.ears)
    held_out = opened(a.validation) if a.validation else None
    earlier = torch.load(a.start_from, weights_only=True)
    teacher = ConvGMLP(AudioConfig(), c.text.hidden).eval().requires_grad_(False)
    gmlp, heads = ConvGMLP(c.audio, c.text.hidden), SpeechHeads(c.audio.projected, c.audio.phonemes)
    known = any(e.taught >= 0 for e in ears.entries)
    if known:
        teacher.load_state_dict(part(earlier["model"], "audio_projector."))
        gmlp.load_state_dict(teacher.state_dict(), strict=False)
        heads.load_state_dict(earlier["heads"])
    written = Written(a.tokenizer)
    words = nn.Linear(c.text.hidden, written.classes)
    optimizer = adamw([(gmlp, 1.0), (heads, 1.0), (words, 2.0)])
    run = Run(a.out)
    rng = np.random.default_rng(a.seed)
    start = run.resume(optimizer, audio_projector=gmlp, heads=heads, words=words)
    if not start and a.narrowing:
        earlier_run = torch.load(a.narrowing, weights_only=True)
        gmlp.load_state_dict(earlier_run["audio_projector"])
        heads.load_state_dict(earlier_run["heads"])
        if "words" in earlier_run:
            words.load_state_dict(earlier_run["words"])
    elif not start and known:
        weight, bias, explained = least_squares(ears, c.audio.narrow, 4000, rng)
        with torch.no_grad():
            gmlp.enter.weight.copy_(weight)
            gmlp.enter.bias.copy_(bias)
        run.log(0, explained=explained)
    batches = Batches(ears, c.audio.narrow, a.batch, rng)
    began = time.time()
    for step in range(start, a.steps):
        hurried = int(a.steps * (time.time() - began) / 60 / a.minutes) if a.minutes else 0
        scheduled = max(step, hurried)
        set_rate(optimizer, cosine(scheduled if step >= 60 else step, a.steps, a.rate, 60))
        rows = batches.draw()
        x, tokens = padded(ears, rows)
        taught = torch.tensor([ears.entries[i].taught >= 0 for i in rows])
        with torch.autocast("cpu", torch.bfloat16):
            narrow = gmlp.narrowed(masked(x.bfloat16(), rng))
            logits = heads.letter(narrow).float()
            heard = gmlp.folded(narrow).float()
            spoken = words(F.layer_norm(heard.bfloat16(), (c.text.hidden,))).float()
        texts = [ears.entries[i].said for i in rows]
        letter = ctc(logits, tokens * c.audio.pool, [letters(t) for t in texts])
        piece = ctc(spoken, tokens, [written.of(t) for t in texts])
        loss = 0.3 * letter + 0.7 * piece
        if taught.any():
            wanted = torch.zeros(len(rows), x.shape[1], c.audio.narrow)
            for row, i in enumerate(rows):
                if taught[row]:
                    t = ears.teacher(i, c.audio.narrow)
                    wanted[row, : len(t)] = torch.from_numpy(t.astype(np.float32))
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                target = teacher(wanted.bfloat16()).float()
            there = (torch.arange(heard.shape[1]) < tokens.unsqueeze(1)) & taught.unsqueeze(1)
            gap = (heard - target)[there].square().sum(-1).mean() / target[there].square().sum(-1).mean()
            loss = loss + 2.0 * gap
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*gmlp.parameters(), *heads.parameters()], 1.0)
        optimizer.step()
        finished = scheduled + 1 >= a.steps
        if (step + 1) % 25 == 0 or finished:
            run.log(step + 1, ctc=letter.item(), pieces=piece.item(), gap=gap.item() if taught.any() else 0.0)
        if (step + 1) % a.every == 0 or finished:
            if held_out:
                run.log(step + 1, **errors(held_out, gmlp, words, written, 200))
            run.save(step + 1, optimizer, audio_projector=gmlp, heads=heads, words=words)
        if finished:
            break
    for folder in [*a.ears, *a.validation, *a.align]:
        write_alignments(folder, opened([folder]), gmlp, heads)
    packed = {k: v for k, v in earlier["model"].items() if not k.startswith(("audio.", "audio_projector."))}
    packed |= {f"audio.{k}": v for k, v in torch.load(a.encoder, weights_only=True).items()}
    packed |= {f"audio_projector.{k}": v for k, v in gmlp.state_dict().items()}
    torch.save({"model": packed, "heads": heads.state_dict(), **({"events": earlier["events"]} if "events" in earlier else {})}, a.out / "joined.pt")


if __name__ == "__main__":
    main()
