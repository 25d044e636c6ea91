"""Who speaks: espeak-ng's English accents and its Mandarin, each times its variants, divided into train, validation and test by variant name.

The variant is the speaker (formants, source, tremor), so a held-out variant is a voice never heard in training, in every accent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
Lang = Literal["en", "zh"]

#: espeak-ng 1.51's English accents and how often each is drawn. "en" is Great Britain. American leads because it is
#: the accent most users have; the rarer ones are there for the spread of their vowels.
ACCENTS: dict[str, float] = {
    "en-us": 0.36,
    "en": 0.18,
    "en-gb-x-rp": 0.13,
    "en-us-nyc": 0.09,
    "en-gb-scotland": 0.08,
    "en-gb-x-gbclan": 0.06,
    "en-gb-x-gbcwmd": 0.05,
    "en-029": 0.05,
}
#: espeak-ng's Mandarin. Its plain `cmn` reads the pinyin of many hanzi with English rules, tone numbers and all; this one reads hanzi well.
MANDARIN = "cmn-latn-pinyin"

#: espeak-ng 1.51's variants in sorted order, written out so that the division does not move with the installed version.
#: Left out: whisper and whisperf (no voicing) and fast (a setting for tests, not a voice).
VARIANTS: tuple[str, ...] = (
    "adam", "Alex", "Alicia", "Andrea", "Andy", "anika", "anikaRobot", "Annie", "announcer", "antonio", "AnxiousAndy",
    "aunty", "belinda", "benjamin", "boris", "caleb", "croak", "david", "Demonic", "Denis", "Diogo", "ed", "edward",
    "edward2", "f1", "f2", "f3", "f4", "f5", "Gene", "Gene2", "grandma", "grandpa", "gustave", "Henrique", "Hugo",
    "iven", "iven2", "iven3", "iven4", "Jacky", "john", "kaukovalta", "klatt", "klatt2", "klatt3", "klatt4", "klatt5",
    "klatt6", "Lee", "linda", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "marcelo", "Marco", "Mario", "max",
    "Michael", "michel", "miguel", "Mike", "Mr serious", "Nguyen", "norbert", "pablo", "paul", "pedro", "quincy",
    "RicishayMax", "RicishayMax2", "RicishayMax3", "rob", "robert", "robosoft", "robosoft2", "robosoft3", "robosoft4",
    "robosoft5", "robosoft6", "robosoft7", "robosoft8", "sandro", "shelby", "steph", "steph2", "steph3", "Storm",
    "travis", "Tweaky", "UniRobot", "victor", "zac",
)  # fmt: skip
#: Never drawn, though they keep their places above: a small phoneme classifier trained on the other variants names fewer
#: than 55% of their frames (median of all 93%, a whisper 43%), as whole-voice echo or far-off formants hide the phonemes.
UNCLEAR: frozenset[str] = frozenset({"Alicia", "Demonic", "kaukovalta", "Lee", "Marco", "shelby", "zac"})
#: Never drawn for Mandarin: espeak-ng 1.51 writes outside of its memory with it and dies after a few hundred sentences.
UNSAFE: frozenset[str] = frozenset({"rob"})
_TEST_AT, _VALIDATION_AT, _PERIOD = 5, 11, 12


@dataclass(frozen=True)
class Voice:
    """One way to say a sentence. `source` names the synthesiser; the numbers are espeak's and may be ignored by others."""

    source: str
    accent: str
    variant: str
    rate: int
    pitch: int
    pitch_range: int
    word_gap: int
    #: factor on all formants; only the extra voices use it, espeak's variants bring their own
    formant: float = 1.0

    @property
    def name(self) -> str:
        """The speaker, without the manner: what voices.json lists."""
        return f"{self.source}:{self.accent}+{self.variant}" if self.variant else f"{self.source}:{self.accent}"


@lru_cache
def installed_variants() -> frozenset[str]:
    """Names of the variant files on this machine (espeak ignores an unknown variant silently, so ask the disk)."""
    for root in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/usr/share", "/usr/local/share"):
        folder = Path(root) / "espeak-ng-data" / "voices" / "!v"
        if folder.is_dir():
            return frozenset(path.name for path in folder.iterdir())
    return frozenset()


@lru_cache
def variants(split: Split) -> tuple[str, ...]:
    """The installed and intelligible variants of one split."""
    present = installed_variants() - UNCLEAR
    return tuple(name for index, name in enumerate(VARIANTS) if split_at(index) == split and name in present)


def split_at(index: int) -> Split:
    """The split of the index-th sorted variant: every twelfth is held out for test, another twelfth for validation."""
    place = index % _PERIOD
    return "test" if place == _TEST_AT else "validation" if place == _VALIDATION_AT else "train"


def speakers() -> list[str]:
    """All espeak speaker names in a fixed order, whatever the split: the table behind voice_id."""
    english = [f"espeak:{accent}+{variant}" for variant in VARIANTS for accent in ACCENTS]
    return english + [f"espeak:{MANDARIN}+{variant}" for variant in VARIANTS]


def sample_voice(rng: np.random.Generator, split: Split, lang: Lang = "en") -> Voice:
    """A random accent, variant and manner from one split."""
    names = tuple(name for name in variants(split) if lang == "en" or name not in UNSAFE)
    if not names:
        raise RuntimeError("no espeak-ng variants are installed (apt-get install espeak-ng-data)")
    accents = list(ACCENTS)
    # Mandarin is counted in words too: these are 3 to 6 syllables a second. And a tone needs some range to be one.
    (slowest, fastest), flattest = ((140, 250), 35) if lang == "zh" else ((120, 210), 20)
    return Voice(
        source="espeak",
        accent=MANDARIN if lang == "zh" else accents[int(rng.choice(len(accents), p=list(ACCENTS.values())))],
        variant=names[int(rng.integers(len(names)))],
        rate=int(rng.integers(slowest, fastest + 1)),
        pitch=int(rng.integers(20, 81)),
        pitch_range=int(rng.integers(flattest, 91)),
        word_gap=int(rng.choice([0, 0, 0, 1, 2, 4])),
    )
