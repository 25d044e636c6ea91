"""The whole training in little: every stage for a few steps on a set made on the spot, then export, parity and curves. It learns nothing; it shows that all parts fit.

    python -m pocket.smoke [--out DIR]

Needs libespeak-ng1 and libopus0; `npm test -- --with training` installs them.
"""
from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

STEPS = 2


def checked(run: Path, steps: int) -> None:
    """The run reached its last step, and nothing that it logged is infinite or not a number."""
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    wrong = [(line["step"], k, v) for line in lines for k, v in line.items() if not math.isfinite(v)]
    if wrong or lines[-1]["step"] != steps or not (run / "last.pt").exists():
        raise SystemExit(f"smoke: {run.name} ended at step {lines[-1]['step']} of {steps}, not finite: {wrong}")


def hear(work: Path, part: Callable[[str], None]) -> Path:
    """An ear of random weights, as the engine runs it, and what it makes of the robots."""
    import torch

    from pocket.export import ear
    from pocket.model.config import WHISPER_BASE
    from pocket.model.whisper import WhisperEncoder
    from pocket.stages import ear_cache, situations

    torch.manual_seed(0)
    torch.save(WhisperEncoder(WHISPER_BASE).state_dict(), work / "whisper.pt")
    ear.main(["--ear", str(work / "whisper.pt"), "--clips", str(work / "speech"), "--out", str(work / "ear.onnx"), "--most", "4"])
    part("ear")
    for pool, cache in (("speech", "ears"), ("speechval", "earsval")):
        ear_cache.main(["--encoder", str(work / "ear.onnx"), "--robots", str(work / pool), "--out", str(work / cache), "--share", "0.5"])
    for cache, count in (("situations", "40"), ("situationsval", "40")):
        situations.main(["--encoder", str(work / "ear.onnx"), "--robots", str(work / "speech"), "--count", count, "--out", str(work / cache)])
    part("heard")
    return work / "ear.pt"


def train(work: Path, threads: int, part: Callable[[str], None]) -> tuple[Path, Path]:
    """Every stage of recipe.sh, in its order; returns the last checkpoint, and that of the heads."""
    from pocket.release import checkpoint
    from pocket.stages import ear_start, heads, omni, said, stage0_vision, stage1_projector

    def stage(main: Callable[[list[str]], None], name: str, *arguments: str, steps: int = STEPS) -> str:
        main([*arguments, "--out", str(work / name), "--steps", str(steps), "--threads", str(threads)])
        checked(work / name, steps)
        part(name)
        return str(work / name / "last.pt")

    frames, held_frames, ears, held_ears, cache = (str(work / n) for n in ("frames", "framesval", "ears", "earsval", "cache"))
    encoder = hear(work, part)
    vision = stage(stage0_vision.main, "vision", "--frames", frames, "--validation", held_frames, "--batch", "8")
    first = ("--frames", frames, "--validation", held_frames, "--vision", vision, "--cache", cache, "--batch", "8")
    stage(stage1_projector.main, "projector", *first)
    projector = stage(stage1_projector.main, "projector", *first, steps=STEPS + 1)  # goes on from where it stopped
    world = (
        "--frames", frames, "--validation-frames", held_frames, "--ears", ears, "--validation-ears", held_ears,
        "--tokenizer", str(work / "tokenizer.json"), "--cache", cache, "--batch", "2", "--eager",
    )  # fmt: skip
    last = stage(omni.main, "language", *world, "--vision", vision, "--projector", projector, "--muon", *shares("drill", "film"), "--held-out", "0")
    stage(ear_start.main, "hearing", "--ears", ears, "--validation", held_ears, "--start-from", last, "--encoder", str(encoder), "--tokenizer", str(work / "tokenizer.json"), "--batch", "4")
    last = stage(omni.main, "speaking", *world, "--start-from", str(work / "hearing" / "joined.pt"), *shares("hear"), "--held-out", "0")
    kept = str(work / "kept.pt")  # as the repository has it, from where a next version goes on
    checkpoint.main([last, kept, "--frozen", "audio"])
    last = stage(omni.main, "packed", *world, "--start-from", kept, "--encoder", str(encoder), "--packed", "1024", "--held-out", "1")
    said.main(["--checkpoint", last, "--tokenizer", str(work / "tokenizer.json"), "--ears", held_ears, "--clips", "2"])
    part("said")
    asked = ("--situations", str(work / "situations"), "--validation", str(work / "situationsval"), "--batch", "8")
    return Path(last), Path(stage(heads.main, "heads", *asked))


def shares(*kinds: str) -> list[str]:
    from pocket.stages.batches import KINDS

    share = ["1" if kind in kinds else "0" for kind in KINDS]
    return ["--first", *share, "--last", *share]


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--out", type=Path, help="keep everything here (else it is thrown away)")
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args(argv)
    began = last = time.monotonic()
    took: dict[str, float] = {}

    def part(name: str) -> None:
        nonlocal last
        took[name] = round(took.get(name, 0) + time.monotonic() - last, 1)
        last = time.monotonic()

    with tempfile.TemporaryDirectory(prefix="smoke-") as temporary:
        work = a.out or Path(temporary)
        from pocket.stages import ear_texts, frames

        frames.build(work / "frames", 20, seed=1, cards=0.5)
        frames.build(work / "framesval", 8, seed=2, cards=0.5)
        part("frames")
        ear_texts.build(work / "speech", "train", seed=1, closed=40, opened=24, loose=8, least=1)
        ear_texts.build(work / "speechval", "validation", seed=77, closed=24, opened=12, loose=4, least=1)
        part("speech")
        from pocket.export import export, int8, parity
        from pocket.release import curves
        from pocket.stages import tokenizer

        tokenizer.main(["--out", str(work / "tokenizer.json"), "--samples", "3000"])
        part("tokenizer")
        checkpoint, head = train(work, a.threads, part)
        weights = ["--checkpoint", str(checkpoint), "--turn-end", str(head)]
        export.main([*weights, "--tokenizer", str(work / "tokenizer.json"), "--out", str(work / "model"), "--version", "0.0.0-smoke"])
        part("export")
        parity.main([*weights, "--folder", str(work / "model")])
        part("parity")
        int8.main(["--folder", str(work / "model"), "--out", str(work / "int8"), "--rounds", "2"])
        part("int8")
        curves.main([str(work / name) for name in ("vision", "projector", "language", "hearing", "speaking", "packed", "heads")] + ["--out", str(work / "reports")])
        part("curves")
    print(json.dumps({"smoke": "passed", "seconds": round(time.monotonic() - began, 1), **took}))


if __name__ == "__main__":
    main()
