"""The drawing of scenes: seeded, antialiased, and the same scene at every size."""

from __future__ import annotations

import shapes_paths  # noqa: F401  (first: makes the packages below importable)
import numpy as np
import pytest
from scenes import picture, random_scene

from tetri_worker.shapes.captions import COLOURS, SHAPES, TEXTURES, parse
from tetri_worker.shapes.geometry import RGB, background, coverage, draw


def test_the_same_seed_draws_the_same_picture() -> None:
    def drawn(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return picture(random_scene(rng), 64, 96, rng)

    assert np.array_equal(drawn(5), drawn(5))
    assert not np.array_equal(drawn(5), drawn(6))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_antialiased_and_covers_the_same_share_at_every_size(shape: str) -> None:
    shares = []
    for side in (64, 128, 256):
        mask = coverage(shape, 0.15 * side, 0.5, 0.5, side, side)
        assert mask.min() == 0.0 and mask.max() == 1.0
        if shape in ("circle", "ring", "triangle"):
            assert np.any((mask > 0.2) & (mask < 0.8))
        shares.append(float(mask.mean()))
    assert max(shares) - min(shares) < 0.05 * shares[-1]


def test_a_circle_has_the_area_of_a_circle() -> None:
    assert coverage("circle", 20.0, 0.5, 0.5, 100, 80).sum() == pytest.approx(np.pi * 400, rel=0.01)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_thing_has_its_colour_where_it_belongs(shape: str) -> None:
    image = draw(parse(f"a large red {shape} at the bottom right on a plain white background"), 64, 128)
    red = np.linalg.norm(image - np.float32(RGB["red"]), axis=2) < 0.1
    rows, columns = np.nonzero(red)
    assert rows.mean() / 64 == pytest.approx(0.82, abs=0.05)
    assert columns.mean() / 128 == pytest.approx(0.82, abs=0.02)


def test_backgrounds_differ_and_textures_repeat() -> None:
    pictures = {(texture, name): background(texture, name, 64, 64) for texture in TEXTURES for name in COLOURS}
    keys = list(pictures)
    for index, key in enumerate(keys):
        for other in keys[:index]:
            assert np.abs(pictures[key] - pictures[other]).mean() > 0.05
    assert np.array_equal(pictures["striped", "red"][:, 0], pictures["striped", "red"][:, 63])
    assert np.array_equal(pictures["checkered", "red"][:, 0], pictures["checkered", "red"][:, 16])


def test_colours_are_well_apart() -> None:
    for name in COLOURS:
        for other in COLOURS:
            if name != other:
                assert np.linalg.norm(np.subtract(RGB[name], RGB[other])) > 0.35


def test_unknown_words_are_refused() -> None:
    with pytest.raises(ValueError, match="dotted"):
        background("dotted", "red", 8, 8)
    with pytest.raises(ValueError, match="heart"):
        coverage("heart", 2.0, 0.5, 0.5, 8, 8)
