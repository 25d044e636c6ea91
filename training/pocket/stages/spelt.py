"""What hearing is measured by while it is learned: letters by CTC, and errors in words and syllables."""
from __future__ import annotations

from torch import nn

from pocket.speech.letters import LETTERS


class SpeechHeads(nn.Module):
    """Training only."""

    def __init__(self, hidden: int, phonemes: int) -> None:
        super().__init__()
        self.phoneme = nn.Linear(hidden, phonemes)  # of the ear before Whisper's; kept, so that its checkpoints load
        self.letter = nn.Linear(hidden, len(LETTERS) + 1)


def edits(a: list[str], b: list[str]) -> int:
    """Levenshtein distance in words."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]
