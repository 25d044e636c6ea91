"""Loss curves as pictures: a log in, well-formed SVG out."""
from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pocket.release import curves

LINES = [
    {"step": 50, "minutes": 1.0, "loss": 2.0, "ctc": 0.0, "colour": 0.4, "width": 150.0},
    {"step": 100, "minutes": 2.0, "loss": 0.2, "ctc": float("nan"), "colour": 0.7, "colour.zh": 0.3},
    {"step": 100, "minutes": 2.1, "val": 0.5, "val_colour": 0.6, "typed": 0.8},
    {"step": 150, "minutes": 0.9, "loss": 0.02, "colour": 0.9},
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    run = tmp_path / "run_<a>"
    run.mkdir()
    (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return run / "log.jsonl"


def test_minutes_of_a_resumed_run_add_up_and_what_is_no_number_is_left_out(log: Path) -> None:
    series, minutes = curves.read(log)
    assert minutes == pytest.approx(3.0)
    assert series["loss"] == [(50, 2.0), (100, 0.2), (150, 0.02)] and series["ctc"] == [(50, 0.0)]
    assert "width" not in series


def test_figures_are_sorted_into_panels(log: Path) -> None:
    shown = {panel.title: set(panel.series) for panel in curves.panels(curves.read(log)[0])}
    assert shown == {"losses": {"loss"}, "right, in training": {"colour"}, "right, in training, Mandarin": {"colour.zh"},
                     "right, held out": {"val", "val_colour"}, "right, held out, typed": {"typed"}}


def test_curves_rise_with_their_values_and_stay_inside(log: Path) -> None:
    curves.main([str(log.parent), "--out", str(log.parent.parent / "out")])
    root = ElementTree.parse(log.parent.parent / "out" / "run_<a>.svg").getroot()
    tag = "{http://www.w3.org/2000/svg}"
    width, height = float(root.get("width")), float(root.get("height"))
    lines = [[tuple(map(float, p.split(","))) for p in line.get("points").split()] for line in root.iter(f"{tag}polyline")]
    assert len(lines) == 6
    assert all(0 <= x <= width and 0 <= y <= height for line in lines for x, y in line)
    colour = next(line for line in lines if len(line) == 3 and line[0][1] > line[2][1])
    assert [y for _, y in colour] == sorted((y for _, y in colour), reverse=True)
    words = [t.text for t in root.iter(f"{tag}text")]
    assert "run_<a>: 150 steps, 3 minutes" in words and "colour 0.9" in words


def test_a_log_without_figures_is_told(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("")
    with pytest.raises(SystemExit, match="holds no figures"):
        curves.picture(tmp_path / "log.jsonl")


@pytest.mark.parametrize(("low", "high", "wanted"), [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (0, 700, [0, 200, 400, 600]), (0, 0, [0])])
def test_ticks_are_round(low: float, high: float, wanted: list[float]) -> None:
    assert curves.ticks(low, high) == pytest.approx(wanted)
