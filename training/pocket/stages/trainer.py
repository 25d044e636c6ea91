"""One step of the omni stages: frames, speech and text in their places, the answers' loss, and the losses that help."""
from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pocket.model.decoder import Trace
from pocket.model.omni import Pocket
from pocket.speech.letters import letters

from .batches import Batch, Heard, rounded
from .pointing import COUNT, LISTEN, LOOK, log_attention, endings, log_mass, places
from .ear_start import masked
from .spelt import SpeechHeads

HELP = {"ctc": 0.4, "told": 0.3, "look": 0.5, "found": 0.5, "listen": 0.2, "pieces": 0.5}  # weights of the losses that help
EVENTS = 5  # nothing, came, went, turned another colour, a number changed
TOLD = (EVENTS, 8, 8)  # and the shape and the colour that were there; told from the hidden states after layer 2
HEARD_BY = 3  # the layer after which an audio token at which a piece of a word ends is to know that piece
NO_PIECE = 0  # what any other is to know
MOVED = (9, 3, 3)  # the cell that what came had left, and which way it went, across and along; after layer 3


def evenly(module: Callable[[Tensor], Tensor], x: Tensor, step: int) -> Tensor:
    """module(x) row by row of x [N, ...], computed for a multiple of `step` rows (batches.WIDTHS tells why)."""
    more = rounded(len(x), step) - len(x)
    return module(torch.cat((x, x.new_zeros(more, *x.shape[1:]))) if more else x)[: len(x)]


