"""A small Qwen2.5-Omni for vLLM: configuration, tokenizer and preprocessors as Hugging Face has them, and no weights (`--load-format dummy` makes them up).

    python tools/servers/vllm/model_folder.py --text FILE --out DIR

The layers are of the real kinds, and few and narrow. A picture of 448x336 becomes 54 tokens, a second of sound 25, as in the real one. What an answer says
is chance; what is cached, counted and refused is not.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5OmniConfig,
    Qwen2_5OmniProcessor,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
    WhisperFeatureExtractor,
)

# Of a head: with 16 the CPU's attention ends the engine at its first request.
HEAD = 64
HEADS = 4
HIDDEN = HEAD * HEADS
LAYERS = 2
TOKENS = 2048
POSITIONS = 32768
# 28 x 28 pixels are a token: 64 of them at the most.
PIXELS = 64 * 28 * 28
# How head dimensions are shared out among time, height and width: half of HEAD in all.
ROPE_SECTIONS = [8, 12, 12]

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
MEDIA = {
    "image_token": "<|IMAGE|>",
    "audio_token": "<|AUDIO|>",
    "video_token": "<|VIDEO|>",
    "vision_bos_token": "<|vision_bos|>",
    "vision_eos_token": "<|vision_eos|>",
    "audio_bos_token": "<|audio_bos|>",
    "audio_eos_token": "<|audio_eos|>",
}

# ChatML, with calls as Hermes writes them.
TEMPLATE = """{%- if tools %}{{ '<|im_start|>system\\n# Tools\\n' }}{% for tool in tools %}{{ tool | tojson }}{{ '\\n' }}{% endfor %}{{ '<|im_end|>\\n' }}{% endif -%}
{%- for message in messages -%}
{{ '<|im_start|>' + ('user' if message.role == 'tool' else message.role) + '\\n' }}
{%- if message.role == 'tool' %}{{ '<tool_response>' }}{% endif -%}
{%- if message.content is string %}{{ message.content }}
{%- elif message.content %}
{%- for part in message.content -%}
{%- if 'image' in part.type %}{{ '<|vision_bos|><|IMAGE|><|vision_eos|>' }}
{%- elif 'audio' in part.type %}{{ '<|audio_bos|><|AUDIO|><|audio_eos|>' }}
{%- else %}{{ part.text }}
{%- endif -%}
{%- endfor -%}
{%- endif -%}
{%- for call in message.tool_calls or [] %}{{ '<tool_call>' + (call.function | tojson) + '</tool_call>' }}{% endfor -%}
{{ '<|im_end|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif -%}"""


def tokenizer(text: Path) -> PreTrainedTokenizerFast:
    """Byte-level BPE, learnt from a text: nearly all tokens of an answer can be shown."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=TOKENS,
        special_tokens=[PAD, START, END, *MEDIA.values()],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train([str(text)], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token=END,
        pad_token=PAD,
        extra_special_tokens=MEDIA,
        model_max_length=POSITIONS,
    )


def config(known: PreTrainedTokenizerFast) -> Qwen2_5OmniConfig:
    def ids(**tokens: str) -> dict[str, int]:
        return {name: known.convert_tokens_to_ids(token) for name, token in tokens.items()}

    audio = {
        "d_model": 2 * HEAD,
        "encoder_attention_heads": 2,
        "encoder_layers": LAYERS,
        "encoder_ffn_dim": 4 * HEAD,
        "num_mel_bins": 128,
        "output_dim": HIDDEN,
    }
    vision = {
        "hidden_size": 2 * HEAD,
        "num_heads": 2,
        "depth": LAYERS,
        "intermediate_size": 4 * HEAD,
        "fullatt_block_indexes": [LAYERS - 1],
        "out_hidden_size": HIDDEN,
    }
    text = {
        "vocab_size": len(known),
        "hidden_size": HIDDEN,
        "intermediate_size": 2 * HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": 2,
        "max_position_embeddings": POSITIONS,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": ROPE_SECTIONS},
        "layer_types": ["full_attention"] * LAYERS,
        # Tied, and made up, they would say the last token again and again.
        "tie_word_embeddings": False,
        **ids(eos_token_id=END, pad_token_id=PAD),
    }
    thinker = {
        "audio_config": audio,
        "vision_config": vision,
        "text_config": text,
        **ids(
            audio_token_index=MEDIA["audio_token"],
            image_token_index=MEDIA["image_token"],
            video_token_index=MEDIA["video_token"],
            audio_token_id=MEDIA["audio_token"],
            image_token_id=MEDIA["image_token"],
            video_token_id=MEDIA["video_token"],
            audio_start_token_id=MEDIA["audio_bos_token"],
            audio_end_token_id=MEDIA["audio_eos_token"],
            vision_start_token_id=MEDIA["vision_bos_token"],
            vision_end_token_id=MEDIA["vision_eos_token"],
            user_token_id="u",
            eos_token_id=END,
            pad_token_id=PAD,
        ),
    }
    return Qwen2_5OmniConfig(thinker_config=thinker, architectures=["Qwen2_5OmniForConditionalGeneration"], enable_audio_output=False)


def write(text: Path, out: Path) -> None:
    known = tokenizer(text)
    sizes = {"size": {"shortest_edge": 4 * 28 * 28, "longest_edge": PIXELS}, "patch_size": 14, "merge_size": 2, "temporal_patch_size": 2}
    processor = Qwen2_5OmniProcessor(
        image_processor=Qwen2VLImageProcessor(**sizes),
        video_processor=Qwen2VLVideoProcessor(**sizes),
        feature_extractor=WhisperFeatureExtractor(feature_size=128, return_attention_mask=True),
        tokenizer=known,
        chat_template=TEMPLATE,
    )
    processor.save_pretrained(out)
    known.chat_template = TEMPLATE
    known.save_pretrained(out)
    config(known).save_pretrained(out)
    ids = {"eos_token_id": known.eos_token_id, "pad_token_id": known.pad_token_id}
    (out / "generation_config.json").write_text(json.dumps(ids, indent=1), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", type=Path, required=True, help="what the vocabulary is learnt from")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    write(arguments.text, arguments.out)
