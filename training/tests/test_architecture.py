"""The architecture by configuration: the paper's sizes on the meta device (shapes, no memory), and what AnyRes does at small ones."""
from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from pocket.model.anyres import Grid, cut, grid_for, layout
from pocket.model.audio import AudioEncoder, ConvGMLP
from pocket.model.baichuan import BAICHUAN_OMNI_7B as PAPER
from pocket.model.config import AudioConfig, PocketConfig, TextConfig, VisionConfig
from pocket.model.omni import Pocket, parameter_count
from pocket.model.vision import VisionEncoder, VisualProjector, mean_pool

SMALL = VisionConfig(image_size=32, stem=(4, 4), hidden=8, layers=1, heads=2, mlp=16, projector_hidden=12)


@pytest.fixture(scope="module")
def paper() -> Pocket:
    with torch.device("meta"):
        return Pocket(PAPER).eval()


def test_the_paper_has_its_encoders_and_seven_billion_parameters(paper: Pocket) -> None:
    # Published: SigLIP-so400m/384 428.2 M with its pooling head of 15.2 M; Whisper-large-v3's encoder 637.0 M with 1.9 M of learned positions.
    assert parameter_count(paper.vision) == pytest.approx(428.2e6 - 15.2e6, rel=1e-3)
    assert parameter_count(paper.audio) == pytest.approx(637.0e6 - 1.9e6, rel=1e-3)
    assert parameter_count(paper.decoder) == pytest.approx(7e9, rel=0.05)
    assert not any(p.device.type != "meta" for p in paper.parameters())


def test_a_view_of_384_pixels_is_729_patches_and_182_tokens(paper: Pocket) -> None:
    assert (PAPER.vision.grid**2, PAPER.vision.tokens_per_frame) == (729, 182)
    with torch.device("meta"):
        pooled = paper.vision(torch.empty(2, 3, 384, 384))
        assert pooled.shape == (2, 182, 1152)
        assert paper.visual_projector(pooled).shape == (2, 182, 4096)


@pytest.mark.parametrize(("size", "tokens"), [((384, 384), 182), ((320, 240), 182), ((768, 384), 546), ((384, 768), 546), ((1280, 720), 546)])
def test_a_frame_is_182_to_546_tokens(paper: Pocket, size: tuple[int, int], tokens: int) -> None:
    width, height = size
    grid = grid_for(width, height, PAPER.vision.image_size, PAPER.vision.frame_tiles)
    assert grid.views * PAPER.vision.tokens_per_frame == tokens
    assert len(layout(grid, 182)) == grid.views
    with torch.device("meta"):
        assert paper.visual_projector.views(torch.empty(grid.views, 182, 1152), grid).shape == (tokens, 4096)


@pytest.mark.parametrize("n", [2, 4, 8])
def test_thirty_seconds_through_the_audio_encoder_and_conv_gmlp(n: int) -> None:
    c = replace(PAPER.audio, pool=n)
    tokens = c.tokens(c.max_seconds * c.sample_rate)
    assert tokens == {2: 750, 4: 375, 8: 188}[n]
    with torch.device("meta"):
        encoder, projector = AudioEncoder(c), ConvGMLP(c, PAPER.text.hidden)
        heard = encoder(torch.empty(1, tokens * c.mel_per_token, 128))
        assert heard.shape == (1, tokens * n, 1280)
        assert projector.gate.weight.shape == (1280 * n, 1280, n)
        assert projector(heard).shape == (1, tokens, 4096)


def test_forty_eight_frames_and_a_question_fit_the_decoder(paper: Pocket) -> None:
    most = Grid(1, PAPER.vision.frame_tiles).views * PAPER.vision.tokens_per_frame
    prompt = PAPER.vision.max_frames * (1 + most) + 1 + PAPER.audio.tokens(30 * PAPER.audio.sample_rate)
    assert most == 546 and prompt + 256 <= PAPER.text.max_positions
    with torch.device("meta"):
        hidden, _ = paper.decoder(torch.empty(1, prompt, 4096), torch.arange(prompt).unsqueeze(0))
        assert paper.decoder.logits(hidden[:, -1:]).shape == (1, 1, PAPER.text.vocab)


@pytest.mark.parametrize("wrong", [{"pool": 3}, {"pool": 1}, {"pool": 8, "block_frames": 20}])
def test_other_rates_of_conv_gmlp_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="2, 4 or 8"):
        AudioConfig(**wrong)


