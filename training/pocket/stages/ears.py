"""What the frozen ear makes of every clip, kept on disk: training the rest then costs no encoder.

A cache folder holds `features.f16` [frames, hidden] at 50 Hz, in whole tokens each utterance, `middle.f16` of the same shape where heads are to learn of it,
`teacher.f16` [frames, narrow] where an earlier ear has heard the same clips clean, `aligned.npz` of `ear_start`, and `entries.json`.
"""
from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pocket.speech.letters import letters, starts


@dataclass(frozen=True)
class Entry:
    """One utterance as the ear heard it."""

    kind: str  # question, content, backchannel, stop, fragment
    text: str  # the question that it asks
    said: str  # what of it is to be heard in words: "hello what color is the star"
    at: int  # the character of `said` with which `text` begins
    first: int  # row of `features` of its first frame
    tokens: int
    taught: int  # row of `teacher` of its first frame; -1: no teacher
    beeps: tuple[tuple[int, int], ...] = ()  # samples of each beep
    source: str = ""


class Ears:
    """Several caches as one."""

    def __init__(self, folders: list[Path], hidden: int, pool: int, unit: int) -> None:
        self.hidden, self.pool, self.unit = hidden, pool, unit
        self.entries: list[Entry] = []
        self._where: list[tuple[int, Entry]] = []
        self._features, self._teachers, self._aligned = [], [], []
        for which, folder in enumerate(folders):
            rows = [Entry(**{**e, "beeps": tuple(map(tuple, e["beeps"]))}) for e in json.loads((folder / "entries.json").read_text())]
            self._features.append(np.memmap(folder / "features.f16", np.float16, "r").reshape(-1, hidden))
            taught = folder / "teacher.f16"
            self._teachers.append(np.memmap(taught, np.float16, "r") if taught.exists() and taught.stat().st_size else None)
            aligned = folder / "aligned.npz"
            self._aligned.append(np.load(aligned)["first"] if aligned.exists() else None)
            self._where += [(which, i) for i in range(len(rows))]
            self.entries += rows
        self._offsets = []
        for which, folder in enumerate(folders):
            sizes = [len(letters(e.said)) for (w_, _), e in zip(self._where, self.entries) if w_ == which]
            self._offsets.append(np.concatenate([[0], np.cumsum(sizes)]))
        self.by_text: dict[str, list[int]] = defaultdict(list)
        for i, e in enumerate(self.entries):
            if e.kind in ("question", "content"):
                self.by_text[e.text].append(i)

    def __len__(self) -> int:
        return len(self.entries)

    def features(self, index: int) -> np.ndarray:
        """[tokens * pool, hidden], float16"""
        e, (which, _) = self.entries[index], self._where[index]
        return self._features[which][e.first : e.first + e.tokens * self.pool]

    def teacher(self, index: int, hidden: int) -> np.ndarray:
        """What the earlier ear heard [tokens * pool, hidden]"""
        e, (which, _) = self.entries[index], self._where[index]
        return self._teachers[which].reshape(-1, hidden)[e.taught : e.taught + e.tokens * self.pool]

    def first_frames(self, index: int) -> np.ndarray | None:
        """For each character of `said`, and its end, the 20 ms frame where it begins; None before `ear_start` has aligned."""
        which, i = self._where[index]
        if self._aligned[which] is None:
            return None
        first = self._aligned[which][self._offsets[which][i] : self._offsets[which][i + 1]]
        if not len(first) or first[0] < 0:
            return None
        return np.append(first, first[-1])[starts(self.entries[index].said)]
