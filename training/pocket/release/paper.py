"""docs/baichuan-omni.md: our tables beside those of the paper, task by task. Ours are read from the evaluation, so it is made anew for every model:

    python -m pocket.release.paper --evaluation FILE --folder ../models/visavis-pocket --out ../docs/baichuan-omni.md [--bench FILE] [--rates FILE]

`--bench` is `npm run bench -- model --json FILE`; `--rates` is {"2": rate, "4": rate, "8": rate}, word error rates of Conv-GMLP by n.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

from .figures import LANGUAGES, points, pooled, rate, share, sizes, table

PAGE = """# Beside the paper

Baichuan-omni (arXiv 2410.08565) is a 7B model for pictures, video, sound and text; visavis-pocket {version} has its architecture, its order of training and its
kinds of tasks at {times:,.0f} times fewer parameters. **The figures of a row are not of the same test.** The paper's are of public benchmarks of photographs,
films and people's voices; ours are of held-out seeds and voices of a synthetic world of shapes and cards ([model card](../models/visavis-pocket/README.md)).
Side by side they show that each task is there and how far it was taken, not that one model is better. This page is written by
`training/pocket/release/paper.py` from `npm run eval -- --json FILE`; the paper's figures are from its tables 1 to 12 and figure 6.

## Architecture

{architecture}

## Training

{training}

## Results, task by task

Accuracy in per cent unless a row says otherwise; ours in brackets: number of questions.

{results}

{checks}

## Ablations

