"""The looks of a clip: everything about its pictures that does not answer a question."""
from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .palette import RGB, background, contrast, shade
from .scene import Obj, Scene, pick

TEX = 96  # backgrounds are made this small and enlarged; nothing in them needs to be sharp


@dataclass(frozen=True)
class Style:
    """Sampled once a clip, so that only what an event changes changes. Lengths are fractions of the shorter side."""

    seed: int
    flat: bool = False
    aspect: float = 1.0
    ground: RGB = (200, 200, 200)
    texture: np.ndarray | None = None
    jitter: float = 1.0
    rotation: float = 1.0
    outline: float = 0.0
    outline_rgb: RGB | None = None
    shadow: tuple[float, float, float] | None = None  # dx, dy, opacity
    light: np.ndarray | None = None  # 4x4 brightness, enlarged
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    blur: float = 0.0
    detail: float = 1.0  # below 1: a camera of fewer pixels
    noise: int = 0
    shift: float = 0.0
    jpeg: int | None = None
    small_r: float = 0.1
    large_r: float = 0.155
    star_inner: float = 0.42
    cross_arm: float = 0.34
    triangle_base: float = 0.95
    heart_width: float = 1.0
    font: str | None = None
    card_rgb: RGB = (255, 255, 255)
    ink: RGB = (0, 0, 0)
    card_size: float = 0.5  # 0..1 within what its kind of card allows
    card_ratio: float = 1.3
    card_border: float = 0.01
    card_angle: float = 0.0
    digits: float = 0.7  # digit height over card height


