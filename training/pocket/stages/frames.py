"""Renders a pool of clips once: every state of every clip in a few noisy variants, with the vision encoder's dense targets."""
from __future__ import annotations

import argparse
import pickle
from pathlib import Path

import numpy as np
from tqdm import tqdm

from pocket import world as w

SIZE = 192
LONG = (12, 48)  # changes and frames of a clip of the video pool, at most


def build(out: Path, clips: int, seed: int, start: int = 0, cards: float = 0.28, video: float = 0.0, moves: float = 0.0) -> None:
    """Writes frames.u8 [N, 192, 192, 3], targets.npz and clips.pkl (clip, for each state the rows of its variants)."""
    out.mkdir(parents=True, exist_ok=True)
    records = []
    targets: dict[str, list[np.ndarray]] = {k: [] for k in ("shape", "color", "size", "tens", "ones", "card_cell")}
    rows = 0
    with open(out / "frames.u8", "wb") as f:
        for i in tqdm(range(start, start + clips), mininterval=10):
            rng = np.random.default_rng([seed, i])
            card = bool(rng.random() < cards)
            long = video > 0 and rng.random() < video
            clip = w.sample_clip(rng, *LONG, card, 2, bool(rng.random() < 0.6), moves) if long else w.sample_clip(rng, card=card, min_events=int(moves > 0), moves=moves)
            style = w.sample_style(rng, clip.states)
            variants = []
            for scene in clip.states:
                count = 1 + int(rng.random() < 0.4)
                t = w.scene_targets(scene)
                for _ in range(count):
                    f.write(w.render(scene, style, rng, SIZE).tobytes())
                    for k, v in targets.items():
                        v.append(np.asarray(t[k]))
                variants.append(list(range(rows, rows + count)))
                rows += count
            records.append((clip, variants))
    np.savez(out / "targets.npz", **{k: np.stack(v) for k, v in targets.items()})
    (out / "clips.pkl").write_bytes(pickle.dumps(records))
    print(f"{rows} frames of {clips} clips in {out}")


class FramePool:
    """Reads what `build` wrote."""

    def __init__(self, folder: Path) -> None:
        self.clips = pickle.loads((folder / "clips.pkl").read_bytes())
        self.targets = dict(np.load(folder / "targets.npz"))
        n = len(self.targets["shape"])
        self.frames = np.memmap(folder / "frames.u8", np.uint8, "r", shape=(n, SIZE, SIZE, 3))


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--clips", type=int, default=8000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--start", type=int, default=0)
    p.add_argument("--cards", type=float, default=0.28, help="share of clips with a number card")
    p.add_argument("--video", type=float, default=0.0, help="share of clips of two changes and more, with a long tail, most of them beginning with one thing or none")
    p.add_argument("--moves", type=float, default=0.0, help="share of changes that are moves before all kinds are alike: which way a thing went is asked of few others")
    a = p.parse_args()
    build(a.out, a.clips, a.seed, a.start, a.cards, a.video, a.moves)
