"""How well a model says back what it hears, through its decoder: greedy, one utterance a conversation; errors in words of English, syllables of Chinese.

    python -m pocket.stages.said --checkpoint work/run_m1/last.pt --tokenizer FILE --ears work/ears_val
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from pocket.export.greedy import by_torch
from pocket.model.config import PocketConfig
from pocket.model.omni import Pocket
from pocket.speech.letters import is_chinese, spelling

from .common import setup
from .conversations import TRANSCRIBE
from .ears import Ears
from .spelt import edits


def said_back(m: Pocket, tokenizer: Tokenizer, ears: Ears, index: int) -> str:
    """The answer to an utterance and "write down what I said"."""
    special = {name: tokenizer.token_to_id(f"<|{name}|>") for name in ("bos", "user", "assistant", "audio", "end")}
    asked = tokenizer.encode(TRANSCRIBE["zh" if is_chinese(ears.entries[index].said) else "en"], add_special_tokens=False).ids

    def embed(*ids: int) -> torch.Tensor:
        return m.decoder.embed(torch.tensor([ids]))

    heard = m.audio_projector(torch.from_numpy(ears.features(index).astype(np.float32))[None])
    prompt = (embed(*(special[n] for n in ("bos", "user", "audio"))), heard, embed(*asked, special["end"], special["assistant"]))
    return tokenizer.decode(by_torch(m, torch.cat(prompt, dim=1), special["end"]))


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--checkpoint", type=Path, required=True)
    p.add_argument("--tokenizer", type=Path, required=True)
    p.add_argument("--ears", type=Path, nargs="+", required=True)
    p.add_argument("--clips", type=int, default=200, help="of each cache")
    p.add_argument("--threads", type=int, default=1)
    a = p.parse_args(argv)
    setup(1, a.threads)
    m = Pocket(PocketConfig())
    m.load_state_dict(torch.load(a.checkpoint, weights_only=True)["model"])
    m.eval()
    tokenizer, c = Tokenizer.from_file(str(a.tokenizer)), m.c.audio
    for folder in a.ears:
        ears = Ears([folder], c.hidden, c.pool, c.hop * c.mel_per_token)
        wrong = words = 0
        with torch.no_grad():
            for index in np.random.default_rng(0).permutation(len(ears))[: a.clips].tolist():
                wanted = spelling(ears.entries[index].said).split()
                wrong += edits(spelling(said_back(m, tokenizer, ears, index)).split(), wanted)
                words += len(wanted)
        print(json.dumps({"ears": folder.name, "words": words, "rate": round(wrong / words, 4)}), flush=True)


if __name__ == "__main__":
    main()
