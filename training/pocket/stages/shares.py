"""How often each family is asked, by kind of conversation. What is learned late is asked often."""
from __future__ import annotations

# Which of several things is meant is what the decoder learns last: many questions about one picture, in writing, teach it cheapest.
DRILL = {"caption": 5, "colour": 10, "shape": 8, "size": 6, "position": 9, "count": 12, "existence": 7, "compare": 16, "relation": 18, "ocr": 5,
         "absent": 6, "follow": 10, "translate": 6, "sums": 12, "repeat": 2, "recall": 3, "chat": 2, "outside": 2}
FILM = {"change": 3, "last": 3, "first": 2, "before": 8, "way": 14, "seen": 4, "caption": 1, "colour": 1, "shape": 1, "size": 0.5, "position": 1.5,
        "count": 2, "existence": 1, "compare": 3, "relation": 3, "follow": 1, "absent": 0.5, "ocr": 0.5}
HEAR = {"repeat": 4, "transcribe": 1, "translate": 2.5, "sums": 2, "sound": 1.5, "recall": 1.2}
LATE = {"colour": 8, "shape": 6, "size": 5, "count": 11, "position": 7, "existence": 6, "compare": 13, "relation": 15, "ocr": 4, "caption": 6, "absent": 6,
        "change": 8, "last": 5, "first": 4, "before": 11, "way": 15, "seen": 7, "follow": 9, "repeat": 9, "transcribe": 3, "translate": 7, "sums": 11,
        "sound": 7, "recall": 8, "chat": 7, "outside": 6}
