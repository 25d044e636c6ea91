"""Every closed question, so that each can be spoken by many voices. Open ones (repeat, translate, sums) are not listed."""
from __future__ import annotations

from types import ModuleType

from .qa import TONGUES, synonymous
from .scene import COLORS, SHAPES, SIZES


def all_question_texts(lang: str | None = None) -> list[tuple[str, str]]:
    """(family, text) of every closed question, each text once, of one language or of all. "absent" asks with the texts of other families."""
    seen: dict[str, str] = {}
    for code, t in TONGUES.items():
        if lang in (None, code):
            for family, text in _listed(t):
                seen.setdefault(text, family)
                if code == "zh":
                    seen.setdefault(synonymous(text), family)
    return [(family, text) for text, family in seen.items()]


def _listed(t: ModuleType) -> list[tuple[str, str]]:
    shapes, colors, cells = [t.name(s) for s in SHAPES], [t.color(c) for c in COLORS], [t.at(i) for i in range(9)]
    by_color = [t.name(None, c) for c in COLORS]
    named = [*shapes, t.name("card"), *(t.name(s, c) for c in COLORS for s in SHAPES), *by_color]
    sized = [t.name(s, None, z) for s in SHAPES for z in SIZES]
    alone = [o for o in named if o != t.name("card")]
    pairs = [{"o": o, "q": q} for o in shapes for q in shapes if o != q]

    def each(family: str, forms: tuple[str, ...], **slots: list[str]) -> list[tuple[str, str]]:
        texts = list(forms)
        for name, words in slots.items():
            texts = [x.replace(f"{{{name}}}", word) for x in texts for word in words]
        return [(family, x) for x in texts]

    out = each("colour", t.COLOUR, o=[*shapes, *sized]) + each("colour", t.COLOUR_AT, o=[*shapes, t.name()], at=cells)
    out += each("shape", t.SHAPE_AT, at=cells) + each("shape", t.SHAPE_OF, c=colors)
    out += each("count", t.COUNT_ALL) + each("count", t.COUNT, p=[t.plural(o) for o in alone])
    out += each("position", t.POSITION, o=named)
    out += each("existence", t.EXISTENCE, a=[t.article(o) for o in named]) + each("existence", t.ANYTHING, c=colors)
    out += each("size", t.SIZE, o=alone)
    out += [("compare", x.format(**pair)) for x in (*t.BIGGER, *t.SMALLER, *t.SAME) for pair in pairs]
    out += each("relation", t.RELATION, side=list(t.SIDES), o=[*shapes, t.name("card"), *by_color])
    out += each("way", t.WAY, o=alone) + each("before", t.BEFORE, o=shapes) + each("before", t.BEFORE_AT, o=alone)
    out += each("follow", t.FOLLOW, o=[*alone, *sized]) + each("follow", t.FOLLOW_AT, at=cells)
    out += each("follow", t.FOLLOW_COUNT, p=[t.plural(o) for o in alone]) + each("follow", t.FOLLOW_ANY, a=[t.article(o) for o in named])
    for family, forms in (("ocr", t.OCR), ("change", t.CHANGE), ("caption", t.CAPTION), ("last", t.LAST), ("first", t.FIRST),
                          ("before", t.BEFORE_NUMBER), ("seen", t.SEEN), ("sound", t.SOUND), ("recall", t.RECALL), ("outside", t.OUTSIDE)):
        out += each(family, forms)
    out += each("outside", t.OUTSIDE_FORMS, x=list(t.OUTSIDE_TOPICS))
    return out + [("chat", x) for _, texts in t.CHAT for x in texts]
