"""The model card and the page beside the paper: made of any evaluation, with nothing typed and nothing made up."""
from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from pocket.release.card import card
from pocket.release.figures import pooled, table
from pocket.release.paper import page

FOLDER = Path(__file__).parents[2] / "models/visavis-pocket"
MANIFEST, CONFIG, SHIPPED = (json.loads((FOLDER / name).read_text()) for name in ("manifest.json", "config.json", "evaluation.json"))


def family(n: int, accuracy: float) -> dict:
    return {"n": n, "accuracy": accuracy, "low": accuracy - 0.02, "high": min(1.0, accuracy + 0.02), "guess": 0.25, "ablated": 25, "blind": 0.1, "deaf": 0.05}


@pytest.fixture
def whole() -> dict:
    """An evaluation with everything that there can be."""
    return {
        "model": "visavis-pocket-2.0.0", "overall": family(400, 0.96), "languages": {"en": family(300, 0.97), "zh": family(100, 0.93)},
        "families": {"colour": family(100, 0.9), "shape": family(200, 0.99), "colour.zh": family(50, 0.93), "size": family(50, 0.5)},
        "ablations": {"blind": {"n": 75, "accuracy": 0.11, "guess": 0.26}, "deaf": {"n": 80, "accuracy": 0.04, "guess": 0.27}, "oneShot": {"n": 500, "identical": 499}},
        "asr": {"wer": 0.0312, "cer": 0.0456, "families": {}}, "s2tt": {"en2zh": {"n": 33, "bleu": 91.27}, "zh2en": {"n": 34, "bleu": 88.14}},
        "turnEnd": {"n": 500, "auc": 0.9731}, "ood": {"flite": {"n": 240, "accuracy": 0.8412}},
        "webrtc": {"n": 200, "accuracy": 0.945, "direct": 0.96, "differencePoints": -1.5},
    }  # fmt: skip


def test_card_of_a_whole_evaluation(whole: dict) -> None:
    text = card(whole, MANIFEST, CONFIG)
    assert "spoken about in English and Mandarin" in text
    for told in ("| colour.zh | 50 | 0.930 | 0.910–0.950 | 0.250 |", "0.110 of 75; guessing: 0.260", "499 of 500", "3.1 %", "4.6 %", "91.3 of 33", "88.1 of 34", "0.973 of 500", "0.841 of 240"):
        assert told in text, told
    assert "0.945; directly 0.960: -1.5 points" in text
    assert "sizes are said in descriptions" not in text


def test_card_of_an_older_evaluation_leaves_out_what_is_not_there(whole: dict) -> None:
    old = copy.deepcopy(whole)
    for key in ("languages", "s2tt", "turnEnd", "webrtc"):
        del old[key]
    del old["asr"]["cer"], old["ablations"]["blind"]["guess"], old["ablations"]["deaf"]["guess"]
    text = card(old, MANIFEST, CONFIG)
    for absent in ("Mandarin", "BLEU", "AUC", "WebRTC", "guessing", "families that need them"):
        assert absent not in text.replace("Character error rate, Mandarin", ""), absent
    assert "0.110 of 75" in text


def test_card_and_page_of_what_ships() -> None:
    assert f"{SHIPPED['overall']['n']} spoken questions" in card(SHIPPED, MANIFEST, CONFIG)
    assert f"{MANIFEST['parameters'] / 1e6:.1f} M parameters" in page(SHIPPED, MANIFEST, CONFIG, {})


def test_page_pools_families_by_task_and_language(whole: dict) -> None:
    assert pooled(whole, ("colour", "shape"), "en") == pytest.approx((0.96, 300))
    assert pooled(whole, ("ocr",), "en") is None
    text = page(whole, MANIFEST, CONFIG, {"rates": {"2": 0.021, "4": 0.025, "8": 0.03}, "bench": {"frameEncodeMs": 9.9, "decodeTokensPerS": 640, "audioRtf": 0.013}})
    assert "| 89.4 (350) | 93.0 (50) |" in text  # colour, shape and size
    for told in ("n = 2: 2.1 %, n = 4: 2.5 %, n = 8: 3.0 %", "9.9 ms a frame", "91.3 (33)", "CER 4.6 %", "AUC of 0.973"):
        assert told in text, told


def test_page_of_an_evaluation_in_english_alone(whole: dict) -> None:
    del whole["languages"]
    text = page(whole, MANIFEST, CONFIG, {})
    assert "Ours, Mandarin" not in text
    assert "not measured for this model" in text


def test_tables_are_markdown() -> None:
    assert table(["", "a"], [["b", "c"]]) == "| | a |\n| --- | --- |\n| b | c |"
