"""Colours: what people call red, how far two colours are apart, and backgrounds."""
from __future__ import annotations

import colorsys

import numpy as np

from .scene import pick

RGB = tuple[int, int, int]

# (hue from, to in degrees; saturation from, to; value from, to). The gaps between hues are left out on purpose:
# nobody agrees on the name of what lies there.
_SHADES = {
    "red": (-8, 5, 0.78, 1.0, 0.68, 1.0), "orange": (24, 37, 0.82, 1.0, 0.90, 1.0),
    "yellow": (49, 60, 0.70, 1.0, 0.92, 1.0), "green": (95, 148, 0.50, 1.0, 0.42, 0.95),
    "blue": (204, 240, 0.68, 1.0, 0.60, 1.0), "purple": (271, 300, 0.52, 0.95, 0.45, 0.82),
    "black": (0, 360, 0.0, 0.35, 0.0, 0.13), "white": (0, 360, 0.0, 0.04, 0.94, 1.0),
}
# What an HTML or SVG program writes: CSS names and the usual palettes.
_FLAT = {
    "red": ("ff0000", "e53935", "f44336", "d32f2f", "c62828", "dc2626", "ef4444"),
    "orange": ("ffa500", "fb8c00", "ff9800", "f57c00", "ff8c00", "f97316"),
    "yellow": ("ffff00", "fdd835", "ffeb3b", "ffd600", "facc15", "ffee00"),
    "green": ("00ff00", "008000", "43a047", "4caf50", "2e7d32", "16a34a", "22c55e", "00aa00"),
    "blue": ("0000ff", "1e88e5", "2196f3", "1565c0", "2563eb", "3b82f6", "0055ff"),
    "purple": ("800080", "8e24aa", "9c27b0", "6a1b9a", "7b1fa2", "9333ea", "7e22ce"),
    "black": ("000000", "111111", "212121", "1a1a1a"), "white": ("ffffff", "fafafa", "ffffff"),
}
_FLAT_GROUND = ("ffffff", "f5f5f5", "eeeeee", "e0e0e0", "cccccc", "9e9e9e", "808080", "f5f5dc", "fff8e1", "d7ccc8",
                "efe6d5", "263238", "212121", "1e1e1e", "333333", "000000", "b3e5fc", "c8e6c9", "455a64", "8d6e63",
                "607d8b", "cfd8dc", "deb887", "2f4f4f")


def from_hex(text: str) -> RGB:
    """'1e88e5' -> (30, 136, 229)."""
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def from_hsv(h: float, s: float, v: float) -> RGB:
    """Hue in degrees, saturation and value in 0..1."""
    return tuple(round(255 * c) for c in colorsys.hsv_to_rgb((h / 360) % 1, s, v))  # type: ignore[return-value]


def shade(color: str, flat: bool, rng: np.random.Generator) -> RGB:
    """A shade that people call by this colour's name."""
    if flat:
        return from_hex(pick(rng, _FLAT[color]))
    h0, h1, s0, s1, v0, v1 = _SHADES[color]
    return from_hsv(rng.uniform(h0, h1), rng.uniform(s0, s1), rng.uniform(v0, v1))


def lab(rgb: np.ndarray) -> np.ndarray:
    """sRGB [..., 3] in 0..255 to CIE Lab, so that distances match what an eye tells apart."""
    c = np.asarray(rgb, np.float64) / 255
    c = np.where(c > 0.04045, ((c + 0.055) / 1.055) ** 2.4, c / 12.92)
    xyz = c @ np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
    xyz = np.cbrt(xyz / np.array([0.9505, 1.0, 1.089]) + 1e-4)
    x, y, z = xyz[..., 0], xyz[..., 1], xyz[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def contrast(a, b) -> float:
    """The smallest Lab distance between a colour and a list of colours."""
    if len(b) == 0:
        return 1e9
    return float(np.linalg.norm(lab(np.asarray(b)) - lab(np.asarray(a)), axis=-1).min())


def background(rng: np.random.Generator, used: list[RGB], flat: bool, least: float) -> RGB:
    """A background at least `least` away from every colour used, or the best of two dozen tries."""
    if flat:
        tries = [from_hex(t) for t in rng.permutation(np.array(_FLAT_GROUND))]
    else:
        n, kind = 24, rng.random(24)
        h = rng.uniform(0, 360, n)
        s = np.where(kind < 0.55, rng.uniform(0, 0.25, n), rng.uniform(0.2, 0.7, n))
        v = np.where(kind < 0.25, rng.uniform(0.08, 0.35, n), rng.uniform(0.3, 0.97, n))
        tries = [from_hsv(*t) for t in zip(h, s, v)]
    if not used:
        return tries[0]
    d = np.linalg.norm(lab(np.array(tries))[:, None] - lab(np.array(used))[None], axis=-1).min(1)
    good = np.flatnonzero(d >= least)
    return tries[int(good[0]) if len(good) else int(d.argmax())]
