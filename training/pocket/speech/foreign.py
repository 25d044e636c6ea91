"""Mandarin in the mouths of Pico's recorded German and English speakers: an accent without tones, but a human timbre, which espeak has not.

Pico is told phones in X-SAMPA. What a speaker's language lacks is replaced by its nearest sound, as learners do.
"""

from __future__ import annotations

import re

from pocket.speech.letters import RUNS, is_chinese

_INITIALS: dict[str, str] = {
    "j": "dZ", "q": "tS", "x": "S", "zh": "dZ", "ch": "tS", "sh": "S", "r": "Z", "z": "dz", "c": "ts", "h": "h", "ng": "N",
}  # fmt: skip
#: Of pypinyin's strict finals.
_FINALS: dict[str, str] = {
    "a": "A:", "o": "O:", "e": "V", "ê": "E", "ai": "aI", "ei": "eI", "ao": "aU", "ou": "oU", "an": "{n", "en": "@n", "ang": "A:N", "eng": "@N",
    "er": "@`", "ong": "UN", "i": "i:", "ia": "jA:", "ie": "jE", "iao": "jaU", "iou": "joU", "ian": "jEn", "in": "In", "iang": "jA:N", "ing": "IN",
    "iong": "jUN", "io": "jO:", "u": "u:", "ua": "wA:", "uo": "wO:", "uai": "waI", "uei": "weI", "uan": "w{n", "uen": "w@n", "uang": "wA:N",
    "ueng": "w@N", "v": "ju:", "ve": "jwE", "van": "jwEn", "vn": "jUn",
}  # fmt: skip
#: What the three finals written i say after these initials.
_BUZZED = {initial: "@" for initial in ("zh", "ch", "sh", "r", "z", "c", "s")}
#: German has ü, ich and ach, but neither w nor the vowels of "but" and "cat".
_GERMAN = (("ju:", "y:"), ("jwE", "yE"), ("jUn", "Yn"), ("A:N", "aN"), ("A:", "a:"), ("{", "a"), ("V", "@"), ("w", "U"), ("eI", "Ei"), ("oU", "OU"), ("@`", "6"))


def phones(hanzi: str, accent: str) -> list[str]:
    """X-SAMPA of each syllable for one of Pico's voices."""
    from pypinyin import Style, lazy_pinyin

    initials = lazy_pinyin(hanzi, style=Style.INITIALS, strict=True)
    finals = lazy_pinyin(hanzi, style=Style.FINALS, strict=True)
    return [_syllable(initial, final, accent) for initial, final in zip(initials, finals)]


def _syllable(initial: str, final: str, accent: str) -> str:
    said = _BUZZED[initial] if final == "i" and initial in _BUZZED else _FINALS.get(final, "")
    begins = _INITIALS.get(initial, initial)
    if accent != "de-DE":
        return begins + said
    for english, german in _GERMAN:
        said = said.replace(english, german)
    return {"x": "C", "h": "x"}.get(initial, begins) + said


def marked_up(text: str, accent: str) -> str:
    """Hanzi as Pico's phoneme tags, one for each run of them; the marks between stay."""
    def tag(run: re.Match[str]) -> str:
        return f'<phoneme ph="{".".join(phones(run[0], accent))}"/>' if is_chinese(run[0]) else run[0]

    return RUNS.sub(tag, text)
