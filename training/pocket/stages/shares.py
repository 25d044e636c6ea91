"""How often each family is asked, by kind of conversation. What is learned late is asked often."""
from __future__ import annotations

from pocket import world as w

# Which of several things is meant is what the decoder learns last: many questions about one picture, in writing, teach it cheapest.
DRILL = {"caption": 4, "colour": 6, "shape": 5, "size": 5, "position": 6, "count": 20, "existence": 7, "compare": 36, "relation": 18, "ocr": 4,
         "absent": 7, "follow": 11, "translate": 5, "sums": 7, "repeat": 2, "recall": 3, "chat": 2, "outside": 2}
FILM = {"change": 3, "last": 4, "first": 2, "before": 8, "way": 12, "seen": 7, "caption": 1, "colour": 1, "shape": 1, "size": 0.5, "position": 1.5,
        "count": 10, "existence": 1, "compare": 4, "relation": 3, "follow": 1, "absent": 0.5, "ocr": 0.5}
HEAR = {"repeat": 7, "transcribe": 1.5, "translate": 2, "sums": 1, "sound": 2, "recall": 1.8, "outside": 0.8, "chat": 0.5}
LATE = {"colour": 7, "shape": 5, "size": 5, "count": 24, "position": 5, "existence": 7, "compare": 22, "relation": 14, "ocr": 3, "caption": 5, "absent": 7,
        "change": 7, "last": 6, "first": 4, "before": 11, "way": 14, "seen": 9, "follow": 11, "repeat": 16, "transcribe": 3, "translate": 6, "sums": 8,
        "sound": 9, "recall": 10, "chat": 6, "outside": 6}


def passed_over(qa: w.QA) -> float:
    """How often an answer that is easy and common makes room for a rarer one."""
    if qa.family == "count" and qa.keys == ["0"]:
        return 0.3
    if qa.family == "way" and qa.state >= 0:  # it did move
        return 0.4
    if qa.family == "compare" and qa.keys[-1] != "yes":
        return 0.6 if qa.keys[-1] == "no" else 0.7  # two of one colour are rare, and which is bigger is learned early
    if qa.family == "seen" and qa.came:
        return {1: 0.6, 2: 0.4}.get(len(qa.came), 0.0)
    return 0.0
