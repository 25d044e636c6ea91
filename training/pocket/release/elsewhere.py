"""A test set from somewhere else: scenes that Chromium draws as SVG in another manner on other grounds, questions by flite. Nothing of it is trained on.

    python -m pocket.release.elsewhere --out work/elsewhere
    npm run eval -- --set training/work/elsewhere --ablations 1

Its figure says how far what is shown and said may be from the training's own drawing and voices.
"""
from __future__ import annotations

import argparse
import json
import math
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from pocket import world as w
from pocket.speech import flite
from pocket.speech.utterance import Utterance
from pocket.speech.pool import trim
from pocket.world.scene import Obj, Scene, pick, sample_scene

from .media import jpeg
from .ogg import ogg
from .testset import Blob

WIDTH, HEIGHT = 640, 480  # of a camera
A_PAGE = 16  # scenes in one screenshot
FAMILIES = ("colour", "shape", "size", "count", "position", "existence", "ocr", "absent", "relation", "caption")
# Two stops of each fill's gradient; none is a colour of the palette in training.
FILLS = {
    "red": ("#f0302c", "#c4161c"), "green": ("#35b04a", "#1f8a3a"), "blue": ("#2f6fe0", "#1d4fc0"), "yellow": ("#ffe54a", "#f7d31a"),
    "purple": ("#8c3fc0", "#6b2aa0"), "orange": ("#ff9d2e", "#f5820f"), "black": ("#2b2b2b", "#0b0b0b"), "white": ("#ffffff", "#efefef"),
}  # fmt: skip
# Grounds that keep apart from all eight.
TONES = (("#b9aFA0", "#8f867a"), ("#8aa0a8", "#6f868f"), ("#c2b280", "#a09468"), ("#9a8f97", "#7d737b"), ("#a8b0a0", "#8b9484"))


def ground(number: int, kind: int, tone: tuple[str, str]) -> str:
    """SVG of a background: light from a corner, tiles, slanting stripes, or grain."""
    a, b = tone
    rect = f'<rect width="{WIDTH}" height="{HEIGHT}" fill='
    if kind == 0:
        return f'<radialGradient id="g{number}" cx="20%" cy="10%" r="110%"><stop stop-color="{a}"/><stop offset="1" stop-color="{b}"/></radialGradient>{rect}"url(#g{number})"/>'
    if kind == 1:
        tile = f'<rect width="80" height="80" fill="{a}"/><rect width="40" height="40" fill="{b}"/><rect x="40" y="40" width="40" height="40" fill="{b}"/>'
        return f'<pattern id="g{number}" width="80" height="80" patternUnits="userSpaceOnUse">{tile}</pattern>{rect}"url(#g{number})"/>'
    if kind == 2:
        return (
            f'<pattern id="g{number}" width="36" height="36" patternUnits="userSpaceOnUse" patternTransform="rotate(35)"><rect width="36" height="36" fill="{a}"/>'
            f'<rect width="14" height="36" fill="{b}"/></pattern>{rect}"url(#g{number})"/>'
        )
    return (
        f'<filter id="g{number}"><feTurbulence type="fractalNoise" baseFrequency="0.02 0.09" numOctaves="3" seed="{number}"/>'
        f'<feColorMatrix values="0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  0 0 0 0.35 0"/></filter>{rect}"{a}"/>{rect}"{b}" filter="url(#g{number})"/>'
    )


def outline(shape: str, r: float) -> str:
    """An SVG element of about radius r around (0, 0)."""
    if shape == "circle":
        return f'<circle r="{r}"'
    if shape == "square":
        return f'<rect x="{-0.88 * r}" y="{-0.88 * r}" width="{1.76 * r}" height="{1.76 * r}" rx="{0.08 * r}"'
    if shape == "triangle":
        return f'<path d="M0 {-r}L{r} {0.8 * r}L{-r} {0.8 * r}Z"'
    if shape == "heart":
        return f'<path d="M0 {0.95 * r}C{-1.5 * r} {-0.1 * r} {-0.9 * r} {-1.3 * r} 0 {-0.45 * r}C{0.9 * r} {-1.3 * r} {1.5 * r} {-0.1 * r} 0 {0.95 * r}Z"'
    if shape == "star":
        points = [(1.1 * r * (1 if i % 2 == 0 else 0.45), math.pi * i / 5) for i in range(10)]
        return '<path d="M' + "L".join(f"{d * math.sin(t):.1f} {-d * math.cos(t):.1f}" for d, t in points) + 'Z"'
    a = 0.33 * r
    return f'<path d="M{-a} {-r}H{a}V{-a}H{r}V{a}H{a}V{r}H{-a}V{a}H{-r}V{-a}H{-a}Z"'


