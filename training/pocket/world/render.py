"""Draws a scene in a style. Every object is drawn four times enlarged in a patch of its own, which is cheap and crisp."""
from __future__ import annotations

import functools
import io

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from .palette import contrast
from .scene import Card, Obj, Scene
from .style import Style, obj_rgb, sample_style

SS = 4
# How far each shape may turn and still be called by its name (degrees).
_TURN = {"circle": 0, "square": 14, "triangle": 24, "star": 30, "heart": 20, "cross": 16}


def outline_points(shape: str, style: Style) -> np.ndarray:
    """The shape's corners around (0, 0), y down; radii are set so that all shapes look equally large."""
    if shape == "circle":
        t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        return np.stack([np.cos(t), np.sin(t)], 1)
    if shape == "square":
        return 0.88 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
    if shape == "triangle":
        b = style.triangle_base
        return np.array([[0, -1.0], [1.08 * b, 0.82], [-1.08 * b, 0.82]])
    if shape == "star":
        t = np.arange(10) * np.pi / 5 - np.pi / 2
        r = np.where(np.arange(10) % 2 == 0, 1.14, 1.14 * style.star_inner)
        return np.stack([r * np.cos(t), r * np.sin(t) + 0.06], 1)
    if shape == "heart":
        t = np.linspace(0, 2 * np.pi, 44, endpoint=False)
        x = np.sin(t) ** 3 * 1.04 * style.heart_width
        y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 15.5
        return np.stack([x, y - 0.16], 1)
    a = style.cross_arm
    q = [[-a, -1], [a, -1], [a, -a], [1, -a], [1, a], [a, a], [a, 1], [-a, 1], [-a, a], [-1, a], [-1, -a], [-a, -a]]
    return np.array(q, float)


class _Canvas:
    """A picture and the map from fractions of it to pixels."""

    def __init__(self, img: Image.Image, aspect: float, dx: float, dy: float) -> None:
        self.img, self.dx, self.dy = img, dx, dy
        w, h = img.size
        # One unit is the shorter side of the source; a squashed wide source has narrow units across.
        self.ux = w / max(aspect, 1.0)
        self.uy = h * min(aspect, 1.0)

    def center(self, x: float, y: float) -> tuple[float, float]:
        """Pixels of a point given in fractions of the picture."""
        return (x + self.dx) * self.img.size[0], (y + self.dy) * self.img.size[1]


