"""Draws a run's log.jsonl as a picture: losses and shares of right answers over steps, in SVG written by hand, so that nothing needs installing.

    python -m pocket.release.curves work/run_m1 … --out reports
"""
from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 900, 260, 56, 170, 30, 34
LINE = 13
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#17becf", "#e377c2", "#7f7f7f", "#bcbd22", "#393b79", "#637939")
NOT_DRAWN = {"step", "minutes", "width"}
LOSSES = {"loss", "validation", "phoneme", "ctc", "told", "look", "found", "listen"}

Series = dict[str, list[tuple[float, float]]]


@dataclass
class Panel:
    title: str
    series: Series
    logarithmic: bool  # losses fall over orders of magnitude; shares are 0..1

    @property
    def height(self) -> int:
        """Names stand below each other: a panel of many families is higher."""
        return max(HEIGHT, TOP + BOTTOM + LINE * len(self.series))


def read(log: Path) -> tuple[Series, float]:
    """Every figure of the log as (step, value) pairs, and the minutes of all its sessions together."""
    series: Series = {}
    minutes = before = 0.0
    for text in log.read_text().splitlines():
        line = json.loads(text)
        # A resumed run counts its minutes from 0 again.
        minutes += line["minutes"] - before if line["minutes"] >= before else line["minutes"]
        before = line["minutes"]
        for name, value in line.items():
            if name not in NOT_DRAWN and math.isfinite(value):
                series.setdefault(name, []).append((line["step"], value))
    return series, minutes


def panels(series: Series) -> list[Panel]:
    """Losses; shares on what is trained on; shares on what is held out, spoken and typed; families of each language apart."""
    def chosen(test: Callable[[str], bool]) -> Series:
        return {k: v for k, v in sorted(series.items()) if test(k)}

    # A loss of 0 all along is one that this run does not train (CTC with a frozen audio encoder).
    out = [Panel("losses", chosen(lambda k: k in LOSSES and any(v > 0 for _, v in series[k])), True)]
    for title, prefix in (("right, held out", "val"), ("right, held out, typed", "typed"), ("right, in training", "")):
        held = ("val", "typed") if not prefix else ()
        mine = chosen(lambda k: k not in LOSSES and k.startswith(prefix) and not k.startswith(held))
        for lang, chinese in (("", False), (", Mandarin", True)):
            out.append(Panel(title + lang, {k: v for k, v in mine.items() if k.endswith(".zh") == chinese}, False))
    return [panel for panel in out if panel.series]


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from low to high."""
    if high <= low:
        return [low]
    step = 10 ** math.floor(math.log10((high - low) / about))
    step *= next(m for m in (1, 2, 5, 10) if (high - low) / (step * m) <= about)
    return [i * step for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def text(x: float, y: float, words: str, anchor: str = "start", colour: str = "#333", size: int = 11) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">{escape(words)}</text>'


def draw(panel: Panel, top: float, last_step: float) -> list[str]:
    """One panel, `top` pixels down."""
    values = [v for points in panel.series.values() for _, v in points]
    if panel.logarithmic:
        low, high = max(1e-4, min(values)), max(2e-4, max(values))
        low, high = math.floor(math.log10(low)), max(math.ceil(math.log10(high)), math.floor(math.log10(low)) + 1)
        marks = [(float(e), f"{10.0**e:g}") for e in range(low, high + 1)]
    else:
        low, high = 0.0, max(1.0, max(values))
        marks = [(v, f"{v:g}") for v in ticks(low, high)]
    inner = panel.height - TOP - BOTTOM

    def x_of(step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * step / max(1.0, last_step)

    def y_of(value: float) -> float:
        value = math.log10(max(value, 10.0**low)) if panel.logarithmic else value
        return top + TOP + inner * (1 - (value - low) / (high - low))

    out = [text(LEFT, top + 18, panel.title, size=13)]
    for mark, words in marks:
        y = y_of(10.0**mark if panel.logarithmic else mark)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        out.append(text(LEFT - 6, y + 4, words, "end"))
    for step in ticks(0, last_step, 8):
        out.append(text(x_of(step), top + panel.height - BOTTOM + 16, f"{step:g}", "middle"))
    # Names stand at the curves' ends, pushed apart where the ends meet.
    ends = sorted((y_of(points[-1][1]), i, name) for i, (name, points) in enumerate(panel.series.items()))
    place = top + TOP - float(LINE)
    for k, (y, i, name) in enumerate(ends):
        place = min(max(y + 4, place + LINE), top + panel.height - 4 - LINE * (len(ends) - 1 - k))
        points = panel.series[name]
        colour = COLOURS[i % len(COLOURS)]
        path = " ".join(f"{x_of(step):.1f},{y_of(value):.1f}" for step, value in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        step, value = points[-1]
        out.append(f'<circle cx="{x_of(step):.1f}" cy="{y:.1f}" r="2" fill="{colour}"/>')
        out.append(text(WIDTH - RIGHT + 10, place, f"{name} {value:.3g}", colour=colour))
    return out


def picture(log: Path) -> str:
    """The SVG of one log."""
    series, minutes = read(log)
    if not series:
        raise SystemExit(f"{log} holds no figures")
    last_step = max(points[-1][0] for points in series.values())
    shown = panels(series)
    height = 30 + sum(panel.height for panel in shown)
    body = [text(LEFT, 20, f"{log.parent.name}: {last_step:g} steps, {minutes:.0f} minutes", size=14)]
    top = 30
    for panel in shown:
        body += draw(panel, top, last_step)
        top += panel.height
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{height}" fill="white"/>', *body, "</svg>\n"])


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("runs", type=Path, nargs="+", help="folders with a log.jsonl")
    p.add_argument("--out", type=Path, default=Path("reports"), help="folder of the pictures, one a run")
    a = p.parse_args(argv)
    a.out.mkdir(parents=True, exist_ok=True)
    for run in a.runs:
        (a.out / f"{run.name}.svg").write_text(picture(run / "log.jsonl"))
        print(a.out / f"{run.name}.svg")


if __name__ == "__main__":
    main()
