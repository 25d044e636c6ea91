"""English: what is asked, as templates, and how answers are worded. phrases_zh.py has the same names in Chinese."""
from __future__ import annotations

from .scene import CELLS, SHAPES

LANG = "en"

# {o} and {q} are an object without article ("red star"), {a} one with it, {p} a plural, {c} a colour, {at} a cell.
COLOUR = ("what color is the {o}", "what is the color of the {o}", "which color is the {o}",
          "tell me the color of the {o}", "which color does the {o} have", "can you tell me what color the {o} is",
          "the {o} is what color", "could you tell me the color of the {o}", "tell me what color the {o} is", "what color would you say the {o} is")
COLOUR_AT = ("what color is the {o} {at}", "which color is the {o} {at}",
             "tell me the color of the {o} {at}", "what is the color of the {o} {at}")
SHAPE_AT = ("what shape is {at}", "which shape is {at}", "what is {at}", "what do you see {at}",
            "tell me what is {at}", "what is the shape {at}",
            "can you tell me what is {at}", "what can you see {at}", "what is there {at}", "which shape do you see {at}")
SHAPE_OF = ("what shape is the {c} one", "which shape is {c}", "what shape is {c}", "what is the {c} thing",
            "what is the shape of the {c} one", "tell me the shape of the {c} one",
            "can you tell me what shape the {c} one is", "what shape does the {c} one have", "what is the {c} shape", "the {c} one is what shape")
COUNT_ALL = ("how many shapes are there", "how many shapes do you see", "how many shapes are on the table",
             "count the shapes", "tell me how many shapes there are", "how many objects are there",
             "how many objects do you see", "how many things are on the table",
             "how many shapes can you see", "can you count the shapes", "what is the number of shapes", "how many shapes are in the picture")
COUNT = ("how many {p} are there", "how many {p} do you see", "how many {p} are on the table", "count the {p}",
         "tell me how many {p} there are",
         "how many {p} can you see", "can you count the {p}", "what is the number of {p}", "how many {p} are in the picture", "can you tell me how many {p} there are")
POSITION = ("where is the {o}", "where do you see the {o}", "where can you see the {o}", "tell me where the {o} is",
            "what is the position of the {o}", "can you tell me where the {o} is",
            "where on the table is the {o}", "in which place is the {o}", "find the {o}", "where is the {o} now")
EXISTENCE = ("is there {a}", "do you see {a}", "can you see {a}", "is there {a} on the table", "is {a} on the table",
             "is there {a} in the picture",
             "can you find {a}", "is there {a} here", "are you seeing {a}", "is {a} in the picture")
ANYTHING = ("is there anything {c}", "do you see anything {c}", "is anything {c}")
OCR = ("what number is on the card", "what number do you see", "which number is on the card", "read the number",
       "what is the number", "tell me the number on the card", "what does the card say", "read the card",
       "what is the number on the card", "which number do you see", "what is written on the card")
CHANGE = ("what changed", "what has changed", "what happened", "what just happened", "what is different now",
          "tell me what changed", "did anything change", "what did you see happen",
          "what is new", "can you tell me what changed", "what happened on the table")
CAPTION = ("describe the picture", "describe what you see", "what do you see", "what can you see",
           "what is on the table", "tell me what you see", "describe the table", "what is in the picture",
           "what is there on the table", "tell me what is on the table", "can you describe the picture", "tell me everything that you see")

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
    ("I speak English and Chinese.",
     ("do you speak chinese", "do you speak english", "what languages do you speak", "which languages do you know")),
)

OUTSIDE_ANSWER = "I can only talk about the table."
OUTSIDE = (
    "what is the weather", "what is the weather today", "will it rain tomorrow", "tell me a joke", "tell me a story",
    "sing a song", "sing me a song", "what time is it", "what day is it today", "who is the president",
    "what is the capital of france", "how old are you", "where do you live", "what is the meaning of life",
    "write a poem", "write me a letter", "play some music", "turn on the light", "call my mother", "set an alarm",
    "set a timer for ten minutes", "what is the news today", "how do i cook rice", "what should i eat",
    "translate this into french", "who won the game", "how far is the moon", "how tall is the tower",
    "do you love me", "do you like music", "can you drive a car", "book a flight", "open the door", "order a pizza",
    "what is my name", "where am i", "who am i", "what is the time in london", "tell me about history",
    "what is the best movie", "how much does it cost", "is it cold outside", "send a message to john",
    "remind me to buy milk", "what is a computer", "how do airplanes fly", "who wrote this book",
    "what animal is this", "do you have a dog", "can you dance", "give me some money",
    "how many people live in china", "where is my phone", "why is the sky blue", "who made you", "recommend a book",
    "how do i get home",
)

