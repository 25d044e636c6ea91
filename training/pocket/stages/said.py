"""How well a model says back what it hears, through its decoder: greedy, one utterance a conversation; errors in words of English, syllables of Chinese.

    python -m pocket.stages.said --checkpoint work/run_n2/last.pt --audio-pool 2 --tokenizer FILE --pools work/speechval work/speechvalzh

For the ablation of Conv-GMLP's n (the paper's figure 6): `omni --audio-pool N --first 0 0 1 0 0 --last 0 0 1 0 0` from one checkpoint, then this.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from pocket.export.greedy import by_torch
from pocket.model.config import AudioConfig, PocketConfig
from pocket.model.omni import Pocket
from pocket.speech.letters import is_chinese, spelling

from .common import setup
from .conversations import TRANSCRIBE
from .speech_data import Speech
from .stage0_audio import edits


def said_back(m: Pocket, tokenizer: Tokenizer, speech: Speech, index: int, rng: np.random.Generator) -> str:
    """The answer to an utterance and "write down what I said"."""
    special = {name: tokenizer.token_to_id(f"<|{name}|>") for name in ("bos", "user", "assistant", "audio", "end")}
    asked = tokenizer.encode(TRANSCRIBE["zh" if is_chinese(speech.text(index)) else "en"], add_special_tokens=False).ids
    pcm, _ = speech.pad([speech.waveform(index, rng, 0.7)], rng)

    def embed(*ids: int) -> torch.Tensor:
        return m.decoder.embed(torch.tensor([ids]))

    heard = m.audio_projector(m.audio(m.frontend.by_fft(pcm)))
    prompt = (embed(*(special[n] for n in ("bos", "user", "audio"))), heard, embed(*asked, special["end"], special["assistant"]))
    return tokenizer.decode(by_torch(m, torch.cat(prompt, dim=1), special["end"]))


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--checkpoint", type=Path, required=True)
    p.add_argument("--audio-pool", type=int, default=AudioConfig().pool)
    p.add_argument("--tokenizer", type=Path, required=True)
    p.add_argument("--pools", type=Path, nargs="+", required=True)
    p.add_argument("--clips", type=int, default=200, help="of each pool")
    p.add_argument("--threads", type=int, default=1)
    a = p.parse_args(argv)
    setup(1, a.threads)
    m = Pocket(PocketConfig(audio=AudioConfig(pool=a.audio_pool)))
    m.load_state_dict(torch.load(a.checkpoint, weights_only=True)["model"])
    m.eval()
    tokenizer = Tokenizer.from_file(str(a.tokenizer))
    for folder in a.pools:
        speech, rng = Speech([folder], m.c.audio), np.random.default_rng(0)
        wrong = words = 0
        with torch.no_grad():
            for index in rng.permutation(len(speech))[: a.clips]:
                wanted = spelling(speech.text(int(index))).split()
                wrong += edits(spelling(said_back(m, tokenizer, speech, int(index), rng)).split(), wanted)
                words += len(wanted)
        print(json.dumps({"n": a.audio_pool, "pool": folder.name, "words": words, "rate": round(wrong / words, 4)}), flush=True)


if __name__ == "__main__":
    main()
