"""The measure finds nothing wrong with drawn pictures, and finds what is wrong with others: it can fail."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import shapes_paths  # noqa: F401  (first: makes the packages below importable)
import numpy as np
import pytest
from scenes import picture, random_scene

from tetri_worker.shapes.captions import COLOURS, COLUMNS, ROWS, SHAPES, SIZES, TEXTURES, Scene, validate
from tetri_worker.shapes.measure import attributes, check, ideal

Rng = np.random.Generator


def drawn(scene: Scene, height: int, width: int, rng: Rng, noise: float = 0.0) -> np.ndarray:
    image = picture(scene, height, width, rng)
    image = image + noise * rng.standard_normal(image.shape)
    return (image.clip(0, 1) * 255).round().astype(np.uint8)


@pytest.mark.parametrize(("height", "width", "count"), [(64, 64, 150), (96, 64, 60), (48, 80, 60), (128, 128, 60)])
@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_right_pictures_are_right(height: int, width: int, count: int, noise: float) -> None:
    rng = np.random.default_rng(11)
    results = []
    for _ in range(count):
        scene = random_scene(rng)
        results.append(check(drawn(scene, height, width, rng, noise), scene)["all"])
    assert np.mean(results) >= 0.98


def test_pictures_of_other_scenes_are_wrong() -> None:
    rng = np.random.default_rng(12)
    wrong = []
    for _ in range(150):
        asked, other = random_scene(rng), random_scene(rng)
        wrong.append(not check(drawn(other, 64, 64, rng), asked)["all"])
    assert np.mean(wrong) >= 0.95


def other_than(words: tuple[str, ...], rng: Rng, *taken: str) -> str:
    return str(rng.choice([word for word in words if word not in taken]))


def with_thing(scene: Scene, **changes: str) -> Scene:
    things = (dataclasses.replace(scene.things[0], **changes), *scene.things[1:])
    return dataclasses.replace(scene, things=things)


def moved(scene: Scene, rng: Rng) -> Scene:
    while True:
        row, column = str(rng.choice(ROWS)), str(rng.choice(COLUMNS))
        if (row, column) not in {(other.row, other.column) for other in scene.things}:
            return with_thing(scene, row=row, column=column)


CHANGES: dict[str, Callable[[Scene, Rng], Scene]] = {
    "colour": lambda scene, rng: with_thing(
        scene, colour=other_than(COLOURS, rng, scene.things[0].colour, scene.background)
    ),
    "shape": lambda scene, rng: with_thing(scene, shape=other_than(SHAPES, rng, scene.things[0].shape)),
    "size": lambda scene, rng: with_thing(scene, size=other_than(SIZES, rng, scene.things[0].size)),
    "position": moved,
    "background_colour": lambda scene, rng: dataclasses.replace(
        scene, background=other_than(COLOURS, rng, scene.background, *(thing.colour for thing in scene.things))
    ),
    "background_texture": lambda scene, rng: dataclasses.replace(
        scene, texture=other_than(TEXTURES, rng, scene.texture)
    ),
}


@pytest.mark.parametrize("attribute", CHANGES)
def test_one_wrong_attribute_is_found_and_the_others_stay_right(attribute: str) -> None:
    rng = np.random.default_rng(13)
    found, others = [], []
    for _ in range(60):
        asked = random_scene(rng)
        shown = CHANGES[attribute](asked, rng)
        validate(shown)
        result = attributes(check(drawn(shown, 64, 64, rng), asked))
        found.append(not result[attribute][0])
        # A thing that is elsewhere has no colour, shape or size to be right where it was asked for.
        if attribute != "position":
            others += [value for name, values in result.items() if name != attribute for value in values]
    assert np.mean(found) >= 0.95
    if others:
        assert np.mean(others) >= 0.95


def test_a_thing_too_many_is_found() -> None:
    rng = np.random.default_rng(14)
    found = []
    for _ in range(120):
        shown = random_scene(rng)
        if len(shown.things) == 2:
            asked = dataclasses.replace(shown, things=shown.things[:1])
            found.append(not check(drawn(shown, 64, 64, rng), asked)["nothing_else"])
    assert np.mean(found) >= 0.95


def test_noise_and_emptiness_are_wrong_in_everything_asked_for() -> None:
    rng = np.random.default_rng(15)
    for _ in range(20):
        scene = random_scene(rng)
        noise = attributes(check(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8), scene))
        assert not any(noise["shape"] + noise["size"] + noise["background_colour"] + noise["background_texture"])
        empty = attributes(check(drawn(dataclasses.replace(scene, things=()), 64, 64, rng), scene))
        assert not any(empty["colour"] + empty["position"] + empty["shape"] + empty["size"])
        assert all(empty["background_colour"] + empty["background_texture"] + empty["nothing_else"])


def test_the_ideal_picture_is_right_and_other_arrays_are_refused() -> None:
    scene = random_scene(np.random.default_rng(16))
    assert check(ideal(scene, 64, 64), scene)["all"]
    with pytest.raises(ValueError, match="uint8"):
        check(ideal(scene, 64, 64).astype(np.float32), scene)
