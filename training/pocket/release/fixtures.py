"""The call that `npm run demo`, the browser test and the benches hold: a rendered video with an event in it, and spoken questions.

The scene is chosen by seed; what is asked, and what is right, follows from the scene (`call.json`).
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from pocket import world as w
from pocket.speech.espeak import Espeak

from .media import video, wav
from .ogg import ogg

WIDTH, HEIGHT, FPS = 640, 480, 15
SECONDS, EVENT_AT = 20, 10.0


def scenes() -> list[w.Scene]:
    """Three things on the table; then the star is gone."""
    heart, circle = w.Obj("heart", "green", "large", 8, 2), w.Obj("circle", "blue", "large", 3, 3)
    return [w.Scene((w.Obj("star", "red", "large", 1, 1), heart, circle), None), w.Scene((heart, circle), None)]


def questions(states: list[w.Scene]) -> list[dict]:
    before = states[0]
    star = before.objects[0]
    gone = w.Event("disappear", before=star)
    told = [
        ("colour", "what color is the star", f"The star is {star.color}.", False),
        ("count", "how many shapes are there", f"There are {w.TONGUES["en"].number_words(len(before.objects))} shapes.", False),
        ("change", "what changed", w.event_text(gone), True),
    ]
    return [
        {"question": q, "answer": a, "keys": w.extract(a, w.CATS[f]), "cats": w.CATS[f], "speech": f"{f}.ogg", "afterEvent": after}
        for f, q, a, after in told
    ]


def build(out: Path, e2e: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    e2e.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(20)
    states = scenes()
    style = w.sample_style(rng, states, flat=True)
    frames = []
    for n in range(SECONDS * FPS):
        state = states[0] if n < EVENT_AT * FPS else states[1]
        frames.append(w.render_full(state, style, rng, WIDTH, HEIGHT))
    # A key frame each second, as a camera that honours the gateway's PLI sends.
    video(frames, FPS, ["-c:v", "libvpx", "-b:v", "300k", "-g", str(FPS), "-keyint_min", str(FPS), "-deadline", "good", "-cpu-used", "2", "-auto-alt-ref", "0"], out / "table.ivf")
    espeak = Espeak()
    asked = questions(states)
    for q in asked:
        pcm = espeak.synth(q["question"], "en-us", "", rate=155).pcm
        (out / q["speech"]).write_bytes(ogg(pcm))
    call = {"video": "table.ivf", "fps": FPS, "seconds": SECONDS, "eventAtMs": int(EVENT_AT * 1000), "questions": asked}
    (out / "call.json").write_text(json.dumps(call, indent=2) + "\n")
    # Chromium decodes 4:2:0 only, and its fake devices loop their files: a still table, and the question once with a long silence behind it.
    video(frames[:FPS], FPS, ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "4"], e2e / "table.mjpeg")
    pcm = espeak.synth(asked[0]["question"], "en-us", "", rate=155).pcm
    silence = np.random.default_rng(1).normal(0, 1e-4, 16_000 * 4).astype(np.float32)
    (e2e / "question.wav").write_bytes(wav(np.concatenate([silence, pcm, silence]), 16_000))
    (e2e / "question.json").write_text(json.dumps(asked[0], indent=2) + "\n")


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--e2e", type=Path, required=True)
    a = p.parse_args()
    build(a.out, a.e2e)
