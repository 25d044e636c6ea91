"""The turn-end head: learns on a frozen audio encoder to tell a finished question from one that is broken off, where the sound stops.

Minutes, on any encoder: `--encoder` is `last.pt` of stage 0 or omni, or `checkpoints/v2.pt`. Half of what it hears is finished (some of it after a
hesitation), half is broken off at a lull, at a closure or anywhere; behind either lie 10 to 600 ms of silence. `evaluation.json` has the area under the
ROC curve on voices never heard in training: in all, by length of silence, and where a scripted pause of `npm run bench -- endpoint` would lie.
"""
from __future__ import annotations

import argparse
import json
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from pocket.model.audio import AudioEncoder, AudioFrontend
from pocket.model.config import PocketConfig, TurnEndConfig
from pocket.model.turn_end import TurnEndHead, read, visibility
from pocket.speech.pauses import MS, Heard

from .common import Run, adamw, cosine, part, set_rate, setup
from .hearings import Hearings
from .speech_data import Speech

#: Weight of the frames that end the blocks on the way: all inside of speech, so easy.
ON_THE_WAY = 0.1
#: Batches that are kept to be learned from again.
KEPT = 24
#: Bins of trailing silence (ms) in the evaluation.
SILENCES = ((10, 60), (60, 120), (120, 200), (200, 300), (300, 600))


def load_encoder(path: Path, encoder: AudioEncoder) -> None:
    state = torch.load(path, weights_only=True)
    own = state["audio"] if "audio" in state else part(state["model"], "audio.")
    encoder.load_state_dict({k: v.float() for k, v in own.items()})
    encoder.eval().requires_grad_(False)


def auc(scores: np.ndarray, finished: np.ndarray) -> float:
    """Share of (finished, broken off) pairs in their right order; ties count half."""
    order = np.argsort(scores, kind="stable")
    _, first, count = np.unique(scores[order], return_index=True, return_counts=True)
    ranks = np.empty(len(scores))
    ranks[order] = np.repeat(first + (count + 1) / 2, count)
    yes = int(finished.sum())
    no = len(finished) - yes
    return float((ranks[finished].sum() - yes * (yes + 1) / 2) / (yes * no)) if yes and no else float("nan")


@dataclass(frozen=True)
class Encoded:
    """A batch behind the frozen encoder. `last`: the frame in which each sound ends; `spoken`: that in which speech does."""

    taps: list[Tensor]
    visible: Tensor
    last: Tensor
    spoken: Tensor
    finished: Tensor


