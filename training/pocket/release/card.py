"""Writes the model card from what `npm run eval -- --json FILE` measured, so that no figure in it is typed by hand."""
from __future__ import annotations

import argparse
import json
from pathlib import Path

from .figures import HEAR, LANGUAGES, SEE, WATCH, kinds, languages, megabytes, points, rate, share, sizes, table

CARD = """# visavis-pocket {version}

A small omni-modal model: pictures, speech and text in, text out. It is the Baichuan-omni architecture scaled down until two CPU cores serve it, and
it is right inside a small world only: coloured shapes and number cards on a table, spoken about in {languages}.

{architecture}

## What it can do
{abilities}

{natural}## Evaluation
`npm run eval`: {n} spoken questions through the Node engine, scenes of held-out seeds, voices of held-out espeak variants. A checker compares the
words that decide an answer (colour, shape, number, cell), never the phrasing.{measured}

{families}

"Guess" is what the best constant answer to the family's questions gets right.

{figures}

{turn_end}## Data
Made by `training/` from seeds: rendered tables; espeak-ng and SVOX Pico; Kokoro-82M's voices and mixes of them; with noise, reverberation, band limits and
Opus. The test sets' seeds and voices are in none of it. The audio encoder was trained by OpenAI on people's recordings (Whisper base, MIT; [NOTICE](NOTICE)).

## Limits
{limits}
"""

TURN_END = """## Turn ends
A head on the audio encoder says where a question is over ([ADR 18](../../docs/adr/0018-turn-end.md)). Held-out voices, {examples} examples, half of them broken
off, with 10 to 600 ms of silence behind: area under the ROC curve {auc_turn_end:.3f}. Beside it: whether a sound is for the model at all, {auc_not_for_me:.3f}, and
whether it is meant to interrupt, {auc_interrupts:.3f} ([ADR 37](../../docs/adr/0037-ear-heads.md)). Among the examples are hard ones: pauses that the
speaker made himself ({auc_turn_end_hesitating:.3f}), beginnings spoken as if they were all ({auc_turn_end_broken:.3f}; [ADR 95](../../docs/adr/0095-heads.md)) and clear talk to
others ({auc_not_for_me_talker:.3f}; [ADR 85](../../docs/adr/0085-talk-to-others.md)).

"""

ABILITIES = {
    "see": "About the last picture", "watch": "About what happened before it", "hear": "About what was said or heard",
}  # fmt: skip


def architecture(manifest: dict, config: dict) -> str:
    s = sizes(config)
    return table(["", ""], [
        ["Parameters", f"{manifest['parameters'] / 1e6:.1f} M; {megabytes(manifest):.1f} MB"],
        ["Vision", f"ViT over a convolutional stem, {s.image}×{s.image} → 2×2 mean pool → {s.frame_tokens} tokens a frame; two-layer MLP"],
        ["Audio", f"{s.mels} mel bands; {s.hears}; Conv-GMLP, n = {s.n} → {s.audio_rate:.3g} tokens/s"],
        *([["Turn end", "a head on the audio encoder: is the question over, or only paused?"]] if s.turn_end else []),
        ["Decoder", f"{s.layers} layers, width {s.width}, {s.heads} query heads on {s.kv_heads} KV heads, RoPE, SwiGLU; byte-level BPE of {s.vocabulary:,}; "
                    f"context {s.context:,}; delta KV export"],
        ["Licence", manifest["license"]],
    ])  # fmt: skip


def measured(evaluation: dict, manifest: dict) -> str:
    """Where only the heads are newer than the evaluation, its answers are the same to the bit, and this is said."""
    if evaluation["model"] == f"{manifest['name']}-{manifest['version']}":
        return ""
    return f" Measured with {evaluation['model']}, which answers the same to the bit:\nwhat is newer are the heads that tell ends of turns and what is for the model."


def abilities(evaluation: dict) -> str:
    asked = kinds(evaluation)
    lines = []
    for group, names in (("see", SEE), ("watch", WATCH), ("hear", HEAR)):
        known = [what for kind, what in names.items() if kind in asked]
        if known:
            lines.append(f"- {ABILITIES[group]}: {'; '.join(known)}.")
    return "\n".join(lines)


def families(evaluation: dict) -> str:
    def row(name: str, a: dict) -> list[str]:
        withheld = [share(a.get("blind")), share(a.get("deaf"))]
        return [name, str(a["n"]), share(a["accuracy"]), f"{a['low']:.3f}–{a['high']:.3f}", share(a.get("guess")), *withheld]

    rows = [row(name, family) for name, family in evaluation["families"].items()]
    return table(["Family", "n", "Accuracy", "95 % interval", "Guess", "Blind", "Deaf"], [*rows, row("**overall**", evaluation["overall"])])


