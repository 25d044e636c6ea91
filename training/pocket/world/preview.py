"""A contact sheet of 48 pictures with captions: python -m pocket.world.preview out.png --seed 1"""
from __future__ import annotations

import argparse
import textwrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .clips import sample_clip
from .questions import caption_text
from .render import render, sample_style


def sheet(seed: int, columns: int = 8, rows: int = 6, size: int = 192, flat: bool | None = None,
          card: bool | None = None) -> Image.Image:
    """Random scenes in random styles, each over its caption."""
    rng = np.random.default_rng(seed)
    font = ImageFont.load_default(11)
    out = Image.new("RGB", (columns * (size + 8), rows * (size + 60)), "white")
    draw = ImageDraw.Draw(out)
    for i in range(columns * rows):
        clip = sample_clip(rng, max_events=1, card=card)
        style = sample_style(rng, clip.states, flat=flat)
        x, y = i % columns * (size + 8), i // columns * (size + 60)
        out.paste(Image.fromarray(render(clip.states[-1], style, rng, size)), (x, y))
        draw.text((x, y + size + 1), textwrap.fill(caption_text(clip.states[-1]), 34), fill="black", font=font)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--flat", type=int, choices=(0, 1), help="force or forbid the canvas look")
    parser.add_argument("--card", type=int, choices=(0, 1), help="force or forbid a card")
    args = parser.parse_args()
    sheet(args.seed, flat=None if args.flat is None else bool(args.flat),
          card=None if args.card is None else bool(args.card)).save(args.out)


if __name__ == "__main__":
    main()
