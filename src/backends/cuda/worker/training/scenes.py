"""Draws scenes: seeded, antialiased, at any size. The only data the model is trained on."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tetri_worker.shapes.captions import COLOURS, COLUMNS, ROWS, SHAPES, SIZES, TEXTURES, Scene, Thing  # noqa: E402
from tetri_worker.shapes.geometry import draw  # noqa: E402


def random_scene(rng: np.random.Generator) -> Scene:
    """A scene drawn evenly from the caption language: one object in a third of the scenes, two in the others."""
    background, *rest = rng.permutation(len(COLOURS))
    count = 1 if rng.random() < 1 / 3 else 2
    places = rng.choice(9, size=count, replace=False)
    things = tuple(
        Thing(
            SIZES[rng.integers(len(SIZES))],
            COLOURS[rest[rng.integers(len(rest))]],
            SHAPES[rng.integers(len(SHAPES))],
            ROWS[place // 3],
            COLUMNS[place % 3],
        )
        for place in places
    )
    return Scene(things, TEXTURES[rng.integers(len(TEXTURES))], COLOURS[background])


def picture(scene: Scene, height: int, width: int, rng: np.random.Generator | None) -> np.ndarray:
    """A picture of the scene, float32 [H, W, 3] in [0, 1]; with rng a little off in position and size."""
    offsets, scales = [], []
    for _ in scene.things:
        offsets.append((0.0, 0.0) if rng is None else tuple(rng.uniform(-0.012, 0.012, size=2)))
        scales.append(1.0 if rng is None else float(rng.uniform(0.96, 1.04)))
    return draw(scene, height, width, offsets, scales)
