"""What a microphone and a room do to a clean clip, at about 1 ms a clip.

Everything linear (speed, room, equaliser, band limits) happens in one pair of FFTs: the spectrum is multiplied by the
channel, and the inverse transform of another length than the forward one resamples on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft

from pocket.speech.utterance import FRAME, SAMPLE_RATE

#: Samples of each colour of noise; a clip takes a random stretch.
_BANK = 1 << 20
#: Share of clips that stay nearly clean.
CLEAN_SHARE = 0.25
_LONGEST_ROOM = SAMPLE_RATE // 2
_RAMP = np.arange(_LONGEST_ROOM, dtype=np.float32)


@dataclass(frozen=True)
class _Shift:
    """Where the samples of the input went: `lead` new ones in front, then every input sample at `stretch` its time."""

    lead: int
    stretch: float


class Augmenter:
    """Holds the noise banks (white, pink, brown), which are drawn once from `rng`."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.white = rng.standard_normal(_BANK, dtype=np.float32)
        self.banks = [self.white, _coloured(self.white, 0.5), _coloured(self.white, 1.0)]

    def __call__(
        self, pcm: np.ndarray, rng: np.random.Generator, strength: float = 1.0, babble: Sequence[np.ndarray] | None = None
    ) -> tuple[np.ndarray, _Shift]:
        """The clip as heard, and where its samples went. strength 0 is nearly clean, 1 is the full range."""
        clean = rng.random() < CLEAN_SHARE or strength <= 0
        amount = 0.15 if clean else strength
        lead, tail = int(rng.uniform(0.05, 0.45) * SAMPLE_RATE), int(rng.uniform(0.05, 0.65) * SAMPLE_RATE)
        out, stretch = self._channel(pcm, lead, tail, rng, amount, clean)
        speech = float(np.sqrt(np.dot(out, out) / max(1, len(pcm)))) + 1e-9  # over the speech, not the silence round it
        if not clean:
            self._add_noise(out, speech, rng, amount, babble)
        peak = float(np.abs(out).max()) + 1e-9
        if not clean and rng.random() < 0.15 * amount:
            out = _overdrive(out, peak, rng)
            peak = float(np.abs(out).max()) + 1e-9
        gain = 10.0 ** (rng.uniform(-20.0 * min(1.0, strength + 0.25), 0.0) / 20.0) * 0.99 / peak
        out *= gain
        # The floor every converter has; digital silence never reaches a model from a microphone.
        out += self._stretch_of(self.white, len(out), rng) * np.float32(10.0 ** (rng.uniform(-80.0, -62.0) / 20.0))
        return np.clip(out, -1.0, 1.0, out=out), _Shift(lead, stretch)

    def _channel(
        self, pcm: np.ndarray, lead: int, tail: int, rng: np.random.Generator, amount: float, clean: bool
    ) -> tuple[np.ndarray, float]:
        """Pad, and apply speed, room, equaliser and band limits in the frequency domain."""
        room = None if clean or rng.random() > 0.5 * amount else self._room(rng)
        factor = 1.0 + rng.uniform(-0.08, 0.08) * min(1.0, amount)
        # The transform is circular: room echoes must die in the padding, never wrap round to the front.
        size = fft.next_fast_len(len(pcm) + (0 if room is None else len(room)) + 64, real=True)
        size_out = fft.next_fast_len(int(size * factor), real=True)
        spectrum = fft.rfft(pcm, size)
        if room is not None:
            spectrum *= fft.rfft(room, size)
        spectrum *= _equaliser(len(spectrum), rng, amount, clean)
        bins = size_out // 2 + 1
        if bins <= len(spectrum):
            spectrum = spectrum[:bins]
        stretch = size_out / size
        body = fft.irfft(spectrum, size_out) * np.float32(stretch)
        end = int(len(pcm) * stretch)
        out = np.zeros(lead + end + tail, np.float32)
        kept = min(len(body), end + tail)  # the room's echo rings on into the trailing silence
        out[lead : lead + kept] = body[:kept]
        return out, stretch

    def _room(self, rng: np.random.Generator) -> np.ndarray:
        """A room: the direct path, then noise that dies away, RT60 0.1-0.5 s, 0..15 dB below the direct path in energy."""
        rt60 = rng.uniform(0.1, 0.5)
        length = min(_LONGEST_ROOM, int(rt60 * SAMPLE_RATE))
        decay = np.exp(_RAMP[:length] * np.float32(-6.908 / (rt60 * SAMPLE_RATE)))
        response = self._stretch_of(self.white, length, rng) * decay
        gap = int(rng.uniform(0.001, 0.012) * SAMPLE_RATE)  # nothing arrives before the first reflection
        response[:gap] = 0.0
        level = 10.0 ** (rng.uniform(-15.0, 0.0) / 20.0)
        response *= np.float32(level / (np.sqrt(np.dot(response, response)) + 1e-9))
        response[0] = 1.0
        return response

    def _add_noise(
        self, out: np.ndarray, speech: float, rng: np.random.Generator, amount: float, babble: Sequence[np.ndarray] | None
    ) -> None:
        """Coloured noise, and other people's talk where the caller gives some, at 8-40 dB below the speech."""
        snr = 40.0 - rng.uniform(0.0, 32.0) * min(1.0, amount)
        colour = self.banks[int(rng.integers(len(self.banks)))]
        noise = self._stretch_of(colour, len(out), rng)
        out += noise * np.float32(speech * 10.0 ** (-snr / 20.0))
        if babble and rng.random() < 0.35:
            # Talk hides speech better than hiss does, so it keeps a wider distance.
            talk = np.zeros(len(out), np.float32)
            for other in babble[:4]:
                _lay(talk, other, int(rng.integers(len(out))))
            level = float(np.sqrt(np.dot(talk, talk) / len(talk))) + 1e-9
            out += talk * np.float32(speech / level * 10.0 ** (-max(snr, rng.uniform(12.0, 30.0)) / 20.0))

    @staticmethod
    def _stretch_of(bank: np.ndarray, length: int, rng: np.random.Generator) -> np.ndarray:
        if length > len(bank):
            return np.resize(bank, length)
        start = int(rng.integers(len(bank) - length + 1))
        return bank[start : start + length]