# What lies outside, open enough that no list of questions is the world's edge: every topic in every form.
OUTSIDE_FORMS = ("what is {x}", "tell me about {x}", "do you like {x}", "what do you think about {x}", "explain {x} to me",
                 "where can i find {x}", "do you know anything about {x}", "who invented {x}")
OUTSIDE_TOPICS = ("football", "the moon", "music", "the stock market", "paris", "the internet", "coffee", "my birthday",
                  "the second world war", "chess", "the ocean", "quantum physics", "the new movie", "climate change",
                  "shakespeare", "dinosaurs", "the economy", "basketball", "italian food", "the president")

SIZE = ("how big is the {o}", "is the {o} small or large", "what size is the {o}", "tell me the size of the {o}",
        "is the {o} large or small", "what is the size of the {o}", "can you tell me how big the {o} is", "which size is the {o}", "is the {o} big or small", "how large is the {o}")
BIGGER = ("which is bigger the {o} or the {q}", "which is larger the {o} or the {q}", "which one is bigger the {o} or the {q}",
          "is the {o} or the {q} bigger", "what is bigger the {o} or the {q}")
SMALLER = ("which is smaller the {o} or the {q}", "which one is smaller the {o} or the {q}",
           "which is the smaller one the {o} or the {q}", "what is smaller the {o} or the {q}")
SAME = ("are the {o} and the {q} the same color", "do the {o} and the {q} have the same color",
        "is the {o} the same color as the {q}",
        "are the {o} and the {q} of the same color")
SIDES = ("to the left of", "to the right of", "above", "below")
RELATION = ("what is {side} the {o}", "what do you see {side} the {o}", "tell me what is {side} the {o}", "what can you see {side} the {o}",
            "what lies {side} the {o}", "which shape is {side} the {o}", "can you tell me what is {side} the {o}", "what is there {side} the {o}", "is there something {side} the {o} and what is it", "what shape do you see {side} the {o}")
LAST = ("what appeared last", "what came last", "which shape appeared last", "what was the last shape to appear", "which shape came last",
        "what was the last one to appear", "what has appeared last", "tell me what appeared last", "what was the last shape", "which one came last")
FIRST = ("what was the first shape", "which shape came first", "what was the first shape you saw", "which shape did you see first",
         "tell me what the first shape was",
         "what did you see first", "which was the first shape", "what came first", "what shape was there first", "which shape was the first one")
BEFORE = ("what color was the {o} before", "which color was the {o} before", "what color did the {o} have before",
          "what was the color of the {o} before", "tell me what color the {o} was before", "what color was the {o} earlier")
BEFORE_AT = ("where was the {o} before", "where was the {o} before it moved", "tell me where the {o} was before",
             "where was the {o} earlier", "in which place was the {o} before")
BEFORE_NUMBER = ("what number was on the card before", "what was the number before", "which number was on the card before")
WAY = ("which way did the {o} move", "in which direction did the {o} move", "which way did the {o} go", "tell me which way the {o} moved",
       "where did the {o} move", "what way did the {o} move", "in what direction did the {o} go", "can you tell me which way the {o} moved", "which direction did the {o} move", "where did the {o} go")
SEEN = ("how many shapes have you seen", "how many shapes have you seen so far", "how many shapes did you see in all",
        "how many shapes have you seen in all", "how many shapes have there been",
        "how many shapes did you see so far", "how many shapes did you see altogether", "in all how many shapes have you seen", "how many different shapes have you seen", "tell me how many shapes you have seen")
FOLLOW = ("and the {o}", "what about the {o}", "how about the {o}",
          "and what about the {o}", "now the {o}")
FOLLOW_AT = ("and {at}", "what about {at}", "how about {at}")
FOLLOW_COUNT = ("and the {p}", "what about the {p}", "how about the {p}")
FOLLOW_ANY = ("and {a}", "what about {a}", "how about {a}")
SOUND = ("how many beeps did you hear", "how many beeps do you hear", "how many beeps were there", "count the beeps",
         "how many tones did you hear", "tell me how many beeps you heard",
         "how many beeps have you heard", "how many tones were there", "can you count the beeps", "how often did it beep")
RECALL = ("what did i say", "what did i just say", "what did i say before", "tell me what i said", "what did i ask you", "what did i just ask",
          "what have i said", "what was it that i said", "can you tell me what i said", "do you know what i said")
REPEAT = ("repeat after me {x}", "repeat after me {x}", "repeat {x}", "please repeat {x}", "say {x}", "please say {x}",
          "say after me {x}", "can you say {x}",
          "repeat this {x}", "could you say {x}")