def figures(evaluation: dict) -> str:
    blind, deaf, once = (evaluation["ablations"][key] for key in ("blind", "deaf", "oneShot"))
    rows = [[f"Of them {LANGUAGES[lang]}", f"{share(a['accuracy'])} of {a['n']}"] for lang, a in evaluation.get("languages", {}).items()]
    rows = rows if len(rows) > 1 else []
    for name, what, withheld in (("Blind", "frames withheld", blind), ("Deaf", "speech withheld", deaf)):
        among = ", families that need them" if name == "Blind" and "guess" in withheld else ""
        guess = f"; guessing: {share(withheld['guess'])}" if "guess" in withheld else ""
        rows.append([f"{name} ({what}{among})", f"{share(withheld['accuracy'])} of {withheld['n']}{guess}"])
    rows.append(["Speech at once against 20 ms packets", f"{once['identical']} of {once['n']} greedy answers identical"])
    asr, s2tt = evaluation["asr"], evaluation.get("s2tt", {})
    rows.append(["Word error rate, English said back", rate(asr["wer"])])
    if asr.get("cer") is not None:
        rows.append(["Character error rate, Mandarin said back", rate(asr["cer"])])
    for way, name in (("en2zh", "English to Chinese"), ("zh2en", "Chinese to English")):
        if s2tt.get(way, {}).get("bleu") is not None:
            rows.append([f"BLEU, speech translated, {name}", f"{s2tt[way]['bleu']:.1f} of {s2tt[way]['n']}"])
    if evaluation.get("turnEnd", {}).get("auc") is not None:
        rows.append(["End of turn: AUC, whole questions against cut ones", f"{evaluation['turnEnd']['auc']:.3f} of {evaluation['turnEnd']['n']}"])
    flite = evaluation["ood"]["flite"]
    rows.append(["Another synthesiser (flite, never trained on)", f"{share(flite['accuracy'])} of {flite['n']}"])
    if call := evaluation.get("webrtc"):
        rows.append([
            f"The same over WebRTC (Opus 24 kbit/s, VP8 300 kbit/s, 640×480), {call['n']} questions",
            f"{share(call['accuracy'])}; directly {share(call['direct'])}: {points(call['differencePoints'])}",
        ])
    return table(["", ""], rows)


NATURAL = """## With natural voices
{table}

Questions of the test set by neural synthesisers that sound like people; no training saw these voices.

"""


def natural(evaluation: dict) -> str:
    """First of all figures: how it hears voices like people's."""
    if not (found := evaluation.get("natural")):
        return ""
    rows = [["**all**", str(found["n"]), share(found["accuracy"])], *([v["name"], str(v["n"]), share(v["accuracy"])] for v in found["voices"])]
    rows += [[f"{noise['kind']} at {noise['snrDb']} dB", str(noise.get("n", "–")), share(noise["accuracy"])] for noise in evaluation.get("noise", [])]
    return NATURAL.format(table=table(["Voice", "n", "Accuracy"], rows))


def limits(evaluation: dict) -> str:
    asked = kinds(evaluation)
    lines = [
        "Anything but shapes, colours and cards of the table is outside its world; asked about a face, it says something about shapes or that it does not see them.",
        "People's voices: its encoder knows them, what lies behind it has heard synthesisers only. Clear speech close to the microphone works best.",
        f"{' and '.join(languages(evaluation))} only; at most four things at once{'' if 'size' in asked else '; sizes are said in descriptions but not asked about'}.",
        "`instructions` are ignored: it was not trained to follow any.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def card(evaluation: dict, manifest: dict, config: dict, turn_end: dict | None = None) -> str:
    return CARD.format(
        version=manifest["version"], languages=" and ".join(languages(evaluation)), architecture=architecture(manifest, config), abilities=abilities(evaluation),
        n=evaluation["overall"]["n"], families=families(evaluation), figures=figures(evaluation), limits=limits(evaluation),
        turn_end=TURN_END.format(**turn_end) if turn_end else "", natural=natural(evaluation), measured=measured(evaluation, manifest),
    )


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--evaluation", type=Path, required=True)
    p.add_argument("--turn-end", type=Path, help="evaluation.json of pocket.stages.turn_end")
    p.add_argument("--folder", type=Path, required=True)
    a = p.parse_args()
    manifest, config = (json.loads((a.folder / name).read_text()) for name in ("manifest.json", "config.json"))
    turn_end = json.loads(a.turn_end.read_text()) if a.turn_end else None
    (a.folder / "README.md").write_text(card(json.loads(a.evaluation.read_text()), manifest, config, turn_end))


if __name__ == "__main__":
    main()
