"""The tabletop world: scenes, clips, pictures, questions and their checker. Everything is seeded by its `rng`."""
from .check import check, extract, is_chinese, language
from .clips import Clip, Event, sample_clip
from .dialogue import Dialogue, ask_without_picture, sample_dialogue, sample_qa
from .listing import all_question_texts
from .qa import CATS, FAMILIES, HEARING, PICTURE, QA, VIDEO
from .questions import MOST_BEEPS, ask, caption_text, event_text, open_qa, recall
from .render import render, render_full
from .repeat import sample_content
from .scene import CELLS, COLORS, SHAPES, SIZES, Card, Obj, Scene, sample_scene, scene_targets
from .spoken import LANGUAGES, PREFIXES, TONGUES, sample_open
from .style import Style, sample_style

__all__ = [
    "CATS", "CELLS", "COLORS", "FAMILIES", "HEARING", "LANGUAGES", "MOST_BEEPS", "PICTURE", "PREFIXES", "SHAPES", "SIZES", "TONGUES", "VIDEO", "Card", "Clip",
    "Dialogue", "Event", "Obj", "QA", "Scene", "Style", "all_question_texts", "ask", "ask_without_picture", "caption_text", "check", "event_text",
    "extract", "is_chinese", "language", "open_qa", "recall", "render", "render_full", "sample_clip", "sample_content", "sample_dialogue",
    "sample_open", "sample_qa", "sample_scene", "sample_style", "scene_targets",
]