@functools.lru_cache(maxsize=1)
def fonts() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(upright sans, all usable) font files of this machine; empty where there are none (Pillow's own is used then)."""
    bad = re.compile(r"math|symbol|dingbat|emoji|d050|z003|thin|extralight|hairline|italic|obli", re.I)
    files = sorted(str(p) for root in ("/usr/share/fonts", "/usr/local/share/fonts")
                   for e in ("ttf", "otf") for p in Path(root).rglob(f"*.{e}"))
    files = [f for f in files if not bad.search(Path(f).name)]
    # One path per file name: the same font is often installed twice.
    files = list({Path(f).stem: f for f in files}.values())
    sans = tuple(f for f in files if re.search(r"sans|roboto|nimbussans|opensans", Path(f).name, re.I))
    return sans or tuple(files), tuple(files)


def obj_rgb(style_seed: int, flat: bool, obj: Obj) -> RGB:
    """An object's shade: the same in every frame of the clip until it is recoloured."""
    key = sum(map(ord, obj.color)) + len(obj.color)
    return shade(obj.color, flat, np.random.default_rng((style_seed, obj.uid, key)))


def _texture(rng: np.random.Generator, a: RGB, b: RGB) -> np.ndarray | None:
    """A background from colour a to colour b: [TEX, TEX, 3], or None for plain a."""
    kind = rng.random()
    ca, cb = np.array(a, np.float32), np.array(b, np.float32)
    if kind < 0.25:
        return None
    y, x = np.mgrid[0:TEX, 0:TEX].astype(np.float32) / (TEX - 1)
    if kind < 0.45:  # gradient
        t = rng.uniform(0, 2 * np.pi)
        m = 0.5 + 0.5 * ((x - 0.5) * np.cos(t) + (y - 0.5) * np.sin(t)) * 1.4
    elif kind < 0.65:  # cloudy noise: a few octaves, each enlarged by repetition and a cheap smoothing
        m = np.zeros((TEX, TEX), np.float32)
        for cells, weight in ((6, 0.5), (24, 0.3), (96, 0.2)):
            n = rng.random((cells, cells), dtype=np.float32)
            n = np.kron(n, np.ones((TEX // cells,) * 2, np.float32))
            k = TEX // cells
            for axis in (0, 1):
                n = (n + np.roll(n, k // 2, axis) + np.roll(n, k // 4, axis)) / 3
            m += weight * n
    elif kind < 0.85:  # wood: wavy stripes and planks
        u, v = (x, y) if rng.random() < 0.5 else (y, x)
        f, w = rng.uniform(8, 26), rng.uniform(0.5, 3)
        m = 0.5 + 0.25 * np.sin(2 * np.pi * (v * f + 0.25 * np.sin(2 * np.pi * (u * w + rng.random()))))
        m = m + 0.25 * rng.random((TEX, 1) if v is y else (1, TEX), dtype=np.float32)
        planks = int(rng.integers(0, 6))
        if planks:
            m = m + 0.5 * ((v * planks) % 1 < 0.05)
    else:  # a table with a border
        w = rng.uniform(0.02, 0.06)
        edge = (x < w) | (x > 1 - w) | (y < w) | (y > 1 - w)
        m = edge.astype(np.float32)
    m = np.clip(m, 0, 1)[..., None]
    return (ca * (1 - m) + cb * m).astype(np.uint8)


def sample_style(rng: np.random.Generator, scenes: list[Scene], flat: bool | None = None) -> Style:
    """Looks that keep every object of every scene visible. `flat` forces (or forbids) the canvas/SVG look."""
    seed = int(rng.integers(1 << 31))
    flat = bool(rng.random() < 0.3) if flat is None else flat
    used = list({(o.uid, o.color): obj_rgb(seed, flat, o) for s in scenes for o in s.objects}.values())
    card = any(s.card is not None for s in scenes)
    card_v = 255 if flat else int(rng.integers(240, 256))
    card_rgb = (card_v, card_v, int(card_v - rng.integers(0, 8)) if not flat else 255)
    outline = float(rng.uniform(0.008, 0.02)) if rng.random() < (0.25 if flat else 0.35) else 0.0
    # An outline carries a shape even where its fill is close to the ground.
    least = 16.0 if outline else 34.0
    ground = background(rng, used, flat, least)
    distance = contrast(ground, used)
    outline_rgb: RGB | None = None
    if distance < 20 and not outline:
        outline = 0.012
    if outline and (distance < 30 or rng.random() < 0.6):
        dark, light = (25, 25, 28), (245, 245, 245)
        outline_rgb = dark if contrast(dark, [ground]) > contrast(light, [ground]) or rng.random() < 0.3 else light
        if contrast(outline_rgb, [ground]) < 30:
            outline_rgb = light if outline_rgb == dark else dark
    aspect = float(rng.choice((1.0, 4 / 3, 16 / 9, 3 / 4), p=(0.35, 0.35, 0.25, 0.05)))
    sans, every = fonts()
    pool = sans if flat or rng.random() < 0.4 else every
    needs_border = card and contrast(card_rgb, [ground]) < 30
    look = dict(
        seed=seed, flat=flat, aspect=aspect, ground=ground, outline=outline, outline_rgb=outline_rgb,
        small_r=float(rng.uniform(0.085, 0.108)), large_r=float(rng.uniform(0.142, 0.165)),
        star_inner=float(rng.uniform(0.38, 0.50)), cross_arm=float(rng.uniform(0.26, 0.42)),
        triangle_base=float(rng.uniform(0.85, 1.05)), heart_width=float(rng.uniform(0.95, 1.1)),
        font=pick(rng, pool) if pool else None, card_rgb=card_rgb, card_size=float(rng.random()),
        card_ratio=float(rng.uniform(1.0, 1.6)), digits=float(rng.uniform(0.55, 0.82)),
        card_border=float(rng.uniform(0.006, 0.018)) if needs_border or rng.random() < 0.5 else 0.0,
    )
    if flat:
        return Style(**look, jitter=float(rng.choice((0.0, 0.5, 1.0))), rotation=0.0, blur=0.0,
                     jpeg=int(rng.integers(45, 96)) if rng.random() < 0.5 else None)
    near = background(rng, used, False, least)
    # Mix towards the first colour, so that the ground stays one ground.
    mix = rng.uniform(0.15, 0.6)
    second = tuple(int(a + (b - a) * mix) for a, b in zip(ground, near))
    if contrast(second, used) < min(least, distance):
        second = tuple(int(a + (b - a) * 0.12) for a, b in zip(ground, near))
    light = None
    if rng.random() < 0.5:
        t, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, 0.3)
        y, x = np.mgrid[-1:1:4j, -1:1:4j]
        light = np.clip(255 * (1 - strength * (0.5 + 0.35 * (x * np.cos(t) + y * np.sin(t)))), 0, 255).astype(np.uint8)
    soft = rng.random()
    return Style(
        **look, texture=_texture(rng, ground, second), light=light,
        jitter=1.0, rotation=float(rng.choice((0.0, 0.5, 1.0), p=(0.2, 0.3, 0.5))),
        shadow=(float(rng.uniform(-0.02, 0.02)), float(rng.uniform(0.0, 0.025)), float(rng.uniform(0.2, 0.5)))
        if rng.random() < 0.3 else None,
        gains=tuple(float(g) for g in rng.uniform(0.95, 1.05, 3)), gamma=float(rng.uniform(0.85, 1.15)),
        blur=float(rng.uniform(0.3, 1.1)) if soft < 0.3 else 0.0,
        detail=float(rng.uniform(0.5, 0.9)) if soft > 0.8 else 1.0,
        noise=int(rng.integers(2, 22)) if rng.random() < 0.6 else 0,
        shift=float(rng.uniform(0.003, 0.015)) if rng.random() < 0.3 else 0.0,
        jpeg=int(rng.integers(25, 96)) if rng.random() < 0.6 else None,
        ink=tuple(int(c) for c in rng.integers(0, 40, 3)), card_angle=float(rng.uniform(-9, 9)),
    )