class Trainer(nn.Module):
    def __init__(self, model: Pocket, heads: SpeechHeads, events: nn.Linear, features: Tensor, precise: bool = False) -> None:
        """`precise`: float32 throughout, for tests; else bfloat16 where autocast has it."""
        super().__init__()
        self.model, self.heads, self.events = model, heads, events
        self.features = features
        self.precise = precise
        self.dtype = torch.float32 if precise else torch.bfloat16

    def forward(self, batch: Batch, rng: np.random.Generator, augment: bool) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """-> (answer loss, losses that help, greedy hits [B, S] at target positions)."""
        m = self.model
        t = m.c.vision.tokens_per_frame
        with torch.autocast("cpu", torch.bfloat16, enabled=not self.precise):
            x = m.decoder.embed(batch.ids).to(self.dtype)
            where_row, where_col, values = [], [], []
            at = None
            if len(batch.frame_rows):
                seen = evenly(m.visual_projector, self.features[batch.frame_rows].to(self.dtype), 16)
                rows, cols = zip(*batch.frame_at)
                at = torch.tensor(rows).repeat_interleave(t), (torch.tensor(cols).unsqueeze(1) + torch.arange(t)).flatten()
                where_row.append(at[0])
                where_col.append(at[1])
                values.append(seen.flatten(0, 1))
            help_: dict[str, Tensor] = {"ctc": torch.zeros(())}
            spans = batch.firsts
            for group, features, tokens in batch.audio:
                x50 = features.to(self.dtype)
                narrow = m.audio_projector.narrowed(masked(x50, rng) if augment else x50)
                help_["ctc"] = help_["ctc"] + self.ctc(narrow.float(), group, tokens) / len(batch.audio)
                heard = m.audio_projector.folded(narrow)
                for i, h in enumerate(group):
                    where_row.append(torch.full((h.tokens,), h.row))
                    where_col.append(torch.arange(h.at, h.at + h.tokens))
                    values.append(heard[i, : h.tokens])
            if values:
                x = x.index_put((torch.cat(where_row), torch.cat(where_col)), torch.cat(values).to(x.dtype))
            hidden, traces = m.decoder(x, batch.positions, batch.spans)
            # Position p predicts the token at p + 1; only the answers' positions go through the output layer.
            wanted = batch.targets[:, 1:]
            learn = wanted >= 0
            logits = evenly(m.decoder.logits, hidden[:, :-1][learn], 128).float()
            if at is not None and batch.happened is not None and (batch.happened >= 0).any():
                wanted_there = batch.happened.transpose(0, 1).flatten(1)
                help_["told"] = self.tell(traces[2].hidden[at], wanted_there) + self.tell_moved(traces[3].hidden[at], wanted_there[3])
            if len(batch.look_at):
                help_["look"] = torch.zeros(())
                for head, on in zip(LOOK, batch.look_on):
                    if (some := on.any(-1)).any():
                        help_["look"] = help_["look"] + self.point(traces, (head,), batch.look_at[some], on[some], batch.look_weights[some]) / len(LOOK)
            if len(batch.count_at):
                layer, head = COUNT[0]
                seen = log_attention(traces[layer].queries[:, head], self.keys(traces, layer, head), batch.count_at)
                help_["found"] = F.kl_div(seen, batch.count_shares, reduction="batchmean")
            if batch.listens:
                help_["listen"] = self.point(traces, LISTEN, places(batch.listens), self.sounds(batch, spans), torch.ones(len(batch.listens)))
            if spans:
                help_["pieces"] = self.spell(traces[HEARD_BY].hidden, batch, spans)
        loss = F.cross_entropy(logits, wanted[learn])
        hits = torch.zeros(batch.targets.shape, dtype=torch.bool)
        hits[:, 1:][learn] = logits.argmax(-1) == wanted[learn]
        return loss, help_, hits

    def point(self, traces: list[Trace], heads: tuple[tuple[int, int], ...], at: Tensor, on: Tensor, weights: Tensor) -> Tensor:
        """How little of the attention from `at` [P, 3] is where it is wanted [P, S]; a weighted mean."""
        loss = torch.zeros(())
        for layer, head in heads:
            q, k = traces[layer].queries[:, head], self.keys(traces, layer, head)
            loss = loss - (weights * log_mass(q, k, at, on).clamp_min(-12)).sum() / weights.sum() / len(heads)
        return loss

    def keys(self, traces: list[Trace], layer: int, head: int) -> Tensor:
        c = self.model.c.text
        return traces[layer].keys[:, head * c.kv_heads // c.heads]

    def sounds(self, batch: Batch, spans: dict[tuple[int, int], np.ndarray]) -> Tensor:
        """The audio tokens [P, S] that hold the sound of what each position of batch.listens is to say."""
        pool = self.model.c.audio.pool
        on = torch.zeros(len(batch.listens), batch.ids.shape[1], dtype=torch.bool)
        for i, x in enumerate(batch.listens):
            first = spans[x.sample, x.clip]
            said = batch.rows[x.sample].audio[x.clip]
            at = x.first + said.at
            begin, end = first[x.start] // pool, first[x.end] // pool
            on[i, at + max(0, begin - 1) : at + min(said.tokens, end + 2)] = True
        return on

    def spell(self, hidden: Tensor, batch: Batch, spans: dict[tuple[int, int], np.ndarray]) -> Tensor:
        """What is heard is to be known as what would be written, before it is fetched: then to say it back is to copy, and an answer teaches the ear
        word by word."""
        wanted = torch.full(batch.ids.shape, -1)
        for sample, ((row, start), r) in enumerate(zip(batch.placed, batch.rows)):
            for clip, said in enumerate(r.audio):
                if (sample, clip) not in spans:
                    continue
                at = start + said.at
                wanted[row, at : at + said.tokens] = NO_PIECE
                for offset, piece in endings(said.pieces, spans[sample, clip], self.model.c.audio.pool, said.tokens):
                    wanted[row, at + offset] = piece
        known = wanted >= 0
        if not known.any():
            return torch.zeros(())
        return F.cross_entropy(evenly(self.model.decoder.logits, hidden[known], 128).float(), wanted[known])

    def ahead(self, hidden: Tensor) -> tuple[Tensor, ...]:
        """What the head of events says of hidden states [N, hidden], in parts: TOLD, MOVED."""
        x = F.layer_norm(hidden, (self.model.c.text.hidden,))
        return evenly(self.events, x, 256).float().split((*TOLD, *MOVED), dim=-1)

    def tell(self, hidden: Tensor, wanted: Tensor) -> Tensor:
        """A token that sees the frames before it is to know what changed where it looks: comparing frames is learned slowly from answers alone."""
        kind, shape, colour, *_ = self.ahead(hidden)
        weight = torch.tensor([0.2, 1.0, 1.0, 1.0, 1.0])
        loss = F.cross_entropy(kind, wanted[0], weight, ignore_index=-1)
        for guess, target in ((shape, wanted[1]), (colour, wanted[2])):
            if (target >= 0).any():
                loss = loss + F.cross_entropy(guess, target, ignore_index=-1)
        return loss

    def tell_moved(self, hidden: Tensor, left: Tensor) -> Tensor:
        """And where what came there was before: which way a thing went is asked too seldom to be learned from answers."""
        if not (some := left >= 0).any():
            return torch.zeros(())
        left, token = left[some], torch.arange(len(left))[some] % 36
        row, column = token // 12, token % 6 // 2
        wanted = (left, (column - left % 3).sign() + 1, (row - left // 3).sign() + 1)
        return sum((F.cross_entropy(guess, target) for guess, target in zip(self.ahead(hidden[some])[len(TOLD):], wanted)), torch.zeros(()))

    def ctc(self, heard: Tensor, group: list[Heard], tokens: Tensor) -> Tensor:
        logits = self.heads.letter(heard)[: len(group)]
        targets = [letters(h.text) for h in group]
        flat = torch.tensor([i for t in targets for i in t])
        sizes = torch.tensor([len(t) for t in targets])
        return F.ctc_loss(logits.log_softmax(-1).transpose(0, 1), flat, tokens[: len(group)] * self.model.c.audio.pool, sizes, zero_infinity=True)


def tally(batch: Batch, hits: Tensor, into: dict[str, list[int]]) -> None:
    """An answer is right when every one of its tokens is the greedy choice: then decoding gives exactly it."""
    for (row, at), r in zip(batch.placed, batch.rows):
        for family, start, end in r.answers:
            into[family].append(int(hits[row, at + start : at + end].all()))
