"""Does somebody else understand a set's voices? Whisper base writes their clips down; of our own model nothing is asked.

    PYTHONPATH=training python tools/sounds/make/heard.py --set DIR --whisper DIR [--each 20]

A voice of whose first clips Whisper gets more than MOST of the words (Mandarin: syllables, whatever the tone) wrong is not intelligible: it is
taken out of VOICES in voices.py, and the set made anew. Single clips are never dropped. --whisper: a CTranslate2 folder (README.md).
"""
from __future__ import annotations

import argparse
import io
import json
import re
from collections import defaultdict
from pathlib import Path

from faster_whisper import WhisperModel
from pypinyin import lazy_pinyin

MOST = 0.25
_DIGITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split()
_ZH_DIGITS = "零一二三四五六七八九"


def tokens(text: str, lang: str) -> list[str]:
    if lang == "zh":
        spelled = re.sub(r"[0-9]", lambda m: _ZH_DIGITS[int(m[0])], text)
        return lazy_pinyin("".join(re.findall(r"[\u4e00-\u9fff]", spelled)))
    text = re.sub(r"\b([0-9]+)\b", lambda m: _DIGITS[int(m[1])] if int(m[1]) < len(_DIGITS) else m[1], text.lower().replace("colour", "color"))
    return re.findall(r"[a-z']+|[0-9]+", text.replace("+", " plus "))


def errors(wanted: list[str], got: list[str]) -> int:
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(got, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1]


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--set", type=Path, required=True)
    p.add_argument("--whisper", type=Path, required=True)
    p.add_argument("--each", type=int, default=20)
    a = p.parse_args()
    model = WhisperModel(str(a.whisper), device="cpu", compute_type="int8", cpu_threads=1)
    speech = (a.set / "speech.bin").read_bytes()
    voices = defaultdict(list)
    for question in json.loads((a.set / "set.json").read_text())["questions"]:
        if not question["family"].startswith("sound"):
            voices[f"{question['synthesiser']} {question['voice']}", question["lang"]].append(question)
    for (voice, lang), questions in sorted(voices.items()):
        wrong = said = 0
        worst = ("", "", 0.0)
        for question in questions[: a.each]:
            offset, length = question["speech"]
            found, _ = model.transcribe(io.BytesIO(speech[offset : offset + length]), language=lang, beam_size=1, without_timestamps=True)
            text = "".join(segment.text for segment in found).strip()
            wanted = tokens(question["question"], lang)
            n = errors(wanted, tokens(text, lang))
            wrong, said = wrong + n, said + len(wanted)
            worst = max(worst, (question["question"], text, n / len(wanted)), key=lambda one: one[2])
        rate = wrong / max(1, said)
        print(f"{voice:<22}{lang}  {rate:6.1%} of {said:4d}  {'NOT INTELLIGIBLE' if rate > MOST else ''}  worst: {worst[0]} -> {worst[1]}", flush=True)


if __name__ == "__main__":
    main()