class Model(torch.nn.Module):
    def __init__(self, c: PocketConfig) -> None:
        super().__init__()
        self.c = c.audio
        self.frontend, self.audio, self.turn_end = AudioFrontend(c.audio), AudioEncoder(c.audio), TurnEndHead(c.audio, TurnEndConfig())

    def encode(self, pcm: Tensor, tokens: Tensor) -> tuple[list[Tensor], Tensor]:
        """What the head reads: the encoder is frozen, so this may be kept and learned from again."""
        with torch.no_grad():
            mel = self.frontend.by_fft(pcm)
            visible = visibility(self.audio, tokens * self.c.pool, mel.shape[1] // 2)
            with torch.autocast("cpu", torch.bfloat16):
                taps = read(self.audio, mel, visible)
        return [x.bfloat16() for x in taps], visible

    def logits(self, taps: list[Tensor], visible: Tensor) -> Tensor:
        """[B, frames]"""
        with torch.autocast("cpu", torch.bfloat16):
            return self.turn_end(taps, visible).float()


def batch(speech: Speech, heard: list[Heard], rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """-> pcm, tokens of each, and the frame in which its sound ends."""
    pcm, tokens = speech.pad([h.pcm for h in heard], rng)
    frame = speech.c.hop * 2
    return pcm, tokens, torch.tensor([(len(h.pcm) - 1) // frame for h in heard])


def scores(model: Model, speech: Speech, heard: list[Heard]) -> np.ndarray:
    """The last frame's probability of each, in batches of like length."""
    rng = np.random.default_rng(0)
    order = np.argsort([len(h.pcm) for h in heard])
    out = np.empty(len(heard))
    model.eval()
    with torch.no_grad():
        for rows in np.array_split(order, max(1, len(order) // 64)):
            pcm, tokens, last = batch(speech, [heard[i] for i in rows], rng)
            logits = model.logits(*model.encode(pcm, tokens))
            out[rows] = torch.sigmoid(logits[torch.arange(len(rows)), last]).numpy()
    model.train()
    return out


def areas(model: Model, held_out: Hearings, count: int) -> dict[str, float]:
    """Areas under the ROC curve, and of `scripted` the share of ends that are told apart at 2 % false ones."""
    speech = held_out.speech
    rng = np.random.default_rng(0)

    def measure(heard: list[Heard]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return scores(model, speech, heard), np.array([h.finished for h in heard]), np.array([h.silence / MS for h in heard])

    p, finished, silence = measure([held_out.sample(rng) for _ in range(count)])
    out = {"auc": auc(p, finished)}
    for low, high in SILENCES:
        among = (silence >= low) & (silence < high)
        if 0 < finished[among].sum() < among.sum():
            out[f"auc_{low}_{high}ms"] = auc(p[among], finished[among])
    chosen = [held_out.draw(rng) for _ in range(count // 2)]
    p, finished, _ = measure([held_out.scripted(i, finished, rng) for i in chosen for finished in (True, False)])
    out["auc_scripted"] = auc(p, finished)
    out["ends_at_2_percent"] = float((p[finished] > np.quantile(p[~finished], 0.98)).mean())
    return out


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--encoder", type=Path, required=True)
    p.add_argument("--start-from", type=Path, help="a head that has learned on an earlier encoder: this one's is told from it in minutes")
    p.add_argument("--speech", type=Path, nargs="+", required=True)
    p.add_argument("--beginnings", type=Path, nargs="*", default=[], help="pools of pocket.stages.turn_texts")
    p.add_argument("--validation", type=Path, nargs="+", required=True)
    p.add_argument("--validation-beginnings", type=Path, nargs="*", default=[])
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--steps", type=int, default=1200)
    p.add_argument("--minutes", type=float, default=0.0, help="finish the schedule by then, whatever the step (0: by steps alone)")
    p.add_argument("--batch", type=int, default=48)
    p.add_argument("--echo", type=int, default=3, help="steps to a batch: encoding costs more than learning, so each is learned from again, later")
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--held-out", type=int, default=3000, help="examples in the last evaluation; a tenth of it on the way")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args(argv)
    setup(a.seed, a.threads)
    c = PocketConfig()
    pool = lambda folders: Speech(folders, c.audio) if folders else None  # noqa: E731
    speech = Speech(a.speech, c.audio)
    hearings = Hearings(speech, pool(a.beginnings), a.seed)
    held_out = Hearings(Speech(a.validation, c.audio), pool(a.validation_beginnings), a.seed + 1)
    model = Model(c)
    load_encoder(a.encoder, model.audio)
    if a.start_from:
        model.turn_end.load_state_dict({k: v.float() for k, v in torch.load(a.start_from, weights_only=True)["turn_end"].items()})
    optimizer = adamw([(model.turn_end, 1.0)])
    run = Run(a.out)
    start = run.resume(optimizer, turn_end=model.turn_end)
    rng = np.random.default_rng([a.seed, start])
    block = c.audio.block_frames
    waiting: list[list[Heard]] = []

    kept: deque[Encoded] = deque(maxlen=KEPT)

    def fresh() -> Encoded:
        nonlocal waiting
        if not waiting:  # clips of like length share a batch
            some = sorted((hearings.sample(rng) for _ in range(a.batch * 4)), key=lambda h: len(h.pcm))
            waiting = [some[i * a.batch : (i + 1) * a.batch] for i in rng.permutation(4)]
        heard = waiting.pop()
        pcm, tokens, last = batch(speech, heard, rng)
        spoken = torch.tensor([(len(h.pcm) - h.silence) // (speech.c.hop * 2) for h in heard])
        kept.append(Encoded(*model.encode(pcm, tokens), last, spoken, torch.tensor([h.finished for h in heard])))
        return kept[-1]

    def losses(e: Encoded) -> tuple[Tensor, Tensor]:
        logits = model.logits(e.taps, e.visible)
        at_end = F.binary_cross_entropy_with_logits(logits[torch.arange(len(e.last)), e.last], e.finished.float())
        ends = torch.arange(block - 1, logits.shape[1], block)
        over = (ends > e.spoken.unsqueeze(1)) & e.finished.unsqueeze(1)
        way = F.binary_cross_entropy_with_logits(logits[:, ends], over.float(), reduction="none")
        there = (ends < e.last.unsqueeze(1)).float()
        return at_end, (way * there).sum() / there.sum().clamp(min=1)

    step = start
    while step < a.steps:
        hurried = int(a.steps * (time.time() - run.started) / 60 / a.minutes) if a.minutes else 0
        set_rate(optimizer, cosine(max(step, hurried), a.steps, a.rate))
        at_end, way = losses(fresh() if step % a.echo == 0 or not kept else kept[int(rng.integers(len(kept)))])
        optimizer.zero_grad(set_to_none=True)
        (at_end + ON_THE_WAY * way).backward()
        torch.nn.utils.clip_grad_norm_(model.turn_end.parameters(), 1.0)
        optimizer.step()
        step = a.steps if hurried >= a.steps else step + 1
        if step % 20 == 0:
            run.log(step, at_end=at_end.item(), on_the_way=way.item())
        if step % 100 == 0 or step == a.steps:
            run.save(step, optimizer, turn_end=model.turn_end)
        if step % 300 == 0 and step < a.steps:
            run.log(step, **areas(model, held_out, max(40, a.held_out // 10)))
    found = areas(model, held_out, a.held_out)
    run.log(a.steps, **found)
    (a.out / "evaluation.json").write_text(json.dumps({"examples": a.held_out, **{k: round(v, 4) for k, v in found.items()}}, indent=2) + "\n")


if __name__ == "__main__":
    main()