def thing(number: int, o: Obj, rng: np.random.Generator) -> str:
    x, y = ((o.cell % 3 + 0.5) / 3 + rng.uniform(-0.02, 0.02)) * WIDTH, ((o.cell // 3 + 0.5) / 3 + rng.uniform(-0.02, 0.02)) * HEIGHT
    r = HEIGHT * (0.155 if o.size == "large" else 0.095)
    light, dark = FILLS[o.color]
    name = f"f{number}-{o.cell}"
    edge = "#00000055" if o.color != "black" else "#ffffff66"
    turn = 0 if o.shape == "circle" else rng.uniform(-9, 9)
    return (
        f'<linearGradient id="{name}" x2="0.3" y2="1"><stop stop-color="{light}"/><stop offset="1" stop-color="{dark}"/></linearGradient>'
        f'<g transform="translate({x:.1f} {y:.1f}) rotate({turn:.1f})" style="filter:drop-shadow(2px 4px 4px #0006)">'
        f'{outline(o.shape, r)} fill="url(#{name})" stroke="{edge}" stroke-width="3" stroke-linejoin="round"/></g>'
    )


def card(scene: Scene, rng: np.random.Generator) -> str:
    c = scene.card
    assert c
    x, y = (c.cell % 3 + 0.5) / 3 * WIDTH, (c.cell // 3 + 0.5) / 3 * HEIGHT
    width, height = (230, 170) if c.big else (150, 110)
    font = pick(rng, ("Liberation Sans", "DejaVu Sans", "Roboto"))
    return (
        f'<g transform="translate({x} {y}) rotate({rng.uniform(-4, 4):.1f})" style="filter:drop-shadow(1px 3px 3px #0007)"><rect x="{-width / 2}" y="{-height / 2}" width="{width}" height="{height}" '
        f'rx="10" fill="#fdfdfb"/><text text-anchor="middle" y="{height * 0.26}" font-family="{font}" font-weight="600" font-size="{height * 0.74:.0f}" fill="#111">{c.number}</text></g>'
    )


def svg(number: int, scene: Scene, rng: np.random.Generator) -> str:
    parts = [ground(number, int(rng.integers(4)), pick(rng, TONES)), *(thing(number, o, rng) for o in scene.objects)]
    if scene.card:
        parts.append(card(scene, rng))
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" style="display:block">{"".join(parts)}</svg>'


def drawn(pages: list[str]) -> list[np.ndarray]:
    """Each SVG as Chromium shows it, [HEIGHT, WIDTH, 3]."""
    out = []
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, len(pages), A_PAGE):
            some = pages[start : start + A_PAGE]
            page, shot = Path(folder) / "page.html", Path(folder) / "shot.png"
            page.write_text(f'<body style="margin:0">{"".join(some)}</body>')
            size = f"--window-size={WIDTH},{HEIGHT * len(some)}"
            subprocess.run(["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", size, f"--screenshot={shot}", page.as_uri()], check=True, capture_output=True)
            picture = np.asarray(Image.open(shot).convert("RGB"))
            out += [picture[i * HEIGHT : (i + 1) * HEIGHT] for i in range(len(some))]
    return out


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--per-family", type=int, default=20)
    p.add_argument("--seed", type=int, default=9_100_001)
    a = p.parse_args(argv)
    rng = np.random.default_rng(a.seed)
    asked: list[tuple[str, Scene, w.QA]] = []
    for family in FAMILIES:
        while sum(f == family for f, *_ in asked) < a.per_family:
            scene = sample_scene(rng, card=family == "ocr" or rng.random() < 0.1)
            qa = w.ask(w.Clip([scene], [], [0]), 0, rng, family)
            if qa:
                asked.append((family, scene, qa))
    pictures = drawn([svg(i, scene, rng) for i, (_, scene, _) in enumerate(asked)])
    frames, speech, questions = Blob(), Blob(), []
    voices = flite.installed_voices()
    for i, ((family, _, qa), picture) in enumerate(zip(asked, pictures)):
        squashed = np.asarray(Image.fromarray(picture).resize((192, 192), Image.BOX))
        pcm = trim(Utterance(flite.synth(qa.question, voices[i % len(voices)]), None))[0]
        questions.append({
            "id": f"{family}-elsewhere-{i:03d}", "family": family, "lang": "en", "synthesiser": "flite", "voice": voices[i % len(voices)], "question": qa.question,
            "answer": qa.answer, "keys": qa.keys, "cats": qa.cats, "frames": [frames.add(jpeg(squashed, 80))], "speech": speech.add(ogg(pcm)),
        })  # fmt: skip
    a.out.mkdir(parents=True, exist_ok=True)
    (a.out / "frames.bin").write_bytes(b"".join(frames.parts))
    (a.out / "speech.bin").write_bytes(b"".join(speech.parts))
    (a.out / "set.json").write_text(json.dumps({"seed": a.seed, "questions": questions}, ensure_ascii=False))


if __name__ == "__main__":
    main()
