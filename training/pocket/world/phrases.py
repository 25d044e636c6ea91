"""Every closed question of the world, as templates: what is asked and what can be enumerated come from one place."""
from __future__ import annotations

from .scene import CELLS, COLORS, SHAPES, SIZES

FAMILIES = ("colour", "shape", "count", "position", "existence", "ocr", "change", "caption", "repeat", "chat", "absent")

# {o} is an object without article ("red star"), {a} one with it, {p} a plural, {c} a colour, {at} a cell.
COLOUR = ("what color is the {o}", "what is the color of the {o}", "which color is the {o}",
          "tell me the color of the {o}", "which color does the {o} have", "can you tell me what color the {o} is")
COLOUR_AT = ("what color is the {o} {at}", "which color is the {o} {at}")
SHAPE_AT = ("what shape is {at}", "which shape is {at}", "what is {at}", "what do you see {at}",
            "tell me what is {at}", "what is the shape {at}")
SHAPE_OF = ("what shape is the {c} one", "which shape is {c}", "what shape is {c}", "what is the {c} thing",
            "what is the shape of the {c} one", "tell me the shape of the {c} one")
COUNT_ALL = ("how many shapes are there", "how many shapes do you see", "how many shapes are on the table",
             "count the shapes", "tell me how many shapes there are", "how many objects are there",
             "how many objects do you see", "how many things are on the table")
COUNT = ("how many {p} are there", "how many {p} do you see", "how many {p} are on the table", "count the {p}",
         "tell me how many {p} there are")
POSITION = ("where is the {o}", "where do you see the {o}", "where can you see the {o}", "tell me where the {o} is",
            "what is the position of the {o}", "can you tell me where the {o} is")
EXISTENCE = ("is there {a}", "do you see {a}", "can you see {a}", "is there {a} on the table", "is {a} on the table",
             "is there {a} in the picture")
ANYTHING = ("is there anything {c}", "do you see anything {c}", "is anything {c}")
OCR = ("what number is on the card", "what number do you see", "which number is on the card", "read the number",
       "what is the number", "tell me the number on the card", "what does the card say", "read the card")
CHANGE = ("what changed", "what has changed", "what happened", "what just happened", "what is different now",
          "tell me what changed", "did anything change", "what did you see happen")
CAPTION = ("describe the picture", "describe what you see", "what do you see", "what can you see",
           "what is on the table", "tell me what you see", "describe the table", "what is in the picture")

CHAT = (
    ("Hello! Show me something and ask about it.",
     ("hello", "hi", "hi there", "hello there", "hey", "good morning", "good afternoon", "good evening")),
    ("I am visavis pocket, a small model that talks about the table.",
     ("who are you", "what are you", "what is your name", "tell me who you are", "what model are you",
      "introduce yourself")),
    ("I can tell you the shapes, colors, places and numbers that I see, and what changed.",
     ("what can you do", "what do you know", "how can you help me", "what can i ask you", "help", "help me",
      "what are you able to do")),
    ("You are welcome.", ("thank you", "thanks", "thank you very much", "thanks a lot", "thank you so much")),
    ("Goodbye!", ("goodbye", "bye", "bye bye", "see you later", "see you", "good night")),
    ("I am fine. Ask me about the table.", ("how are you", "how are you doing", "how do you do", "are you okay")),
    ("Yes, I can hear you.", ("can you hear me", "do you hear me", "are you listening", "are you there")),
    ("I can only talk about the table.",
     ("what is the weather", "what is the weather today", "will it rain tomorrow", "tell me a joke",
      "tell me a story", "sing a song", "sing me a song", "what time is it", "what day is it today",
      "who is the president", "what is the capital of france", "how old are you", "where do you live",
      "what is the meaning of life", "write a poem", "write me a letter", "play some music", "turn on the light",
      "call my mother", "set an alarm", "set a timer for ten minutes", "what is the news today",
      "how do i cook rice", "what should i eat", "translate this into french", "who won the game",
      "how far is the moon", "how tall is the tower", "what is two plus two", "what is three times four",
      "do you love me", "do you like music", "can you drive a car", "book a flight", "open the door",
      "order a pizza", "what is my name", "where am i", "who am i", "what is the time in london",
      "tell me about history", "what is the best movie", "how much does it cost", "is it cold outside",
      "do you speak chinese", "send a message to john", "remind me to buy milk", "what is a computer",
      "how do airplanes fly", "who wrote this book", "what animal is this", "do you have a dog",
      "can you dance", "give me some money", "how many people live in china", "where is my phone",
      "why is the sky blue", "who made you", "recommend a book", "how do i get home")),
)

NOUNS = (*SHAPES, "card")
NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def article(noun: str) -> str:
    """'orange cross' -> 'an orange cross'."""
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def plural(noun: str) -> str:
    """'red cross' -> 'red crosses'."""
    return noun + ("es" if noun.endswith("s") else "s")


def name(shape: str | None = None, color: str | None = None, size: str | None = None) -> str:
    """'small red circle'; without a shape 'red shape'."""
    return " ".join(w for w in (size, color, shape or "shape") if w)


def all_question_texts() -> list[tuple[str, str]]:
    """(family, text) of every closed question, each text once. "repeat" is open and not listed; "absent" asks with the
    texts of colour, shape, position and ocr."""
    pairs = [(s, c) for c in COLORS for s in SHAPES]
    named = [*NOUNS, *(name(s, c) for s, c in pairs), *(name(None, c) for c in COLORS)]
    sized = [name(s, None, z) for s in SHAPES for z in SIZES]
    out = [("colour", t.format(o=o)) for t in COLOUR for o in [*SHAPES, *sized]]
    out += [("colour", t.format(o=o, at=at)) for t in COLOUR_AT for o in (*SHAPES, "shape") for at in CELLS]
    out += [("shape", t.format(at=at)) for t in SHAPE_AT for at in CELLS]
    out += [("shape", t.format(c=c)) for t in SHAPE_OF for c in COLORS]
    out += [("count", t) for t in COUNT_ALL]
    out += [("count", t.format(p=plural(o))) for t in COUNT for o in named if o != "card"]
    out += [("position", t.format(o=o)) for t in POSITION for o in named]
    out += [("existence", t.format(a=article(o))) for t in EXISTENCE for o in named]
    out += [("existence", t.format(c=c)) for t in ANYTHING for c in COLORS]
    for family, texts in (("ocr", OCR), ("change", CHANGE), ("caption", CAPTION)):
        out += [(family, t) for t in texts]
    out += [("chat", t) for _, texts in CHAT for t in texts]
    seen: dict[str, str] = {}
    for family, text in out:
        seen.setdefault(text, family)
    return [(family, text) for text, family in seen.items()]
