"""How often each family is asked, by kind of conversation. What is learned late is asked often."""
from __future__ import annotations

# Which of several things is meant is what the decoder learns last: many questions about one picture, in writing, teach it cheapest.
DRILL = {"caption": 4, "colour": 9, "shape": 8, "size": 5, "position": 7, "count": 15, "existence": 9, "compare": 20, "relation": 20, "ocr": 4,
         "absent": 7, "follow": 11, "translate": 5, "sums": 7, "repeat": 2, "recall": 3, "chat": 2, "outside": 2}
FILM = {"change": 3, "last": 4, "first": 2, "before": 8, "way": 12, "seen": 7, "caption": 1, "colour": 1, "shape": 1, "size": 0.5, "position": 1.5,
        "count": 3, "existence": 1, "compare": 3, "relation": 3, "follow": 1, "absent": 0.5, "ocr": 0.5}
HEAR = {"repeat": 5, "transcribe": 1.5, "translate": 2, "sums": 1, "sound": 2, "recall": 1.8, "outside": 0.8, "chat": 0.5}
LATE = {"colour": 8, "shape": 6, "size": 5, "count": 12, "position": 6, "existence": 8, "compare": 15, "relation": 15, "ocr": 3, "caption": 5, "absent": 7,
        "change": 7, "last": 6, "first": 4, "before": 11, "way": 14, "seen": 9, "follow": 11, "repeat": 11, "transcribe": 3, "translate": 6, "sums": 8,
        "sound": 9, "recall": 10, "chat": 6, "outside": 6}