@pytest.mark.parametrize("n", [2, 4, 8])
def test_conv_gmlp_keeps_a_shortcut(n: int) -> None:
    """With silent convolutions, what comes out is the projection of the audio itself, n frames side by side."""
    torch.manual_seed(0)
    c = AudioConfig(hidden=8, heads=2, pool=n)
    m = ConvGMLP(c, 16)
    torch.nn.init.zeros_(m.up.weight), torch.nn.init.zeros_(m.up.bias)
    x = torch.randn(2, 16, 8)
    torch.testing.assert_close(m(x), m.out(m.norm(x.reshape(2, 16 // n, n * 8))))


def test_audio_blocks_see_their_own_and_earlier_blocks_only() -> None:
    torch.manual_seed(0)
    c = AudioConfig(n_mels=4, hidden=8, layers=2, heads=2, mlp=16, block_frames=8, left_context_blocks=1, gated=False)
    encoder = AudioEncoder(c).eval()
    mel = torch.randn(1, 64, 4)
    other = mel.clone()
    other[:, 32:48] += 1  # the third block of four
    a, b = encoder(mel), encoder(other)
    torch.testing.assert_close(a[:, :16], b[:, :16], rtol=0, atol=0)
    assert (a[:, 16:24] - b[:, 16:24]).abs().max() > 1e-3


def test_an_even_grid_is_pooled_two_by_two() -> None:
    torch.manual_seed(0)
    x = torch.randn(3, SMALL.grid**2, SMALL.hidden)
    wanted = F.avg_pool2d(x.transpose(1, 2).unflatten(2, (SMALL.grid, SMALL.grid)), 2).flatten(2).transpose(1, 2)
    torch.testing.assert_close(mean_pool(x, SMALL), wanted)


def test_an_odd_grid_keeps_its_last_column() -> None:
    c = VisionConfig(image_size=42, patch=14, stem=(), hidden=1)
    assert (c.grid, c.pooled) == (3, (1, 2))
    x = torch.arange(9.0).view(1, 9, 1)
    assert mean_pool(x, c).flatten().tolist() == [(0 + 1 + 3 + 4) / 4, (2 + 5) / 2]


@pytest.mark.parametrize(("size", "most", "grid"), [
    ((640, 480), 4, (2, 2)), ((192, 192), 4, (1, 1)), ((100, 384), 4, (2, 1)), ((800, 200), 4, (1, 4)), ((384, 192), 4, (1, 2)), ((192, 576), 4, (3, 1)),
    ((640, 480), 1, (1, 1)), ((60, 60), 4, (1, 1)),
])  # fmt: skip
def test_the_grid_follows_the_picture(size: tuple[int, int], most: int, grid: tuple[int, int]) -> None:
    assert grid_for(*size, 192, most) == grid


def test_views_are_the_whole_and_then_its_tiles_row_by_row() -> None:
    picture = torch.zeros(3, 64, 96)
    for row in range(2):
        for column in range(3):
            picture[:, row * 32 : (row + 1) * 32, column * 32 : (column + 1) * 32] = row * 3 + column
    views = cut(picture, 32, Grid(2, 3))
    assert views.shape == (7, 3, 32, 32)
    assert [v.unique().tolist() for v in views[1:]] == [[0], [1], [2], [3], [4], [5]]
    assert views[0].mean().item() == pytest.approx(2.5, abs=0.02)
    assert cut(picture, 32, Grid(1, 1)).shape == (1, 3, 32, 32)
    places = layout(Grid(2, 3), 16)
    assert [p.first for p in places] == list(range(0, 7 * 16, 16))
    assert places[0][1:] == (0, 0, 1, 1) and places[6][1:] == (0.5, 2 / 3, 1, 1)


def test_a_tile_lies_where_the_whole_has_it() -> None:
    """Places that rise evenly from left to right and from top to bottom go on doing so across the tiles."""
    torch.manual_seed(0)
    p = VisualProjector(SMALL, 2)
    side = p.rows
    p.row.data = torch.stack([torch.arange(side), torch.zeros(side)], 1).float().view(side, 1, 2)
    p.column.data = torch.stack([torch.zeros(side), torch.arange(side)], 1).float().view(1, side, 2)
    whole, *tiles = [p.place(view).view(side, side, 2) for view in layout(Grid(2, 2), side * side)]
    torch.testing.assert_close(whole, p.row + p.column, rtol=0, atol=1e-6)
    table = torch.cat([torch.cat(tiles[:2], 1), torch.cat(tiles[2:], 1)])
    step = (torch.arange(2 * side) + 0.5) / 2 - 0.5
    step = step.clamp(0, side - 1)
    torch.testing.assert_close(table, torch.stack(torch.meshgrid(step, step, indexing="ij"), -1))


def test_a_small_picture_is_seen_as_a_frame_is() -> None:
    torch.manual_seed(0)
    c = PocketConfig(vision=SMALL, audio=AudioConfig(hidden=8, layers=1, heads=2, mlp=16), text=TextConfig(hidden=16, layers=1, heads=2, head_dim=8, mlp=16, vocab=20))
    model = Pocket(c).eval()
    pixels = torch.rand(3, 32, 32) * 2 - 1
    tokens, grid = model.picture(pixels, 4)
    assert grid == (1, 1)
    torch.testing.assert_close(tokens, model.visual_projector(model.vision(pixels[None]))[0])
    tokens, grid = model.picture(torch.rand(3, 64, 64), 4)
    assert (grid, tokens.shape) == ((2, 2), (5 * c.vision.tokens_per_frame, 16))


def test_a_linear_patch_takes_the_place_of_the_stem() -> None:
    c = replace(SMALL, patch=4, stem=())
    assert VisionEncoder(c)(torch.rand(2, 3, 32, 32)).shape == (2, 16, 8)
    assert {"norm.weight", "row", "column"}.isdisjoint(VisualProjector(replace(c, projector_places=False, projector_kernel=1), 16).state_dict())
