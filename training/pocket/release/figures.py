"""What the model card and the report beside the paper read out of the evaluation. Fields that an older evaluation lacks are left out."""
from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = {"en": "English", "zh": "Mandarin"}

# Kinds of families, by what they are asked about.
SEE = {
    "colour": "the colour of a thing", "shape": "its shape", "size": "its size", "position": "its place", "count": "how many there are",
    "existence": "whether there is one", "compare": "which is bigger", "relation": "what is beside it", "ocr": "the number on a card", "caption": "a description of all",
    "absent": "that it does not see what is not there", "follow": "questions that follow on another (\"and the square?\")",
}  # fmt: skip
WATCH = {
    "change": "what changed", "last": "what appeared last", "first": "what came first", "before": "what something was before", "way": "which way it moved",
    "seen": "how many have been seen",
}  # fmt: skip
HEAR = {
    "repeat": "a sentence said back", "recall": "what was asked before", "translate": "translation between English and Chinese", "sums": "sums",
    "sound": "how many beeps there were", "chat": "small talk about itself", "outside": "that a question is outside its world",
}  # fmt: skip


@dataclass(frozen=True)
class Sizes:
    """Of a model folder's config.json."""

    image: int
    frame_tokens: int
    mels: int
    hears: str  # the audio encoder, in words
    n: int
    audio_rate: float
    turn_end: bool
    layers: int
    width: int
    heads: int
    kv_heads: int
    vocabulary: int
    context: int


def sizes(config: dict) -> Sizes:
    vision, audio, text = config["vision"], config["audio"], config["text"]
    hop_s = audio["hop"] / audio["sample_rate"]
    return Sizes(
        image=vision["image_size"], frame_tokens=vision["tokens_per_frame"], mels=audio["n_mels"], hears=hears(audio), n=audio["mel_per_token"] // 2,
        audio_rate=1 / (audio["mel_per_token"] * hop_s), turn_end="turn_end" in audio or (isinstance(audio.get("heads"), list) and "turn_end" in audio["heads"]), layers=text["layers"], width=text["hidden_size"],
        heads=text["heads"], kv_heads=text["kv_heads"], vocabulary=text["vocab_size"], context=text["max_position_embeddings"],
    )  # fmt: skip


def hears(audio: dict) -> str:
    seconds = lambda frames: frames * audio["hop"] / audio["sample_rate"]  # noqa: E731
    if audio.get("ear") == "whisper":
        return f"Whisper base's encoder (6 layers of 512, int8), cropped to the speech; beyond {seconds(audio['block_mel_frames']):.1f} s in windows"
    left = seconds(2 * audio["left_context_frames"])
    return f"{audio['layers']} block-wise causal transformer layers ({seconds(audio['block_mel_frames']):.2f} s blocks, {left:.2f} s of left context)"


def megabytes(manifest: dict) -> float:
    return sum(f["bytes"] for f in manifest["files"].values()) / 1e6


def kind(family: str) -> str:
    """`colour` of `colour.zh`."""
    return family.split(".", 1)[0]


def kinds(evaluation: dict) -> set[str]:
    return {kind(family) for family in evaluation["families"]}


def languages(evaluation: dict) -> list[str]:
    return [LANGUAGES[lang] for lang in evaluation.get("languages", {"en": {}})]


def pooled(evaluation: dict, names: tuple[str, ...], lang: str) -> tuple[float, int] | None:
    """Accuracy over several kinds together in one language, and of how many questions; None where none was asked."""
    suffix = "" if lang == "en" else f".{lang}"
    found = [evaluation["families"][name + suffix] for name in names if name + suffix in evaluation["families"]]
    n = sum(family["n"] for family in found)
    return (sum(family["accuracy"] * family["n"] for family in found) / n, n) if n else None


def share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def rate(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def points(value: float | None) -> str:
    return "–" if value is None else f"{value:+.1f} points"


def table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|" for cells in lines)
