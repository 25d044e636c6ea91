"""Other heads behind a shipped ear: what the model hears stays to the byte, and the heads tell what PyTorch's do."""
from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from pocket.export import heads as export
from pocket.export.export import sealed
from pocket.model.config import PocketConfig, TurnEndConfig
from pocket.model.heads import HEADS, EarHeads

FOLDER = Path(__file__).parents[2] / "models/visavis-pocket"
MEL = {"input_features": np.random.default_rng(4).normal(-2, 1.5, (1, 96, PocketConfig().audio.n_mels)).astype(np.float32)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "onnx").mkdir()
    shutil.copy(FOLDER / export.EAR, tmp_path / export.EAR)
    shutil.copy(FOLDER / "manifest.json", tmp_path)
    return tmp_path


def test_only_the_heads_are_replaced(folder: Path) -> None:
    torch.manual_seed(3)
    heads = EarHeads(PocketConfig().audio, TurnEndConfig())
    torch.save({"heads": heads.state_dict()}, folder / "heads.pt")
    before = export.session(onnx.load(str(folder / export.EAR)))
    export.main(["--folder", str(folder), "--heads", str(folder / "heads.pt"), "--version", "9.9.9", "--ear", str(folder / "ear.onnx")])
    after = export.session(onnx.load(str(folder / export.EAR)))
    assert [o.name for o in after.get_outputs()] == ["audio_features", *HEADS]
    np.testing.assert_array_equal(after.run(["audio_features"], MEL)[0], before.run(["audio_features"], MEL)[0])
    assert max(abs(a[0] - b[0]) for a, b in zip(after.run(list(HEADS), MEL), before.run(list(HEADS), MEL))) > 1e-3
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["version"] == "9.9.9" and manifest["files"][export.EAR] == sealed(folder / export.EAR)
    # Once more, from what was written: the taps are found again, and nothing grows.
    size = (folder / export.EAR).stat().st_size
    export.main(["--folder", str(folder), "--heads", str(folder / "heads.pt"), "--version", "9.9.9"])
    assert (folder / export.EAR).stat().st_size == size


def test_other_heads_want_another_version(folder: Path) -> None:
    with pytest.raises(SystemExit):
        export.main(["--folder", str(folder), "--heads", "heads.pt"])
