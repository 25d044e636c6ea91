"""How well checkpoints hear: error rate by CTC alone on pools, in words of English and syllables of Chinese.

    python -m pocket.stages.hear --checkpoint checkpoints/v2.pt work/run_a2/last.pt --pools work/speechval work/speechvalzh work/flite
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

from pocket.model.config import PocketConfig

from .common import setup
from .speech_data import Speech
from .stage0_audio import Model, validate


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--checkpoint", type=Path, nargs="+", required=True)
    p.add_argument("--pools", type=Path, nargs="+", required=True)
    p.add_argument("--clips", type=int, default=240, help="of each pool")
    p.add_argument("--threads", type=int, default=1)
    a = p.parse_args(argv)
    setup(1, a.threads)
    c = PocketConfig()
    model = Model(c)
    for path in a.checkpoint:
        model.start_from(path)
        for pool in a.pools:
            figures = validate(model, Speech([pool], c.audio), a.clips)
            print(json.dumps({"checkpoint": str(path), "pool": pool.name, **{k: round(v, 4) for k, v in figures.items()}}), flush=True)


if __name__ == "__main__":
    main()
