"""The model's plumbing: conversions, schedule, seeded weights, and that a saved model loads as it was."""

from __future__ import annotations

from pathlib import Path

import shapes_paths  # noqa: F401  (first: makes the packages below importable)
import numpy as np
import pytest
import torch
from sample import sample

from tetri_worker.shapes.captions import TOKENS
from tetri_worker.shapes.model import CHANNELS, CONFIG, SPAN, ShapesModel, initialise, load, save

CAPTION = "a large red circle at the top left on a plain white background"
TINY = CONFIG | {"num_single_layers": 1, "attention_head_dim": 6, "axes_dims_rope": (2, 2, 2)}


@pytest.fixture(scope="module")
def model() -> ShapesModel:
    return initialise(0, TINY).eval()


@pytest.mark.parametrize(("height", "width"), [(64, 64), (96, 64), (48, 80), (4, 4)])
def test_patches_come_apart_and_together(model: ShapesModel, height: int, width: int) -> None:
    x = torch.randn(2, 3, height, width)
    tokens = model.patchify(x)
    assert tokens.shape == (2, height * width // 16, CHANNELS)
    assert torch.equal(model.unpatchify(tokens, height, width), x)


def test_a_token_is_one_patch_in_reading_order(model: ShapesModel) -> None:
    x = torch.arange(3 * 8 * 12, dtype=torch.float32).reshape(1, 3, 8, 12)
    assert torch.equal(model.patchify(x)[0, 4], x[0, :, 4:8, 4:8].flatten())


def test_sizes_that_are_no_multiple_of_a_patch_are_refused(model: ShapesModel) -> None:
    with pytest.raises(ValueError, match="multiples of 4"):
        model.image_ids(66, 64)


@pytest.mark.parametrize("side", [64, 128, 256])
def test_positions_span_the_same_range_at_every_size(model: ShapesModel, side: int) -> None:
    ids = model.image_ids(side, side)
    assert ids.shape == ((side // 4) ** 2, 3)
    assert ids[:, 1:].mean(dim=0).tolist() == pytest.approx([SPAN / 2, SPAN / 2])
    assert (ids[-1, 1:] + ids[0, 1:]).tolist() == pytest.approx([SPAN, SPAN])
    assert ids[:, 0].unique().tolist() == [np.log2(side / 64)]
    assert torch.equal(model.text_ids(), torch.zeros(TOKENS, 3))


def test_noise_levels_fall_from_one_to_zero_and_lean_to_noise_for_larger_pictures(model: ShapesModel) -> None:
    small, large = model.sigmas(20, 256), model.sigmas(20, 1024)
    for levels in (small, large):
        assert len(levels) == 21 and levels[0] == 1.0 and levels[-1] == 0.0
        assert all(now > after for now, after in zip(levels, levels[1:], strict=False))
    assert all(big > little for big, little in zip(large[1:-1], small[1:-1], strict=True))
    with pytest.raises(ValueError, match="at least 1 step"):
        model.sigmas(0, 256)


def test_pictures_are_rounded_and_clipped(model: ShapesModel) -> None:
    x = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0]).expand(3, 1, 5)
    assert model.to_picture(x[None])[0, :, 0].tolist() == [0, 0, 128, 255, 255]


def test_a_caption_is_encoded_to_words_and_their_mean(model: ShapesModel) -> None:
    states, pooled = model.encode(CAPTION)
    assert states.shape == (1, TOKENS, 96) and pooled.shape == (1, 96)
    assert torch.allclose(pooled, states.mean(dim=1) * TOKENS**0.5)
    with pytest.raises(ValueError, match='"dog"'):
        model.encode(CAPTION.replace("circle", "dog"))


def test_a_fresh_model_predicts_nothing_yet(model: ShapesModel) -> None:
    states, pooled = model.encode(CAPTION)
    tokens = torch.randn(1, 16, CHANNELS)
    with torch.no_grad():
        velocity = model.predict(tokens, torch.ones(1), states, pooled, model.image_ids(16, 16))
    assert velocity.shape == tokens.shape and not velocity.any()


def test_weights_are_seeded(model: ShapesModel) -> None:
    before = torch.random.get_rng_state()
    again, other = initialise(0, TINY), initialise(1, TINY)
    assert torch.equal(torch.random.get_rng_state(), before)
    same = [torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True)]
    assert all(same)
    assert any(not torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))


def test_a_saved_model_loads_as_it_was_within_half_precision(model: ShapesModel, tmp_path: Path) -> None:
    with torch.no_grad():
        torch.nn.init.normal_(model.transformer.proj_out.weight, std=0.1)
    save(model, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.safetensors"]
    loaded = load(tmp_path)
    assert loaded.dtype == torch.float32 and not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    pictures = [sample(each, [CAPTION], 16, 16, steps=2, seed=0) for each in (model, loaded)]
    assert torch.allclose(pictures[0], pictures[1], atol=0.02)
    assert load(tmp_path, dtype=torch.bfloat16).dtype == torch.bfloat16


def test_sampling_is_seeded_and_does_not_depend_on_the_batch(model: ShapesModel) -> None:
    one = sample(model, [CAPTION], 16, 24, steps=2, seed=3)
    assert torch.equal(one, sample(model, [CAPTION], 16, 24, steps=2, seed=3))
    assert not torch.equal(one, sample(model, [CAPTION], 16, 24, steps=2, seed=4))
    two = sample(model, [CAPTION, CAPTION.replace("red", "blue")], 16, 24, steps=2, seed=3)
    assert torch.allclose(one[0], two[0], atol=1e-5)
