"""The caption language: what it reads, what it refuses, and that a scene survives the way there and back."""

from __future__ import annotations

import shapes_paths  # noqa: F401  (first: makes the packages below importable)
import numpy as np
import pytest
from scenes import random_scene

from tetri_worker.shapes.captions import TOKENS, VOCABULARY, Scene, Thing, describe, parse, tokenize

LONG = (
    "a large red circle at the top left and a small blue square at the bottom right on a striped yellow background"
)


def test_reads_two_objects_and_a_background() -> None:
    assert parse(LONG) == Scene(
        (Thing("large", "red", "circle", "top", "left"), Thing("small", "blue", "square", "bottom", "right")),
        "striped",
        "yellow",
    )
    assert describe(parse(LONG)) == LONG


def test_fills_in_what_is_left_out() -> None:
    scene = parse("Green ring in the centre, on a white background.")
    assert describe(scene) == "a large green ring at the middle center on a plain white background"
    assert describe(parse("an orange cross at the left on a black background")) == (
        "a large orange cross at the middle left on a plain black background"
    )


def test_every_scene_survives_the_way_there_and_back() -> None:
    rng = np.random.default_rng(0)
    for _ in range(500):
        scene = random_scene(rng)
        assert parse(describe(scene)) == scene


@pytest.mark.parametrize(
    ("caption", "message"),
    [
        ("a large red dog at the top left on a plain white background", '"dog"'),
        ("a huge red circle at the top left on a plain white background", '"huge"'),
        ("a large red circle on a plain white background", 'expected "at" or "in"'),
        ("a large red circle at the plain white background", "expected a position"),
        ("a large red circle at the top left", "it ended"),
        ("a large red circle at the top left on a plain white background and", '"and"'),
        ("a large red circle at the top left on a plain red background", "cannot be seen"),
        (
            "a red circle at the left and a blue circle at the middle left on a white background",
            "both at the middle left",
        ),
        ("a circle at the top left on a white background", "expected a colour"),
        ("", "it ended"),
        ("<none> red circle at the top left on a white background", '"<none>"'),
    ],
)
def test_refuses_what_it_does_not_know(caption: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(caption)


def test_tokens_are_of_fixed_length_and_tell_scenes_apart() -> None:
    rng = np.random.default_rng(1)
    scenes = {random_scene(rng) for _ in range(500)}
    tokens = {tuple(tokenize(scene)) for scene in scenes}
    assert len(tokens) == len(scenes)
    assert all(len(ids) == TOKENS and max(ids) < len(VOCABULARY) for ids in tokens)
