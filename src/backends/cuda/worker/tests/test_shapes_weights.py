"""The committed weights draw what is asked for. Seeded, and at 64 x 64, so that it takes seconds and repeats."""

from __future__ import annotations

import json

import shapes_paths  # first: makes the packages below importable
import numpy as np
import pytest
import torch
from safetensors import safe_open
from sample import sample

from tetri_worker.shapes.captions import parse
from tetri_worker.shapes.measure import attributes, check
from tetri_worker.shapes.model import ShapesModel, load

WEIGHTS = shapes_paths.WEIGHTS
CAPTIONS = (
    "a large red circle at the top left and a small blue square at the bottom right on a striped yellow background",
    "a large white ring at the middle center on a plain blue background",
    "a small black triangle at the bottom left and a large orange cross at the top right on a plain white background",
    "a large green square at the middle right on a checkered white background",
    "a small yellow circle at the top center and a small red ring at the middle left on a plain black background",
    "a large purple triangle at the bottom center on a striped green background",
    "a large blue cross at the middle left and a large yellow square at the bottom right on a plain red background",
    "a small white square at the top right and a large black circle at the left on a checkered orange background",
)


@pytest.fixture(scope="module")
def model() -> ShapesModel:
    return load(WEIGHTS)


def test_the_weights_are_small_and_their_heads_divide_by_every_degree() -> None:
    assert (WEIGHTS / "model.safetensors").stat().st_size <= 10_000_000
    with safe_open(WEIGHTS / "model.safetensors", framework="pt") as tensors:
        assert {tensors.get_tensor(name).dtype for name in tensors.keys()} == {torch.float16}  # noqa: SIM118
    config = json.loads((WEIGHTS / "config.json").read_text())["transformer"]
    assert config["num_attention_heads"] % 8 == 0
    assert sum(config["axes_dims_rope"]) == config["attention_head_dim"]


def test_pictures_show_what_the_captions_ask_for(model: ShapesModel) -> None:
    drawn = sample(model, list(CAPTIONS), 64, 64, steps=20, seed=0)
    counts: dict[str, list[bool]] = {}
    for caption, x in zip(CAPTIONS, drawn, strict=True):
        for name, values in attributes(check(model.to_picture(x), parse(caption))).items():
            counts.setdefault(name, []).extend(values)
    shares = {name: float(np.mean(values)) for name, values in counts.items()}
    for name in ("colour", "position", "shape", "background_colour", "background_texture"):
        assert shares[name] >= 0.8, shares


def test_another_seed_draws_another_picture_of_the_same_scene(model: ShapesModel) -> None:
    one, other = (sample(model, [CAPTIONS[1]], 64, 64, steps=12, seed=seed) for seed in (0, 1))
    assert not torch.equal(one, other)


def test_the_caption_decides_and_not_the_noise(model: ShapesModel) -> None:
    """Each picture fits its own caption better than the next one's: the measure is not simply generous."""
    drawn = sample(model, list(CAPTIONS), 64, 64, steps=12, seed=0)
    for index, x in enumerate(drawn):
        other = parse(CAPTIONS[(index + 1) % len(CAPTIONS)])
        assert not check(model.to_picture(x), other)["all"]
