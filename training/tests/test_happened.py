"""What training tells each visual token of the frame before: held to the events that the clip was made of."""
from __future__ import annotations

import numpy as np

from pocket import world as w
from pocket.stages.batches import happened
from pocket.stages.rows import Row


def test_what_moved_is_told_from_where_and_nothing_else_is() -> None:
    rng = np.random.default_rng(0)
    seen = 0
    for _ in range(60):
        clip = w.sample_clip(rng, 6, 12, min_events=2, moves=0.4)
        targets = [w.scene_targets(s) for s in clip.states]
        scenes = {k: np.stack([np.asarray(t[k]) for t in targets]) for k in ("shape", "color", "tens", "ones")}
        row = Row(frames=[(0, i) for i in range(len(clip.states))], earlier=list(range(-1, len(clip.states) - 1)))
        told = happened(scenes, [row])[:, 3].view(-1, 3, 2, 3, 2)
        assert (told == told[:, :, :1, :, :1]).all()  # a cell is four tokens
        assert (told[0] == -1).all()
        for event, cells in zip(clip.events, told[1:, :, 0, :, 0].reshape(-1, 9).tolist()):
            wanted = {event.after.cell: event.before.cell} if event.kind == "move" else {}
            assert {cell: left for cell, left in enumerate(cells) if left >= 0} == wanted
            seen += bool(wanted)
    assert seen > 40


def test_most_changes_of_a_pool_of_moves_are_moves() -> None:
    share = {}
    for moves in (0.0, 0.8):
        rng = np.random.default_rng(1)
        kinds = [e.kind for _ in range(60) for e in w.sample_clip(rng, moves=moves).events]
        share[moves] = kinds.count("move") / len(kinds)
    assert share[0.0] < 0.4 and share[0.8] > 0.6
