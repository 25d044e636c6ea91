"""Stages 1-5 of v1: projectors and decoder over live features, then everything with speech, then the whole mixture.

Paper's order kept, scaled down: `--spoken 0 0` (the default) is image and video language (typed questions, vision frozen);
`--audio-rate 0` aligns speech with a frozen encoder; a rate above 0 trains encoder, projectors and decoder together.
"""
from __future__ import annotations

import argparse
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from pocket.model.config import PocketConfig
from pocket.model.omni import Pocket

from .common import Run, adamw, cosine, fuse, set_rate, setup
from .conversations import Conversations, Row
from .frames import FramePool
from .speech_data import Speech, mask_bands
from .stage0_audio import SpeechHeads, letters
from .stage0_vision import pixels


def vision_features(model: Pocket, pools: list[FramePool], cache: Path) -> Tensor:
    """Pooled features of every frame, float16 [N, T, hidden], made once: the vision encoder is frozen from here on."""
    if cache.exists():
        return torch.load(cache, weights_only=True)
    out = []
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for pool in pools:
            for start in range(0, len(pool.frames), 128):
                x = pixels(pool.frames[start : start + 128]).contiguous(memory_format=torch.channels_last)
                out.append(model.vision(x).half())
    features = torch.cat(out)
    cache.parent.mkdir(parents=True, exist_ok=True)
    torch.save(features, cache)
    return features


AUDIO_GROUP = 16


class Heard(NamedTuple):
    """One utterance: where its tokens go, and what it is."""

    row: int
    at: int
    tokens: int
    wave: np.ndarray
    text: str


class Batch:
    """Rows of like length, padded on the right."""

    def __init__(self, rows: list[Row], speech: Speech, rng: np.random.Generator) -> None:
        self.rows = rows
        b, s = len(rows), max(len(r.ids) for r in rows)
        self.ids = torch.zeros(b, s, dtype=torch.long)
        self.targets = torch.full((b, s), -100)
        self.positions = torch.arange(s).repeat(b, 1)
        for i, r in enumerate(rows):
            self.ids[i, : len(r.ids)] = torch.tensor(r.ids).clamp_min(0)
            self.targets[i, : len(r.ids)] = torch.tensor(r.targets)
            self.positions[i, 1:] += r.gap
        self.frame_rows = torch.tensor([index for r in rows for _, index in r.frames], dtype=torch.long)
        self.frame_at = [(i, at) for i, r in enumerate(rows) for at, _ in r.frames]
        heard = [Heard(i, at, n, wave, text) for i, r in enumerate(rows) for (at, n, wave), text in zip(r.audio, r.spoken)]
        # Utterances of like length together: sentences to repeat are three times as long as questions.
        heard.sort(key=lambda h: h.tokens)
        groups = [heard[i : i + AUDIO_GROUP] for i in range(0, len(heard), AUDIO_GROUP)]
        self.audio = [(group, *speech.pad([h.wave for h in group], rng)) for group in groups]


class Trainer(nn.Module):
    def __init__(self, model: Pocket, heads: SpeechHeads, features: Tensor) -> None:
        super().__init__()
        self.model, self.heads = model, heads
        self.features = features

    def forward(self, batch: Batch, rng: np.random.Generator, train_audio: bool, augment: bool) -> tuple[Tensor, Tensor, Tensor]:
        """-> (answer loss, CTC loss, greedy hits [B, S] at target positions)."""
        m = self.model
        t = m.c.vision.tokens_per_frame
        with torch.autocast("cpu", torch.bfloat16):
            x = m.decoder.embed(batch.ids).to(torch.bfloat16)
            where_row, where_col, values = [], [], []
            if len(batch.frame_rows):
                seen = m.visual_projector(self.features[batch.frame_rows].to(torch.bfloat16))
                rows, cols = zip(*batch.frame_at)
                where_row.append(torch.tensor(rows).repeat_interleave(t))
                where_col.append((torch.tensor(cols).unsqueeze(1) + torch.arange(t)).flatten())
                values.append(seen.flatten(0, 1))
            ctc = torch.zeros(())
            for group, pcm, tokens in batch.audio:
                with torch.no_grad():
                    mel = m.frontend.by_fft(pcm)
                if augment:
                    mel = mask_bands(mel, rng)
                with torch.set_grad_enabled(train_audio and torch.is_grad_enabled()):
                    heard50 = m.audio(mel)
                if train_audio:
                    ctc = ctc + self.ctc(heard50.float(), group, tokens) / len(batch.audio)
                heard = m.audio_projector(heard50)
                for i, h in enumerate(group):
                    where_row.append(torch.full((h.tokens,), h.row))
                    where_col.append(torch.arange(h.at, h.at + h.tokens))
                    values.append(heard[i, : h.tokens])
            if values:
                x = x.index_put((torch.cat(where_row), torch.cat(where_col)), torch.cat(values).to(x.dtype))
            hidden = m.decoder(x, batch.positions)
            # Position p predicts the token at p + 1; only the answers' positions go through the output layer.
            wanted = batch.targets[:, 1:]
            learn = wanted >= 0
            logits = m.decoder.logits(hidden[:, :-1][learn]).float()
        loss = F.cross_entropy(logits, wanted[learn])
        hits = torch.zeros(batch.targets.shape, dtype=torch.bool)
        hits[:, 1:][learn] = logits.argmax(-1) == wanted[learn]
        return loss, ctc, hits

    def ctc(self, heard: Tensor, group: list[Heard], tokens: Tensor) -> Tensor:
        logits = self.heads.letter(heard)
        targets = [letters(h.text) for h in group]
        flat = torch.tensor([i for t in targets for i in t])
        sizes = torch.tensor([len(t) for t in targets])
        return F.ctc_loss(logits.log_softmax(-1).transpose(0, 1), flat, tokens * self.model.c.audio.pool, sizes, zero_infinity=True)