TRANSLATE = ("translate to chinese {x}", "translate into chinese {x}", "please translate to chinese {x}", "say in chinese {x}",
             "how do you say in chinese {x}",
             "how do you say this in chinese {x}", "in chinese please {x}", "what is this in chinese {x}", "can you translate to chinese {x}", "tell me in chinese {x}")
SUMS = ("what is {x}", "how much is {x}", "tell me what is {x}", "calculate {x}", "can you tell me what is {x}",
        "what does {x} make", "how much does {x} make", "what do you get for {x}", "work out {x}", "please calculate {x}")
OPERATORS = {"+": " plus ", "-": " minus ", "*": " times "}

ANSWERS = {
    "colour": "the {o} is {c}.", "shape": "it is {a}.", "position": "the {o} is {at}.", "yes": "yes, there is {a}.", "no": "no, there is no {o}.",
    "ocr": "the number is {n}.", "unseen": "I do not see {a}.", "nothing there": "there is nothing there.", "unchanged": "nothing changed.",
    "empty": "the table is empty.", "no picture": "I do not see a picture.", "size": "the {o} is {z}.", "bigger": "the {o} is bigger.",
    "smaller": "the {o} is smaller.", "same": "the {o} is {c} and the {q} is {d}, so yes.", "different": "the {o} is {c} and the {q} is {d}, so no.",
    "last": "{a} appeared last.", "none appeared": "no shape appeared.", "first": "the first shape was {a}.", "before": "the {o} was {c} before.",
    "before at": "the {o} was {at} before.", "before number": "the number was {n} before.", "way": "the {o} moved {w}.", "unmoved": "the {o} did not move.",
    "recall": "you said: {x}.", "unsaid": "you have not said anything yet.", "sum": "{x} is {n}.",
    "number": "the number changed to {n}.", "appear": "{a} appeared {at}.", "disappear": "the {o} disappeared.",
    "move": "the {o} moved to {place}.", "recolor": "the {o} turned {c}.",
}  # fmt: skip

NOUNS = (*SHAPES, "card")
UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
          "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def number_words(n: int) -> str:
    """0..99 in words: 42 -> 'forty two'."""
    if n < 20:
        return UNITS[n]
    return _TENS[n // 10 - 2] + (" " + UNITS[n % 10] if n % 10 else "")


def article(noun: str) -> str:
    """'orange cross' -> 'an orange cross'."""
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def plural(noun: str) -> str:
    """'red cross' -> 'red crosses'."""
    return noun + ("es" if noun.endswith("s") else "s")


def name(shape: str | None = None, color: str | None = None, size: str | None = None) -> str:
    """'small red circle'; without a shape 'red shape'."""
    return " ".join(w for w in (size, color, shape or "shape") if w)


def color(of: str) -> str:
    return of


def size(of: str) -> str:
    return of


def at(cell: int) -> str:
    return CELLS[cell]


def place(cell: int) -> str:
    """Without its preposition: 'the top left'."""
    return CELLS[cell].split(" ", 1)[1]


def way(dx: int, dy: int) -> str:
    """'up and to the left'; dy grows downwards."""
    across, along = ("left", "right")[dx > 0] if dx else "", ("up", "down")[dy > 0] if dy else ""
    return f"{along} and to the {across}" if across and along else across or along


def quantity(n: int, noun: str) -> str:
    """'no circles', 'one circle', 'two circles'."""
    return f"{number_words(n) if n else 'no'} {noun if n == 1 else plural(noun)}"


def counted(n: int, noun: str) -> str:
    return f"There {'is' if n == 1 else 'are'} {quantity(n, noun)}."


def seen(n: int) -> str:
    return f"I have seen {quantity(n, 'shape')}."


def beeps(n: int) -> str:
    return f"I heard {quantity(n, 'beep')}."


def pieces(things: list[tuple[str, str]], number: int | None) -> list[str]:
    """A caption's parts, of (what, where) in reading order; the card, whose number is given, has no "what"."""
    card = f"a card with the number {number}"
    # A card alone needs no place: it is what is held up.
    return [f"{article(what) if what else card} {where}" if what or len(things) > 1 else card for what, where in things]


def joined(parts: list[str]) -> str:
    return "There is " + (", ".join(parts[:-1]) + " and " if parts[1:] else "") + parts[-1] + "."


def sentence(text: str) -> str:
    """'i see a star' -> 'I see a star.'"""
    text = " ".join("I" if w == "i" else w for w in text.split())
    return text[0].upper() + text[1:] + "."
