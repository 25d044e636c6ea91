"""Writes the model card from what `npm run eval -- --json FILE` measured, so that no figure in it is typed by hand."""
from __future__ import annotations

import argparse
import json
from pathlib import Path

CARD = """# visavis-pocket {version}

A small omni-modal model: pictures, speech and text in, text out. It is the Baichuan-omni architecture scaled down until two CPU cores serve it, and
it is right inside a small world only: coloured shapes and number cards on a table, spoken about in English.

| | |
|---|---|
| Parameters | {parameters:.1f} M, stored as float16, computed in float32; {megabytes:.1f} MB |
| Vision | ViT over a convolutional stem, 192×192, 12×12 → 2×2 mean pool → 36 tokens a frame; two-layer MLP |
| Audio | 128 mel bands, fixed maximum; block-wise causal transformer (0.64 s blocks, 5.12 s of left context); Conv-GMLP, n = 4 → 12.5 tokens/s |
| Decoder | 6 layers, width 256, 4 query heads on 2 KV heads, RoPE, SwiGLU; byte-level BPE of 1,536; delta KV export |
| Licence | Apache-2.0 |

## What it can do
Answer, about the last frame or what changed before it: colour, shape, count, position, existence, the number on a card, "what changed", a description of
the picture; repeat a sentence; say that something is not there; say that a question is outside its world.

## Evaluation
`npm run eval`: {n} spoken questions through the Node engine, scenes of held-out seeds, voices of held-out espeak variants. A checker compares the
words that decide an answer (colour, shape, number, cell), never the phrasing.

| Family | n | Accuracy | 95 % interval |
|---|---|---|---|
{rows}

| | |
|---|---|
| Overall | {overall:.3f} |
| Blind (frames withheld) | {blind:.3f} |
| Deaf (speech withheld) | {deaf:.3f} |
| Word error rate, repeated sentences | {wer:.3f} |
| Another synthesiser (flite, never trained on) | {flite:.3f} of {flite_n} |

{turn_end}## Data
All synthetic, made by `training/` from seeds: rendered tables, espeak-ng, SVOX Pico and festival voices with noise, reverberation, band limits and
Opus. The test set's seeds and voices are in none of the training data. No recordings of people, no downloads.

## Limits
- Anything but shapes, colours and cards of the table is outside its world; asked about a face, it says something about shapes or that it does not see them.
- People's voices: it has heard synthesisers only. Clear, slow speech close to the microphone works best.
- English only; at most four things at once; sizes are said in descriptions but not asked about.
- `instructions` are ignored: it was not trained to follow any.
"""


TURN_END = """## Turn ends
A head on the audio encoder says where a question is over ([ADR 18](../../docs/adr/0018-turn-end.md)). Held-out voices, {examples} examples, half of them broken
off, with 10 to 600 ms of silence behind: area under the ROC curve {auc:.3f}; where a pause in the middle of a question is met by a conversation,
{auc_scripted:.3f}, and {ends_at_2_percent:.0%} of true ends are told at 2 % of pauses taken for one.

"""


def card(evaluation: dict, manifest: dict, turn_end: dict | None = None) -> str:
    rows = "\n".join(f"| {k} | {v['n']} | {v['accuracy']:.3f} | {v['low']:.3f}–{v['high']:.3f} |" for k, v in evaluation["families"].items())
    flite = evaluation["ood"]["flite"]
    return CARD.format(
        turn_end=TURN_END.format(**turn_end) if turn_end else "", version=manifest["version"], parameters=manifest["parameters"] / 1e6, megabytes=sum(f["bytes"] for f in manifest["files"].values()) / 1e6,
        n=evaluation["overall"]["n"], rows=rows, overall=evaluation["overall"]["accuracy"], blind=evaluation["ablations"]["blind"]["accuracy"],
        deaf=evaluation["ablations"]["deaf"]["accuracy"], wer=evaluation["asr"]["wer"], flite=flite["accuracy"], flite_n=flite["n"],
    )


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--evaluation", type=Path, required=True)
    p.add_argument("--turn-end", type=Path, help="evaluation.json of pocket.stages.turn_end")
    p.add_argument("--folder", type=Path, required=True)
    a = p.parse_args()
    turn_end = json.loads(a.turn_end.read_text()) if a.turn_end else None
    manifest = json.loads((a.folder / "manifest.json").read_text())
    (a.folder / "README.md").write_text(card(json.loads(a.evaluation.read_text()), manifest, turn_end))


if __name__ == "__main__":
    main()