{ablations}
"""


def architecture(manifest: dict, config: dict, bench: dict) -> str:
    s = sizes(config)
    speed = ""
    if bench:
        speed = f"; on one core {bench['frameEncodeMs']:.1f} ms a frame, {bench['decodeTokensPerS']:.0f} tokens/s, audio at {bench['audioRtf']:.3f} of real time"
    return table(["Part", "Baichuan-omni", "visavis-pocket"], [
        ["Size", "7B", f"{manifest['parameters'] / 1e6:.1f} M parameters{speed}"],
        ["Vision encoder", "SigLIP-so400m at 384×384, pre-trained on pairs from the web", f"ViT over a convolutional stem at {s.image}×{s.image}, from nothing"],
        ["Visual projector", "2×2 convolution as mean pool, two-layer MLP: 729 → 182 tokens", f"the same: {4 * s.frame_tokens} → {s.frame_tokens} tokens"],
        ["High resolution", "AnyRes: tiles and the whole, also for video (182–546 tokens a frame)", "the same code, ≤ 2×2 tiles and the whole; video in one piece"],
        ["Video", "1 frame/s, at most 48", "the same; frames enter the context as they come, near-duplicates are left out"],
        ["Audio encoder", "Whisper-large-v3: 128 mel bands, 30 s at once, 1,280 channels", f"{s.mels} mel bands, {s.hears}"],
        ["Audio projector", "Conv-GMLP with a residual shortcut", f"the same, n = {s.n}: {s.audio_rate:.3g} tokens a second"],
        ["Start and end of speech", "predicted by the model", "a voice activity detector" + (", and a turn-end head on the audio encoder" if s.turn_end else "")],
        ["Decoder", "7B language model", f"{s.layers} layers of {s.width}, vocabulary of {s.vocabulary:,}"],
        ["Answers", "text", "text"],
    ])  # fmt: skip


def training() -> str:
    return table(["Stage", "Baichuan-omni", "visavis-pocket"], [
        ["Starts", "pre-trained language model, SigLIP, Whisper", "nothing pre-trained: each encoder first learns its own world (stage 0)"],
        ["Image I–III", "projector (1e-3); then also the encoder (1e-5); then all (1e-5)", "projector on what each visual token shows; then projectors and decoder"],
        ["Video", "frozen vision encoder, 1 frame/s, after pictures, mixed with them", "frozen vision encoder; films mixed with pictures"],
        ["Audio", "language model frozen, encoder and Conv-GMLP on ASR", "encoder on phonemes and letters (CTC); then Conv-GMLP and decoder on saying back and translating"],
        ["Omni-alignment", "all parts on all kinds", "all kinds through decoder and projectors; the encoders stay as their own stages left them"],
        ["SFT", "some 600,000 samples of over 200 tasks, packed and isolated", "conversations over all families; packing with isolation is there (`--packed`)"],
        ["Data", "web, books, in-house and synthetic; speech partly by TTS in 44 timbres", "synthetic throughout, from seeds; several synthesisers, no recordings"],
    ])  # fmt: skip


# (task, the paper's figures, our kinds of families, what differs)
TASKS = (
    ("Language", "MMLU 65.3, CMMLU 72.2, AGIEval 47.7, C-Eval 68.9", ("sums", "chat", "outside"),
     "theirs is knowledge and exams; ours knows sums, itself, and that the rest is outside its world"),
    ("Picture QA", "MMBench 76.2, MMBench-CN 74.9, SEED-IMG 74.1, MMMU 47.3, RealWorldQA 62.6, MMVet 65.4",
     ("colour", "shape", "size", "count", "position", "existence", "compare", "relation", "follow"), "photographs, choices, typed questions; ours spoken, a few drawn things"),
    ("Not being fooled", "HallusionBench 47.8", ("absent",), "theirs are illusions and edited charts; ours asks about what is not there"),
    ("Reading", "OCRBench 70.0, TextVQA 74.3, ChartQA 79.6", ("ocr",), "text of any kind; ours a number of at most two digits on a card"),
    ("Describing", "not scored alone", ("caption",), "ours must name every thing, its colour and its cell"),
    ("Video QA", "MVBench 60.9, EgoSchema 58.8, VideoMME 58.2, Perception-Test 56.8, ActivityNet-QA 58.6, MSVD-QA 72.2",
     ("change", "last", "first", "before", "way", "seen"), "films of actions, judged in part by GPT; ours are changes on a table"),
    ("Sound", "AIR-Bench sound: 7.26 of 10", ("sound",), "theirs any sound, judged by GPT; ours counts beeps"),
)  # fmt: skip


def results(evaluation: dict) -> str:
    langs = list(evaluation.get("languages", {"en": {}}))

    def ours(names: tuple[str, ...]) -> list[str]:
        found = [pooled(evaluation, names, lang) for lang in langs]
        return ["–" if f is None else f"{100 * f[0]:.1f} ({f[1]})" for f in found]

    def cells(values: dict[str, str]) -> list[str]:
        return [values.get(lang, "–") for lang in langs]

    rows = [[task, paper, *ours(names), differs] for task, paper, names, differs in TASKS]
    asr, s2tt = evaluation["asr"], evaluation.get("s2tt", {})
    bleu = {lang: f"{s2tt[way]['bleu']:.1f} ({s2tt[way]['n']})" for lang, way in (("en", "en2zh"), ("zh", "zh2en")) if s2tt.get(way, {}).get("bleu") is not None}
    rows.insert(-1, [
        "ASR: error rate, %", "Fleurs WER: en 4.7, zh 7.0; WenetSpeech CER: 7.1, meetings 8.9; KeSpeech CER 6.7",
        *cells({"en": f"WER {rate(asr['wer'])}", "zh": f"CER {rate(asr.get('cer'))}"}), "people, meetings, dialects; ours synthesisers, a small vocabulary, said back on request",
    ])
    rows.insert(-1, [
        "S2TT: BLEU", "CoVoST 2: from English 40.2, from Chinese 22.1", *cells(bleu), "open sentences; ours phrases of the table, so nearly every word is known",
    ])
    return table(["Task", "Baichuan-omni", *(f"Ours, {LANGUAGES[lang]}" for lang in langs), "What differs"], rows)


def checks(evaluation: dict) -> str:
    """What the paper does not report and a small world makes necessary: that the answers come from the pictures and the speech."""
    overall, blind, deaf, once = evaluation["overall"], *(evaluation["ablations"][key] for key in ("blind", "deaf", "oneShot"))
    flite, parts = evaluation["ood"]["flite"], []
    guessing = (lambda withheld: f" (guessing: {share(withheld['guess'])})") if "guess" in blind else (lambda withheld: "")
    parts.append(f"Over all {overall['n']} questions {share(overall['accuracy'])}. The paper's models are not tried without their inputs; ours is: without frames "
                 f"{share(blind['accuracy'])}{guessing(blind)}, without speech {share(deaf['accuracy'])}{guessing(deaf)}.")  # fmt: skip
    parts.append(f"Speech that streams and speech at once give the same answer {once['identical']} times of {once['n']}; a synthesiser that training never "
                 f"heard: {share(flite['accuracy'])} of {flite['n']}.")  # fmt: skip
    if evaluation.get("turnEnd", {}).get("auc") is not None:
        parts.append(f"The paper predicts the boundaries of speech without a figure; our turn-end head has an AUC of {evaluation['turnEnd']['auc']:.3f}.")
    if call := evaluation.get("webrtc"):
        parts.append(f"Over real WebRTC {share(call['accuracy'])} of {call['n']} ({points(call['differencePoints'])} beside the same questions put to the engine directly).")
    return " ".join(parts)


def ablations(rates: dict) -> str:
    ours = ", ".join(f"n = {n}: {rate(rates[n])}" for n in ("2", "4", "8") if n in rates)
    ours += "; each begun anew behind a decoder used to n = 4, for the same minutes" if ours else ""
    return table(["Question", "Baichuan-omni", "visavis-pocket"], [
        ["Conv-GMLP's rate (figure 6: mean WER of a 1.5B model)", "n = 2: 7.7 %, n = 4: 8.3 %, n = 8: 8.0 %", ours or "not measured for this model"],
        ["AnyRes (table 9)", "DocVQA 72.6 → 87.5, TextVQA 66.5 → 69.1, OCRBench 76.9 → 78.4", "not trained on tiles, so not measured"],
        ["Number of frames (table 10, mean of three)", "48 → 64 frames at 384 px: 50.1 → 54.7", "at most 48; a test film shows its changes, not a length"],
        ["Video stage (table 10)", "without it 49.1, with it 54.7", "not measured apart: films and pictures are learnt together"],
        ["Projector (4.5.1)", "MLP > mean pool > concatenation > C-abs; mean pool chosen for its tokens", "mean pool, as chosen"],
        ["SFT (tables 11, 12)", "MMVet 55.0 → 65.4, ChartQA 76.0 → 79.6, EgoSchema 54.0 → 58.8", "not measured apart"],
    ])  # fmt: skip


def page(evaluation: dict, manifest: dict, config: dict, extra: dict[str, dict]) -> str:
    return PAGE.format(
        version=manifest["version"], times=round(7e9 / manifest["parameters"], -1), architecture=architecture(manifest, config, extra.get("bench", {})), training=training(),
        results=results(evaluation), checks=checks(evaluation), ablations=ablations(extra.get("rates", {})),
    )  # fmt: skip


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--evaluation", type=Path, required=True)
    p.add_argument("--folder", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--bench", type=Path)
    p.add_argument("--rates", type=Path)
    a = p.parse_args()
    manifest, config = (json.loads((a.folder / name).read_text()) for name in ("manifest.json", "config.json"))
    extra = {name: json.loads(path.read_text()) for name, path in (("bench", a.bench), ("rates", a.rates)) if path}
    a.out.write_text(page(json.loads(a.evaluation.read_text()), manifest, config, extra))


if __name__ == "__main__":
    main()