def _place(style: Style, obj: Obj) -> tuple[np.ndarray, float, float, tuple[int, int, int]]:
    """Corners in units, centre in picture fractions, fill: fixed by (style, uid, cell, colour) alone."""
    r = style.large_r if obj.size == "large" else style.small_r
    turn, fine = np.random.default_rng((style.seed, obj.uid, 1)).uniform((-1, 0.97), (1, 1.03))
    jx, jy = np.random.default_rng((style.seed, obj.uid, 100 + obj.cell)).uniform(-1, 1, 2)
    room = max(0.0, 0.152 - r) + 0.012  # a small object may wander, a large one fills its cell
    a = np.deg2rad(turn * style.rotation * _TURN[obj.shape])
    rot = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    pts = outline_points(obj.shape, style) @ rot * (r * (fine if style.jitter else 1.0))
    x = (obj.cell % 3 + 0.5) / 3 + jx * room * style.jitter
    y = (obj.cell // 3 + 0.5) / 3 + jy * room * style.jitter
    return pts, x, y, obj_rgb(style.seed, style.flat, obj)


def _mask(points: np.ndarray, margin: int, stroke: float = 0.0) -> tuple[Image.Image, Image.Image, int, int]:
    """(whole, fill without stroke) masks of a polygon in pixels, and where they go."""
    lo = np.floor(points.min(0)).astype(int) - margin
    size = np.ceil(points.max(0)).astype(int) + margin - lo
    p = [(float(x), float(y)) for x, y in (points - lo) * SS]
    whole = Image.new("L", (int(size[0]) * SS, int(size[1]) * SS))
    draw = ImageDraw.Draw(whole)
    draw.polygon(p, fill=255)
    inner = whole
    if stroke:
        width = max(2, round(stroke * SS))
        inner = whole.copy()
        draw.line([*p, p[0], p[1]], fill=255, width=width, joint="curve")
        ImageDraw.Draw(inner).line([*p, p[0], p[1]], fill=0, width=width, joint="curve")
    small = whole.reduce(SS)
    return small, inner.reduce(SS) if stroke else small, int(lo[0]), int(lo[1])


def _draw_obj(canvas: _Canvas, style: Style, obj: Obj) -> None:
    pts, x, y, rgb = _place(style, obj)
    pts = pts * (canvas.ux, canvas.uy) + canvas.center(x, y)
    stroke = style.outline * canvas.uy * (1.0 if obj.size == "large" else 0.75)  # it must not eat a small fill
    soft = 0.012 * canvas.uy
    whole, inner, left, top = _mask(pts, 2 + int(stroke) + (int(3 * soft) if style.shadow else 0), stroke)
    if style.shadow:
        dx, dy, alpha = style.shadow
        dark = whole.filter(ImageFilter.BoxBlur(soft)).point([int(v * alpha) for v in range(256)])
        canvas.img.paste((0, 0, 0), (left + round(dx * canvas.ux), top + round(dy * canvas.uy)), dark)
    if stroke:
        edge = style.outline_rgb or tuple(int(0.45 * c) for c in rgb)
        # A black fill with an edge of its own darker shade would have no edge on a black ground.
        if style.outline_rgb is None and contrast(edge, [rgb]) < 8:
            edge = (120, 120, 120)
        canvas.img.paste(edge, (left, top), whole)
    canvas.img.paste(rgb, (left, top), inner)


@functools.lru_cache(maxsize=256)
def _font(path: str | None, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    try:
        return ImageFont.truetype(path, size) if path else ImageFont.load_default(size)
    except OSError:
        return ImageFont.load_default(size)


def _draw_card(canvas: _Canvas, style: Style, card: Card) -> None:
    """A card is drawn upright and twice enlarged, then turned and squashed into place."""
    if card.big:
        width = 0.34 + 0.26 * style.card_size
    else:
        width = 0.27 + 0.05 * style.card_size
    height = width / style.card_ratio if card.big else min(0.29, width / min(style.card_ratio, 1.25))
    px = 2 * canvas.uy
    w, h = max(16, round(width * px)), max(16, round(height * px))
    face = Image.new("RGB", (w, h), style.card_rgb)
    draw = ImageDraw.Draw(face)
    if style.card_border:
        draw.rectangle((0, 0, w - 1, h - 1), outline=(30, 30, 30), width=max(2, round(style.card_border * px)))
    text = str(card.number)
    font = _font(style.font, 4 * round(h * style.digits * 1.3 / 4))
    box = draw.textbbox((0, 0), text, font=font)
    fit = min(1.0, 0.86 * w / max(1, box[2] - box[0]), 0.84 * h / max(1, box[3] - box[1]))
    if fit < 1:
        font = _font(style.font, max(8, int(font.size * fit)))
        box = draw.textbbox((0, 0), text, font=font)
    draw.text(((w - box[0] - box[2]) / 2, (h - box[1] - box[3]) / 2), text, font=font, fill=style.ink)
    alpha = Image.new("L", (w, h), 255)
    if style.card_angle:
        face = face.rotate(style.card_angle, Image.BILINEAR, expand=True, fillcolor=style.card_rgb)
        alpha = alpha.rotate(style.card_angle, Image.BILINEAR, expand=True)
    size = (max(1, round(face.size[0] / 2 * canvas.ux / canvas.uy)), max(1, face.size[1] // 2))
    face, alpha = face.resize(size, Image.BOX if size[0] * 2 == face.size[0] else Image.HAMMING), alpha.resize(size, Image.HAMMING)
    jx, jy = np.random.default_rng((style.seed, 7, card.cell)).uniform(-0.02, 0.02, 2) * (not style.flat) * (3 if card.big else 1)
    x, y = canvas.center((card.cell % 3 + 0.5) / 3 + jx, (card.cell // 3 + 0.5) / 3 + jy)
    # Pushed inside the picture: a card that is cut off may lose a digit.
    left = int(np.clip(round(x - size[0] / 2), 0, max(0, canvas.img.size[0] - size[0])))
    top = int(np.clip(round(y - size[1] / 2), 0, max(0, canvas.img.size[1] - size[1])))
    if style.shadow or (not style.card_border and not style.flat):
        dark = alpha.filter(ImageFilter.BoxBlur(2)).point([v // 3 for v in range(256)])
        canvas.img.paste((0, 0, 0), (left + 2, top + 2), dark)
    canvas.img.paste(face, (left, top), alpha)


def _ground(style: Style, w: int, h: int, dx: float, dy: float) -> Image.Image:
    if style.texture is None:
        return Image.new("RGB", (w, h), style.ground)
    tex = Image.fromarray(style.texture)
    n = tex.size[0]
    # The margin of two texels is what a shaken camera may uncover.
    box = (2 - dx * n, 2 - dy * n, n - 2 - dx * n, n - 2 - dy * n)
    box = (max(0.0, box[0]), max(0.0, box[1]), min(float(n), box[2]), min(float(n), box[3]))
    return tex.resize((w, h), Image.BILINEAR, box=box)


def _draw(scene: Scene, style: Style, rng: np.random.Generator, w: int, h: int, aspect: float) -> np.ndarray:
    dx, dy = (float(v) for v in rng.uniform(-style.shift, style.shift, 2)) if style.shift else (0.0, 0.0)
    canvas = _Canvas(_ground(style, w, h, dx, dy), aspect, dx, dy)
    for obj in scene.objects:
        _draw_obj(canvas, style, obj)
    if scene.card is not None:
        _draw_card(canvas, style, scene.card)
    img = canvas.img
    scale = max(w, h) / 192
    if style.light is not None:
        light = Image.fromarray(style.light).resize((w, h), Image.BILINEAR)
        img = ImageChops.multiply(img, Image.merge("RGB", (light, light, light)))
    if style.detail < 1:
        img = img.resize((round(w * style.detail), round(h * style.detail)), Image.BOX).resize((w, h), Image.BILINEAR)
    if style.blur:
        img = img.filter(ImageFilter.BoxBlur(style.blur * scale))
    if style.gamma != 1.0:
        ramp = (np.arange(256) / 255) ** style.gamma * 255
        img = img.point([min(255, int(v * g)) for g in style.gains for v in ramp])
    if style.noise:
        bits = np.frombuffer(rng.bytes(2 * w * h * 3), np.uint8).astype(np.int16)
        grain = ((bits[: w * h * 3] + bits[w * h * 3:] - 255) * style.noise) >> 7
        img = Image.fromarray(np.clip(np.asarray(img) + grain.reshape(h, w, 3), 0, 255).astype(np.uint8))
    if style.jpeg is not None:
        buffer = io.BytesIO()
        img.save(buffer, "JPEG", quality=style.jpeg)
        img = Image.open(buffer)
    return np.array(img)


def render(scene: Scene, style: Style, rng: np.random.Generator, size: int = 192) -> np.ndarray:
    """The picture as the vision encoder sees it: squashed to uint8 [size, size, 3]."""
    return _draw(scene, style, rng, size, size, style.aspect)


def render_full(scene: Scene, style: Style, rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """The picture as a camera sends it: uint8 [height, width, 3], objects undistorted."""
    return _draw(scene, style, rng, width, height, width / height)


__all__ = ["Style", "render", "render_full", "sample_style"]
