"""Stage 0, audio: the encoder learns phonemes frame by frame and letters by CTC, since no pre-trained one can be had."""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pocket.model.audio import AudioEncoder, AudioFrontend
from pocket.model.config import PocketConfig
from pocket.speech.letters import LETTERS, greedy, letters

from .common import Run, adamw, cosine, fuse, set_rate, setup
from .speech_data import Speech, mask_bands


class SpeechHeads(nn.Module):
    """Training only."""

    def __init__(self, hidden: int, phonemes: int) -> None:
        super().__init__()
        self.phoneme = nn.Linear(hidden, phonemes)
        self.letter = nn.Linear(hidden, len(LETTERS) + 1)


def edits(a: list[str], b: list[str]) -> int:
    """Levenshtein distance in words."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


class Model(nn.Module):
    def __init__(self, c: PocketConfig) -> None:
        super().__init__()
        self.frontend, self.audio, self.heads = AudioFrontend(c.audio), AudioEncoder(c.audio), SpeechHeads(c.audio.hidden, c.audio.phonemes)

    def mel(self, pcm: Tensor) -> Tensor:
        with torch.no_grad():
            return self.frontend.by_fft(pcm)

    def losses(self, mel: Tensor, tokens: Tensor, labels: Tensor, texts: list[str], pool: int) -> tuple[Tensor, Tensor, Tensor]:
        with torch.autocast("cpu", torch.bfloat16):
            x = self.audio(mel)
        x = x.float()
        phoneme = F.cross_entropy(self.heads.phoneme(x).flatten(0, 1), labels.flatten(), ignore_index=-1)
        logits = self.heads.letter(x)
        targets = [letters(t) for t in texts]
        flat = torch.tensor([i for t in targets for i in t])
        ctc = F.ctc_loss(logits.log_softmax(-1).transpose(0, 1), flat, tokens * pool, torch.tensor([len(t) for t in targets]), zero_infinity=True)
        return phoneme, ctc, logits


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--speech", type=Path, nargs="+", required=True)
    p.add_argument("--validation", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--steps", type=int, default=4000)
    p.add_argument("--batch", type=int, default=48)
    p.add_argument("--rate", type=float, default=1.5e-3)
    p.add_argument("--eager", action="store_true", help="do not compile the layers (short runs)")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args(argv)
    setup(a.seed, a.threads)
    c = PocketConfig()
    speech, held_out = Speech(a.speech, c.audio), Speech([a.validation], c.audio)
    model = Model(c)
    optimizer = adamw([(model, 1.0)])
    run = Run(a.out)
    start = run.resume(optimizer, audio=model.audio, heads=model.heads)
    rng = np.random.default_rng([a.seed, start])
    lengths = np.array([speech.length(i) for i in range(len(speech))])

    def batch(source: Speech, rows: np.ndarray, strength: float) -> tuple[Tensor, Tensor, Tensor, list[str]]:
        pairs = [source.aligned(int(i), rng, strength) for i in rows]
        pcm, tokens = source.pad([x for x, _ in pairs], rng)
        labels = torch.full((len(rows), int(tokens.max()) * c.audio.pool), 0)
        for row, (_, y) in enumerate(pairs):
            labels[row, : len(y)] = torch.from_numpy(y.astype(np.int64))[: labels.shape[1]]
        return pcm, tokens, labels, [source.text(int(i)) for i in rows]

    def validate() -> dict[str, float]:
        model.eval()
        wrong = words = 0
        chosen = np.random.default_rng(0).permutation(len(held_out))[:480]
        with torch.no_grad():
            for rows in np.array_split(chosen, 10):
                pcm, tokens, labels, texts = batch(held_out, rows, 0.7)
                _, _, logits = model.losses(model.mel(pcm), tokens, labels, texts, c.audio.pool)
                for text, row, n in zip(texts, logits, tokens):
                    wrong += edits(greedy(row, int(n) * c.audio.pool).split(), text.split())
                    words += len(text.split())
        model.train()
        return {"val_wer_ctc": wrong / words}

    if not a.eager:
        fuse(model.audio.blocks)

    for step in range(start, a.steps):
        set_rate(optimizer, cosine(step, a.steps, a.rate, warmup=200))
        # Clips of like length share a batch, so that little of it is padding.
        some = rng.integers(len(speech), size=a.batch * 4)
        some = some[np.argsort(lengths[some])]
        at = int(rng.integers(4)) * a.batch
        pcm, tokens, labels, texts = batch(speech, some[at : at + a.batch], min(1.0, step / 1000 + 0.3))
        phoneme, ctc, _ = model.losses(mask_bands(model.mel(pcm), rng), tokens, labels, texts, c.audio.pool)
        # Phonemes first: CTC alone takes long to find an alignment.
        loss = phoneme + min(1.0, step / 400) * ctc
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if (step + 1) % 50 == 0 or step + 1 == a.steps:
            run.log(step + 1, phoneme=phoneme.item(), ctc=ctc.item())
        if (step + 1) % 400 == 0 or step + 1 == a.steps:
            run.log(step + 1, **validate())
            run.save(step + 1, optimizer, audio=model.audio, heads=model.heads)


if __name__ == "__main__":
    main()
