"""The tabletop world: scenes, clips, pictures, questions and their checker. Everything is seeded by its `rng`."""
from .check import check, extract
from .clips import Clip, Event, sample_clip
from .dialogue import Dialogue, ask_without_picture, sample_dialogue, sample_qa
from .questions import CATS, FAMILIES, QA, all_question_texts, ask, caption_text, event_text, sample_repeat
from .render import render, render_full
from .repeat import number_words, sample_content, sentence
from .scene import CELLS, COLORS, SHAPES, SIZES, Card, Obj, Scene, sample_scene, scene_targets
from .style import Style, sample_style

__all__ = [
    "CATS", "CELLS", "COLORS", "FAMILIES", "SHAPES", "SIZES", "Card", "Clip", "Dialogue", "Event", "Obj", "QA", "Scene", "Style",
    "all_question_texts", "ask", "ask_without_picture", "caption_text", "check", "event_text", "extract", "number_words", "render",
    "render_full", "sample_clip", "sample_content", "sample_dialogue", "sample_qa", "sample_repeat", "sample_scene", "sample_style",
    "scene_targets", "sentence",
]
