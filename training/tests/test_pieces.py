from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from pocket.stages.pointing import endings, pieces

TOKENIZER = Tokenizer.from_file(str(Path(__file__).parents[2] / "models/visavis-pocket/tokenizer.json"))


@pytest.mark.parametrize("text", ["repeat after me hard beautiful year", "请跟我说昨天", "把 good morning 翻译成中文"])
def test_pieces_are_the_text_as_inside_a_sentence(text: str) -> None:
    written = pieces(TOKENIZER, text)
    assert TOKENIZER.decode([token for token, _ in written]).strip() == text
    ends = [end for _, end in written]
    assert ends == sorted(ends) and 0 < ends[0] and ends[-1] == len(text)


def test_a_first_english_word_is_the_token_that_it_is_later() -> None:
    (first, _), (again, _) = pieces(TOKENIZER, "hard hard")
    assert first == again


def test_a_piece_has_been_heard_where_the_next_character_begins() -> None:
    # Five characters, 20 ms frames of their first labels, and of the end.
    first = np.array([0, 5, 9, 20, 26, 31])
    assert endings([(11, 2), (12, 5)], first, pool=4, tokens=9) == [(2, 11), (7, 12)]


def test_pieces_that_end_together_follow_each_other_and_none_leaves_the_utterance() -> None:
    first = np.array([0, 5, 9, 20, 40])
    assert endings([(11, 2), (12, 2), (13, 3)], first, pool=4, tokens=9) == [(2, 11), (3, 12), (5, 13)]
    assert endings([(11, 4), (12, 4)], first, pool=4, tokens=9) == [(8, 11)]
