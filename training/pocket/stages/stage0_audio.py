"""Stage 0, audio: the encoder learns phonemes frame by frame and letters by CTC, since no pre-trained one can be had.

With `--start-from` it goes on from an encoder that hears already, at full augmentation from the first step: so Mandarin came to v1's English.
"""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pocket.model.audio import AudioEncoder, AudioFrontend
from pocket.model.config import PocketConfig
from pocket.speech.letters import LETTERS, greedy, is_chinese, letters, spelling

from .common import Awake, Run, adamw, cosine, fuse, part, set_rate, setup
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

    def start_from(self, path: Path) -> None:
        """Encoder and heads of a packed checkpoint, of an omni stage or of this one."""
        state = torch.load(path, weights_only=True)
        self.audio.load_state_dict(state.get("audio") or part(state["model"], "audio."))
        self.heads.load_state_dict(state["heads"])

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


def batch_of(source: Speech, rows: np.ndarray, rng: np.random.Generator, strength: float) -> tuple[Tensor, Tensor, Tensor, list[str]]:
    """-> padded waveforms, tokens of each, phonemes of each 20 ms, texts."""
    pairs = [source.aligned(int(i), rng, strength) for i in rows]
    pcm, tokens = source.pad([x for x, _ in pairs], rng)
    labels = torch.full((len(rows), int(tokens.max()) * source.c.pool), 0)
    for row, (_, y) in enumerate(pairs):
        labels[row, : len(y)] = torch.from_numpy(y.astype(np.int64))[: labels.shape[1]]
    return pcm, tokens, labels, [source.text(int(i)) for i in rows]


def validate(model: Model, held_out: Speech, clips: int = 240) -> dict[str, float]:
    """Error rate by CTC alone for each language, in words of English and in syllables of Chinese; every call hears the same clips alike."""
    model.eval()
    rng = np.random.default_rng(0)
    chosen = rng.permutation(len(held_out))[:clips]
    wrong = {"val_wer_en": 0, "val_cer_zh": 0}
    said = dict(wrong)
    with torch.no_grad():
        for rows in np.array_split(chosen, -(-len(chosen) // 48)):
            pcm, tokens, _, texts = batch_of(held_out, rows, rng, 0.7)
            with torch.autocast("cpu", torch.bfloat16):
                x = model.audio(model.mel(pcm))
            for text, row, n in zip(texts, model.heads.letter(x.float()), tokens):
                of = "val_cer_zh" if is_chinese(text) else "val_wer_en"
                wanted = spelling(text).split()
                wrong[of] += edits(greedy(row, int(n) * held_out.c.pool).split(), wanted)
                said[of] += len(wanted)
    model.train()
    return {of: wrong[of] / n for of, n in said.items() if n}


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--speech", type=Path, nargs="+", required=True)
    p.add_argument("--validation", type=Path, nargs="+", required=True, help="a pool for each language")
    p.add_argument("--start-from", type=Path, help="a packed checkpoint, or last.pt of this or an omni stage")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--steps", type=int, default=4000)
    p.add_argument("--minutes", type=float, default=0.0, help="finish the schedule by then, whatever the step; time asleep does not count (0: by steps alone)")
    p.add_argument("--every", type=int, default=400, help="steps between two validations; checkpoints come every 50")
    p.add_argument("--batch", type=int, default=48)
    p.add_argument("--rate", type=float, default=1.5e-3)
    p.add_argument("--eager", action="store_true", help="do not compile the layers (short runs)")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args(argv)
    setup(a.seed, a.threads)
    c = PocketConfig()
    speech, held_out = Speech(a.speech, c.audio), [Speech([folder], c.audio) for folder in a.validation]
    model = Model(c)
    if a.start_from:
        model.start_from(a.start_from)
    optimizer = adamw([(model, 1.0)])
    run = Run(a.out)
    start = run.resume(optimizer, audio=model.audio, heads=model.heads)
    rng = np.random.default_rng([a.seed, start])
    lengths = np.array([speech.length(i) for i in range(len(speech))])
    clock, warmup = Awake(), min(200, a.steps // 10)
    if not a.eager:
        fuse(model.audio.blocks)

    for step in range(start, a.steps):
        scheduled = clock.hurry(step, a.steps, a.minutes)
        set_rate(optimizer, cosine(scheduled if step >= warmup else step, a.steps, a.rate, warmup))
        # Clips of like length share a batch, so that little of it is padding.
        some = rng.integers(len(speech), size=a.batch * 4)
        some = some[np.argsort(lengths[some])]
        at = int(rng.integers(4)) * a.batch
        pcm, tokens, labels, texts = batch_of(speech, some[at : at + a.batch], rng, 1.0 if a.start_from else min(1.0, step / 1000 + 0.3))
        phoneme, ctc, _ = model.losses(mask_bands(model.mel(pcm), rng), tokens, labels, texts, c.audio.pool)
        # Phonemes first: CTC alone takes long to find an alignment.
        loss = phoneme + (1.0 if a.start_from else min(1.0, step / 400)) * ctc
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        finished = step + 1 == a.steps or clock.hurry(step + 1, a.steps, a.minutes) >= a.steps
        if (step + 1) % 50 == 0 or finished:
            run.log(step + 1, phoneme=phoneme.item(), ctc=ctc.item())
            run.save(step + 1, optimizer, audio=model.audio, heads=model.heads)
        if (step + 1) % a.every == 0 or finished:
            figures = [validate(model, held) for held in held_out]
            run.log(step + 1, **{k: v for of in figures for k, v in of.items()})
        if finished:
            break


if __name__ == "__main__":
    main()
