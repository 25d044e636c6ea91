"""Stages 1-5: projectors and decoder over features, then everything with speech, then the whole mixture.

Paper's order kept, scaled down, as shares of the batches that move over the run: typed drills about pictures and clips first (image and
video language), then sentences to say back (audio language), then spoken questions and whole conversations. Both encoders are frozen: what they
see and hear is kept on disk (vision_features, ear_cache), so a step costs projectors and decoder alone. Stage 5 is `--packed`: conversations share
rows, isolated from each other.
"""
from __future__ import annotations

import argparse
import multiprocessing
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from pocket import world as w
from pocket.model.config import PocketConfig
from pocket.model.omni import Pocket

from .common import Run, cosine, fuse, optimizer_of, set_rate, setup
from .batches import KINDS, Batch, Mixture, make_batch, open_mixture
from .conversations import Conversations
from .ears import Ears
from .frames import FramePool
from .spelt import SpeechHeads
from .stage0_vision import pixels
from .tokenizer import parts
from .trainer import HELP, MOVED, TOLD, Trainer, tally


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


def grow(weights: dict[str, Tensor], tokenizer: Tokenizer, vocab: int) -> dict[str, Tensor]:
    """Weights with `vocab` rows of embedding: a token that came later begins as the mean of those that it is made of."""
    name = "decoder.embed.weight"
    old = weights[name]
    if len(old) >= vocab:
        return weights
    new = [old[made_of].float().mean(0).to(old.dtype) for made_of in parts(tokenizer, len(old))]
    rest = vocab - len(old) - len(new)  # rows of no token, where the tokenizer is smaller than the model
    return {**weights, name: torch.cat([old, *(row[None] for row in new), old.new_zeros(rest, old.shape[1])])}


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--frames", type=Path, nargs="+", required=True)
    p.add_argument("--ears", type=Path, nargs="+", required=True, help="caches of ear_cache, aligned by ear_start")
    p.add_argument("--validation-frames", type=Path, required=True)
    p.add_argument("--validation-ears", type=Path, nargs="+", required=True)
    p.add_argument("--tokenizer", type=Path, required=True)
    p.add_argument("--vision", type=Path, help="last.pt of stage 0; like --projector it takes the place of what --start-from brings")
    p.add_argument("--projector", type=Path, help="last.pt of stage 1")
    p.add_argument("--start-from", type=Path, help="joined.pt of ear_start, or last.pt of an earlier omni stage")
    p.add_argument("--encoder", type=Path, help="standardised weights of pocket.export.ear, where --start-from comes without them")
    p.add_argument("--cache", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--steps", type=int, required=True)
    p.add_argument("--batch", type=int, default=32, help="conversations a step, more or fewer by kind; with --packed: rows")
    p.add_argument("--packed", type=int, default=0, help="tokens of a row that several isolated conversations share (0: a row each)")
    p.add_argument("--rate", type=float, default=1.5e-3)
    p.add_argument("--decoder-rate", type=float, default=1.0, help="of the decoder, as a factor of --rate")
    p.add_argument("--sight-rate", type=float, default=0.3, help="of the visual projector")
    p.add_argument("--first", type=float, nargs=5, default=(0.55, 0.3, 0.05, 0.05, 0.05), help=f"shares of {list(KINDS)} at first")
    p.add_argument("--last", type=float, nargs=5, default=(0.15, 0.2, 0.15, 0.3, 0.2), help="and at last")
    p.add_argument("--move", type=float, nargs=2, default=(0.3, 0.6), help="where on the schedule the shares move")
    p.add_argument("--muon", action="store_true", help="Muon for the decoder's matrices, AdamW for all else")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--minutes", type=float, default=0.0, help="finish the schedule by then, whatever the step (0: by steps alone)")
    p.add_argument("--eager", action="store_true", help="do not compile the layers (short runs)")
    p.add_argument("--every", type=int, default=200, help="steps between two validations, each followed by a checkpoint")
    p.add_argument("--held-out", type=int, default=32, help="questions of each family that a validation asks (0: none)")
    a = p.parse_args(argv)
    setup(a.seed, a.threads)

    c = PocketConfig()
    model = Pocket(c)
    tokenizer = Tokenizer.from_file(str(a.tokenizer))
    heads = SpeechHeads(c.audio.projected, c.audio.phonemes)
    events = nn.Linear(c.text.hidden, sum((*TOLD, *MOVED)))
    if a.start_from:
        earlier = torch.load(a.start_from, weights_only=True)
        weights = grow(earlier["model"], tokenizer, c.text.vocab)
        if a.encoder:
            weights |= {f"audio.{k}": v for k, v in torch.load(a.encoder, weights_only=True).items()}
        anew = ["visual_projector."] if a.projector else []  # it takes the place of the earlier one, whatever its shape was
        weights = {k: v for k, v in weights.items() if not k.startswith(tuple(anew))}
        missing, unknown = model.load_state_dict(weights, strict=False)
        if unknown or any(not k.startswith(tuple(anew)) for k in missing):
            raise SystemExit(f"{a.start_from} is of another shape: missing {missing}, unknown {unknown}")
        heads.load_state_dict(earlier["heads"])
        if "events" in earlier:
            with torch.no_grad():
                for name, q in events.named_parameters():
                    q[: len(earlier["events"][name])] = earlier["events"][name]  # it may have told less
    if a.vision:
        model.vision.load_state_dict(torch.load(a.vision, weights_only=True)["vision"])
    if a.projector:
        model.visual_projector.load_state_dict(torch.load(a.projector, weights_only=True)["projector"])
    model.eval()
    pools, held_pools = [FramePool(f) for f in a.frames], [FramePool(a.validation_frames)]
    features = vision_features(model, pools, a.cache / "train.pt")
    held_features = vision_features(model, held_pools, a.cache / "validation.pt")
    model.train()
    model.vision.eval()
    held_ears = Ears(a.validation_ears, c.audio.hidden, c.audio.pool, c.audio.hop * c.audio.mel_per_token)
    held_talks = Conversations(tokenizer, held_pools, held_ears, c.vision.tokens_per_frame)
    trainer, held_trainer = Trainer(model, heads, events, features), Trainer(model, heads, events, held_features)

    groups: list[tuple[nn.Module, float]] = [(model.decoder, a.decoder_rate), (model.visual_projector, a.sight_rate), (model.audio_projector, 1.0), (events, 1.0), (heads, 1.0)]
    model.audio.requires_grad_(False)
    model.vision.requires_grad_(False)
    matrices = [q for layer in model.decoder.layers for q in layer.parameters() if q.ndim == 2] if a.muon else []
    optimizer = optimizer_of(groups, matrices, muon_factor=a.decoder_rate)
    run = Run(a.out)
    start = run.resume(optimizer, model=model, heads=heads, events=events)
    seeds = np.random.default_rng([a.seed, start])

    def scheduled(step: int) -> int:
        """The step on the schedule: ahead of `step` where the clock asks for it."""
        hurried = int(a.steps * (time.time() - run.started) / 60 / a.minutes) if a.minutes else 0
        return min(a.steps, max(step, hurried))

    def moved(step: int) -> float:
        return min(1.0, max(0.0, (scheduled(step) / a.steps - a.move[0]) / (a.move[1] - a.move[0])))

    def validate() -> dict[str, float]:
        """The first question of a call, spoken and written, as many of each family."""
        model.eval()
        out: dict[str, float] = {}
        with torch.no_grad():
            for name, spoken in (("typed", 0.0), ("val", 1.0)):
                rng, right = np.random.default_rng(5), defaultdict(list)
                for family, lang in product(w.FAMILIES, w.LANGUAGES):
                    if spoken or family not in ("chat", "repeat", "sound"):
                        batch = Batch([held_talks.ask(rng, spoken, family, 1, lang) for _ in range(a.held_out)], held_ears)
                        tally(batch, held_trainer(batch, rng, False)[2], right)
                out[name] = float(np.mean([h for hits in right.values() for h in hits]))
                out.update({f"{name}_{k}": float(np.mean(v)) for k, v in sorted(right.items())})
        model.train()
        model.vision.eval()
        return out

    if not a.eager:
        fuse(model.decoder.layers)

    def draw() -> int:
        return int(seeds.integers(2**62))

    helped: dict[str, float] = {}
    recent: dict[str, list[int]] = defaultdict(list)
    parameters = [q for g in optimizer.param_groups for q in g["params"]]
    # In a process of its own: in a thread it would hold the interpreter's lock half of the time.
    mixture = Mixture(a.tokenizer, a.frames, a.ears, c, a.batch, a.first, a.last, a.packed)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=open_mixture, initargs=(mixture,)) as ahead:
        pending = [ahead.submit(make_batch, moved(start), draw()) for _ in range(3)]
        for step in range(start, a.steps):
            set_rate(optimizer, cosine(scheduled(step), a.steps, a.rate) if step >= 100 else cosine(step, a.steps, a.rate))
            batch = pending.pop(0).result()
            pending.append(ahead.submit(make_batch, moved(step), draw()))
            loss, help_, hits = trainer(batch, np.random.default_rng(draw()), True)
            optimizer.zero_grad(set_to_none=True)
            (loss + sum(HELP[k] * v for k, v in help_.items())).backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            tally(batch, hits, recent)
            helped.update({k: v.item() for k, v in help_.items()})
            finished = scheduled(step + 1) >= a.steps
            if (step + 1) % 50 == 0 or finished:
                run.log(step + 1, loss=loss.item(), **helped, width=batch.ids.shape[1], **{k: np.mean(v) for k, v in sorted(recent.items())})
                recent.clear()
            if (step + 1) % a.every == 0 or finished:
                if a.held_out:
                    run.log(step + 1, **validate())
                run.save(step + 1, optimizer, model=model, heads=heads, events=events)
            if finished:
                break


if __name__ == "__main__":
    main()
