"""What the answers say of the past, of what lies beside something, and of words alone."""
from __future__ import annotations

import unittest

import numpy as np

from pocket import world as w
from pocket.world.pictures import beside
from pocket.world.translate import sample_pair, translate

OTHER = {"en": "zh", "zh": "en"}


def gen(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


class Time(unittest.TestCase):
    """What is said about the past is told by the events."""

    star, moved = w.Obj("star", "red", "small", 8, 1), w.Obj("star", "red", "small", 0, 1)
    green, circle = w.Obj("star", "green", "small", 0, 1), w.Obj("circle", "blue", "large", 4, 2)

    def setUp(self) -> None:
        states = [(self.star,), (self.moved,), (self.green,), (self.green, self.circle), (self.circle,)]
        events = [w.Event("move", self.star, self.moved), w.Event("recolor", self.moved, self.green), w.Event("appear", after=self.circle),
                  w.Event("disappear", before=self.green)]
        self.clip = w.Clip([w.Scene().replaced(list(s)) for s in states], events, list(range(5)))

    def answers(self, family: str, upto: int, first: int = 0, lang: str = "en") -> set[tuple[str, int]]:
        rng = gen(1)
        found = [w.ask(self.clip, upto, rng, family, first, lang) for _ in range(60)]
        return {(qa.answer, qa.state) for qa in found if qa}

    def test_english(self) -> None:
        self.assertEqual(self.answers("way", 3), {("The green star moved up and to the left.", 1), ("The blue circle did not move.", -1)})
        self.assertEqual(self.answers("before", 3), {("The star was red before.", 2), ("The star was at the bottom right before.", 1)})
        self.assertEqual(self.answers("last", 4), {("A blue circle appeared last.", 3)})
        self.assertEqual(self.answers("seen", 4), {("I have seen two shapes.", -1)})
        self.assertEqual(self.answers("seen", 4, 4), {("I have seen one shape.", -1)})
        self.assertEqual(self.answers("first", 1), {("The first shape was a red star.", 0)})
        self.assertEqual(self.answers("first", 3), set())  # it turned green: by which colour is it called?
        self.assertEqual(self.answers("way", 3, 1), {("The green star did not move.", -1), ("The blue circle did not move.", -1)})

    def test_mandarin(self) -> None:
        self.assertEqual(self.answers("way", 2, lang="zh"), {("绿色的星星向左上方移动了。", 1)})
        self.assertEqual(self.answers("before", 3, lang="zh"), {("星星之前是红色。", 2), ("星星之前在右下角。", 1)})
        self.assertEqual(self.answers("last", 4, lang="zh"), {("最后出现的是蓝色的圆形。", 3)})
        self.assertEqual(self.answers("seen", 4, lang="zh"), {("我一共看到了两个图形。", -1)})

    def test_a_thing_that_comes_back_is_not_counted(self) -> None:
        again = w.Clip([*self.clip.states, self.clip.states[3]], [*self.clip.events, w.Event("appear", after=self.green)], list(range(6)))
        self.assertIsNone(w.ask(again, 5, gen(1), "seen"))

    def test_clips_may_be_long(self) -> None:
        rng = gen(16)
        clips = [w.sample_clip(rng, 47, 48, False, 2) for _ in range(300)]
        self.assertLess(np.median([len(c.events) for c in clips]), 6)
        self.assertGreater(max(len(c.events) for c in clips), 10)
        self.assertTrue(all(len(c.schedule) <= 48 for c in clips))


class Beside(unittest.TestCase):
    def test_the_nearest_in_the_row_or_column_or_nothing_or_no_question(self) -> None:
        scene = w.Scene((w.Obj("star", "red", "large", 0), w.Obj("circle", "blue", "small", 2), w.Obj("cross", "black", "small", 4)))
        self.assertEqual(beside(scene, 2, 0), 0)
        self.assertEqual(beside(scene, 0, 0), -1)
        self.assertIsNone(beside(scene, 0, 3))  # the cross is lower, but neither below the star nor nowhere


class Words(unittest.TestCase):
    def test_translation_there_and_back(self) -> None:
        rng = gen(17)
        for lang in w.LANGUAGES:
            for _ in range(500):
                text = sample_pair(rng, lang)
                said, spans = translate(text, lang)
                self.assertEqual(w.language(said), OTHER[lang])
                self.assertEqual(translate(said, OTHER[lang])[0], text)
                self.assertTrue(all(said[a:b] and text[c:d] for a, b, c, d in spans))
        self.assertEqual(translate("the small red star is at the top left", "en")[0], "红色的小星星在左上角")
        self.assertEqual(translate("有两个圆形", "zh")[0], "there are two circles")
        self.assertIsNone(translate("the lion is here", "en"))

    def test_sums_are_right(self) -> None:
        for text, answer in (("what is three plus four", "Three plus four is seven."), ("十二减三等于几", "十二减三等于九。"), ("算一下二乘以五", "二乘以五等于十。")):
            self.assertEqual(w.open_qa(text).answer, answer)
        self.assertIsNone(w.open_qa("what is three minus four"))

    def test_repeat_gives_back_what_was_said(self) -> None:
        self.assertEqual(w.open_qa("say after me i see a star").answer, "I see a star.")
        self.assertEqual(w.open_qa("跟着我说你好").answer, "你好。")
        self.assertIsNone(w.open_qa("what color is the star"))

    def test_recall_says_the_turn_before(self) -> None:
        before = w.open_qa("算一下二乘以五")
        qa = w.recall(before, gen(1), "zh")
        self.assertEqual((qa.answer, qa.history), ("你说：算一下二乘以五。", (before,)))
        (a, b, c, d), = qa.hears
        self.assertEqual(qa.answer[a:b], before.question[c:d])

    def test_beeps_are_what_is_asked_for(self) -> None:
        rng = gen(18)
        found = {(qa.beeps, qa.keys[0]) for qa in (w.sample_qa(rng, "sound", lang="zh")[1] for _ in range(200))}
        self.assertEqual(found, {(n, str(n)) for n in range(6)})


if __name__ == "__main__":
    unittest.main()