def _lay(talk: np.ndarray, other: np.ndarray, start: int) -> None:
    """Add `other` to `talk` from `start`, wrapping round, so that talk has no edge."""
    first = min(len(other), len(talk) - start)
    talk[start : start + first] += other[:first]
    rest = min(len(other) - first, start)
    talk[:rest] += other[first : first + rest]


def _coloured(white: np.ndarray, power: float) -> np.ndarray:
    """White noise tilted by 1/f^power in amplitude (0.5 pink, 1 brown), flat below 40 Hz, of unit energy."""
    spectrum = fft.rfft(white)
    frequency = np.maximum(np.arange(len(spectrum)) * (SAMPLE_RATE / len(white)), 40.0)
    noise = fft.irfft(spectrum * (frequency**-power).astype(np.float32), len(white))
    return (noise / noise.std()).astype(np.float32)


def _equaliser(bins: int, rng: np.random.Generator, amount: float, clean: bool) -> np.ndarray:
    """A smooth random gain curve with band limits, as 65 points on a linear axis to 8 kHz, interpolated to `bins`."""
    knots = np.linspace(0.0, 8000.0, 65, dtype=np.float32)
    octave = np.log2(np.maximum(knots, 60.0) / 1000.0)
    decibel = rng.uniform(-4.0, 4.0) * amount * octave
    decibel += rng.uniform(-4.0, 4.0) * amount * np.sin(octave * rng.uniform(0.8, 3.0) + rng.uniform(0, 6.28))
    if not clean and rng.random() < 0.35 * amount:
        low = rng.uniform(60.0, 320.0)
        high = rng.uniform(3200.0, 7200.0)
        decibel -= 24.0 * np.maximum(0.0, np.log2(low / np.maximum(knots, 30.0)))
        decibel -= 60.0 * np.maximum(0.0, np.log2(np.maximum(knots, 30.0) / high))
    gain = 10.0 ** (np.clip(decibel, -70.0, 15.0) / 20.0)
    return np.interp(np.arange(bins, dtype=np.float32) * (64.0 / (bins - 1)), np.arange(65), gain).astype(np.float32)


def _overdrive(out: np.ndarray, peak: float, rng: np.random.Generator) -> np.ndarray:
    """Either hard clipping at the analogue input or a compressor's soft knee."""
    if rng.random() < 0.5:
        limit = np.float32(peak * rng.uniform(0.4, 0.9))
        return np.clip(out, -limit, limit)
    scaled = out * np.float32(rng.uniform(1.0, 4.0) / peak)
    return scaled / (1.0 + np.abs(scaled))


@lru_cache(maxsize=1)
def _default() -> Augmenter:
    return Augmenter(np.random.default_rng(20_250_101))


def augment(
    pcm: np.ndarray, rng: np.random.Generator, strength: float = 1.0, babble: Sequence[np.ndarray] | None = None
) -> np.ndarray:
    """The clip as a microphone in a room hears it: float32, within -1..1, longer by 0.1-1.1 s of near-silence."""
    return _default()(pcm, rng, strength, babble)[0]


def augment_spans(
    pcm: np.ndarray, spans: Sequence[tuple[int, int]], rng: np.random.Generator, strength: float = 1.0, babble: Sequence[np.ndarray] | None = None
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """`augment`, and where stretches of samples went."""
    out, shift = _default()(pcm, rng, strength, babble)
    return out, [(shift.lead + int(begin * shift.stretch), shift.lead + int(end * shift.stretch)) for begin, end in spans]


def augment_aligned(
    pcm: np.ndarray,
    labels: np.ndarray,
    rng: np.random.Generator,
    strength: float = 1.0,
    babble: Sequence[np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """`augment`, with the 20 ms phoneme labels moved along; the new silence is class 0."""
    out, shift = _default()(pcm, rng, strength, babble)
    middles = np.arange(-(-len(out) // FRAME)) * FRAME + FRAME // 2
    source = np.floor((middles - shift.lead) / (shift.stretch * FRAME)).astype(np.int64)
    inside = (source >= 0) & (source < len(labels))
    moved = np.zeros(len(middles), np.int8)
    moved[inside] = labels[source[inside]]
    return out, moved