def tally(batch: Batch, hits: Tensor, into: dict[str, list[int]]) -> None:
    """An answer is right when every one of its tokens is the greedy choice: then decoding gives exactly it."""
    for row, r in enumerate(batch.rows):
        for family, start, end in r.answers:
            into[family].append(int(hits[row, start:end].all()))


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--frames", type=Path, nargs="+", required=True)
    p.add_argument("--speech", type=Path, nargs="+", required=True)
    p.add_argument("--validation-frames", type=Path, required=True)
    p.add_argument("--validation-speech", type=Path, required=True)
    p.add_argument("--tokenizer", type=Path, required=True)
    p.add_argument("--vision", type=Path, help="last.pt of stage 0 (not needed with --start-from)")
    p.add_argument("--audio", type=Path, help="last.pt of stage 0")
    p.add_argument("--projector", type=Path, help="last.pt of stage 1")
    p.add_argument("--start-from", type=Path, help="last.pt of an earlier omni stage")
    p.add_argument("--cache", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--steps", type=int, required=True)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--rate", type=float, default=1.5e-3)
    p.add_argument("--audio-rate", type=float, default=0.0, help="of the audio encoder, as a factor of --rate")
    p.add_argument("--projector-only", type=int, default=0, help="first steps in which the decoder is frozen")
    p.add_argument("--spoken", type=float, nargs=2, default=(0.0, 0.0), help="share of spoken questions at first and at last")
    p.add_argument("--drill", type=float, default=0.0, help="share of batches with many typed questions about one picture")
    p.add_argument("--late", type=float, nargs=2, default=(0.0, 1.0), help="share of whole conversations at the first and last third")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--minutes", type=float, default=0.0, help="finish the schedule by then, whatever the step (0: by steps alone)")
    p.add_argument("--eager", action="store_true", help="do not compile the layers (short runs)")
    p.add_argument("--every", type=int, default=200)
    a = p.parse_args()
    setup(a.seed, a.threads)

    c = PocketConfig()
    model = Pocket(c)
    heads = SpeechHeads(c.audio.hidden, c.audio.phonemes)
    if a.vision:
        model.vision.load_state_dict(torch.load(a.vision, weights_only=True)["vision"])
    if a.start_from:
        earlier = torch.load(a.start_from, weights_only=True)
        weights = earlier["model"]
        if a.projector:  # a projector of its own takes the place of the earlier one, whatever its shape was
            weights = {k: v for k, v in weights.items() if not k.startswith("visual_projector.")}
        missing, unknown = model.load_state_dict(weights, strict=False)
        if unknown or any(not (a.projector and k.startswith("visual_projector.")) for k in missing):
            raise SystemExit(f"{a.start_from} is of another shape: missing {missing}, unknown {unknown}")
        heads.load_state_dict(earlier["heads"])
    if a.projector:
        model.visual_projector.load_state_dict(torch.load(a.projector, weights_only=True)["projector"])
    if a.audio:
        earlier = torch.load(a.audio, weights_only=True)
        model.audio.load_state_dict(earlier["audio"])
        heads.load_state_dict(earlier["heads"])
    model.eval()
    pools, held_pools = [FramePool(f) for f in a.frames], [FramePool(a.validation_frames)]
    features = vision_features(model, pools, a.cache / "train.pt")
    held_features = vision_features(model, held_pools, a.cache / "validation.pt")
    model.train()
    model.vision.eval()
    tokenizer = Tokenizer.from_file(str(a.tokenizer))
    speech, held_speech = Speech(a.speech, c.audio), Speech([a.validation_speech], c.audio)
    talks = Conversations(tokenizer, pools, speech, c.vision.tokens_per_frame)
    held_talks = Conversations(tokenizer, held_pools, held_speech, c.vision.tokens_per_frame)
    trainer, held_trainer = Trainer(model, heads, features), Trainer(model, heads, held_features)

    train_audio = a.audio_rate > 0
    groups: list[tuple[nn.Module, float]] = [(model.decoder, 1.0), (model.visual_projector, 1.0), (model.audio_projector, 1.0)]
    if train_audio:
        groups += [(model.audio, a.audio_rate), (heads, a.audio_rate)]
    optimizer = adamw(groups)
    run = Run(a.out)
    start = run.resume(optimizer, model=model, heads=heads)
    seeds = np.random.default_rng([a.seed, start])

    def scheduled(step: int) -> int:
        """The step on the schedule: ahead of `step` where the clock asks for it."""
        hurried = int(a.steps * (time.time() - run.started) / 60 / a.minutes) if a.minutes else 0
        return min(a.steps, max(step, hurried))

    def ramp(step: int, ends: Sequence[float], begin: float, length: float) -> float:
        """From ends[0] to ends[1] over a stretch of the schedule."""
        progress = min(1.0, max(0.0, (scheduled(step) / a.steps - begin) / length))
        return ends[0] + (ends[1] - ends[0]) * progress

    def make(step: int, seed: int) -> Batch:
        rng = np.random.default_rng(seed)
        late, spoken = ramp(step, a.late, 0.15, 0.35), ramp(step, a.spoken, 0.55, 0.2)
        if rng.random() < a.drill:
            return Batch([talks.drill(rng) for _ in range(a.batch)], speech, rng)
        whole = bool(rng.random() < late)  # for the batch, so that its rows are of like length
        return Batch([talks.row(rng, whole, spoken, 1.0) for _ in range(a.batch)], speech, rng)

    def validate() -> dict[str, float]:
        model.eval()
        right: dict[str, list[int]] = defaultdict(list)
        rng = np.random.default_rng(5)
        with torch.no_grad():
            for _ in range(10):
                rows = [held_talks.row(rng, True, 1.0 if a.spoken[1] else 0.0, 0.7) for _ in range(24)]
                batch = Batch(rows, held_speech, rng)
                tally(batch, held_trainer(batch, rng, False, False)[2], right)
        model.train()
        model.vision.eval()
        every = [h for hits in right.values() for h in hits]
        return {"val": float(np.mean(every)), **{f"val_{k}": float(np.mean(v)) for k, v in sorted(right.items())}}

    if not a.eager:
        fuse([*model.decoder.layers, *(model.audio.blocks if train_audio else [])])
    lock = threading.Lock()

    def draw() -> int:
        with lock:
            return int(seeds.integers(2**62))

    recent: dict[str, list[int]] = defaultdict(list)
    parameters = [q for g in optimizer.param_groups for q in g["params"]]
    with ThreadPoolExecutor(1) as ahead:
        pending = [ahead.submit(make, start, draw()) for _ in range(2)]
        for step in range(start, a.steps):
            model.decoder.requires_grad_(step >= a.projector_only)
            set_rate(optimizer, cosine(scheduled(step), a.steps, a.rate) if step >= 100 else cosine(step, a.steps, a.rate))
            batch = pending.pop(0).result()
            pending.append(ahead.submit(make, step + 2, draw()))
            loss, ctc, hits = trainer(batch, np.random.default_rng(draw()), train_audio, True)
            optimizer.zero_grad(set_to_none=True)
            (loss + 0.2 * ctc).backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            tally(batch, hits, recent)
            if (step + 1) % 50 == 0:
                run.log(step + 1, loss=loss.item(), ctc=ctc.item(), width=batch.ids.shape[1], **{k: np.mean(v) for k, v in sorted(recent.items())})
                recent.clear()
            finished = scheduled(step + 1) >= a.steps
            if (step + 1) % a.every == 0 or finished:
                run.log(step + 1, **validate())
                run.save(step + 1, optimizer, model=model, heads=heads)
            if finished:
                break


if __name__ == "__main__":
    main()
