"""Where things stand, how large they are, and what they look like: shared by the training data and the measure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .captions import COLUMNS, ROWS, Scene, Thing

RGB: dict[str, tuple[float, float, float]] = {
    "red": (0.88, 0.10, 0.12),
    "orange": (1.00, 0.55, 0.05),
    "yellow": (1.00, 0.92, 0.15),
    "green": (0.10, 0.62, 0.22),
    "blue": (0.12, 0.30, 0.90),
    "purple": (0.60, 0.18, 0.75),
    "white": (0.97, 0.97, 0.97),
    "black": (0.05, 0.05, 0.05),
}
CENTRES = (0.18, 0.5, 0.82)
# Radii as a fraction of the picture's shorter side; two large things beside each other just don't touch.
RADII = {"small": 0.10, "large": 0.155}
BANDS = 8


def second_colour(name: str) -> np.ndarray:
    """The other colour of a striped or checkered background: a tint, or for white a shade."""
    colour = np.asarray(RGB[name], dtype=np.float32)
    return colour * 0.72 if name == "white" else colour + (1.0 - colour) * 0.42


def axes(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The pixel centres in [0, 1]: rows [H, 1] and columns [1, W]."""
    rows = (np.arange(height, dtype=np.float32) + 0.5) / height
    columns = (np.arange(width, dtype=np.float32) + 0.5) / width
    return rows[:, None], columns[None, :]


def background(texture: str, name: str, height: int, width: int) -> np.ndarray:
    """The background alone, float32 [H, W, 3]. Stripes lie level; checks have as many rows as columns."""
    rows, columns = axes(height, width)
    if texture == "plain":
        mask = np.zeros((height, width), dtype=np.float32)
    elif texture == "striped":
        mask = np.broadcast_to(np.floor(rows * BANDS) % 2, (height, width))
    elif texture == "checkered":
        mask = (np.floor(rows * BANDS) + np.floor(columns * BANDS)) % 2
    else:
        raise ValueError(f'unknown texture "{texture}"')
    first = np.asarray(RGB[name], dtype=np.float32)
    return first + mask[..., None] * (second_colour(name) - first)


def _box(y: np.ndarray, x: np.ndarray, half_height: float, half_width: float) -> np.ndarray:
    return np.maximum(np.abs(y) - half_height, np.abs(x) - half_width)


def distance(shape: str, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """How far points lie outside (positive) or inside (negative) a shape of radius 1 around the origin."""
    if shape == "circle":
        return np.sqrt(y * y + x * x) - 1.0
    if shape == "square":
        return _box(y, x, 0.87, 0.87)
    if shape == "triangle":
        # Apex (-1.05, 0), base at y = 0.85 from x = -1.1 to 1.1.
        slope = np.float32(1.1 / 1.9)
        sides = (np.abs(x) - slope * (y + 1.05)) / np.sqrt(1.0 + slope * slope)
        return np.maximum(sides, y - 0.85)
    if shape == "cross":
        return np.minimum(_box(y, x, 1.0, 0.33), _box(y, x, 0.33, 1.0))
    if shape == "ring":
        return np.abs(np.sqrt(y * y + x * x) - 0.78) - 0.24
    raise ValueError(f'unknown shape "{shape}"')


def centre(thing: Thing) -> tuple[float, float]:
    """The row and column of a thing's middle, both in [0, 1] of the picture."""
    return CENTRES[ROWS.index(thing.row)], CENTRES[COLUMNS.index(thing.column)]


def coverage(
    shape: str, radius: float, row: float, column: float, height: int, width: int
) -> np.ndarray:
    """How much of each pixel a shape covers, [H, W] in [0, 1]: radius in pixels, its middle in [0, 1]."""
    rows, columns = axes(height, width)
    y = (rows - row) * height / radius
    x = (columns - column) * width / radius
    return np.clip(0.5 - distance(shape, y, x) * radius, 0.0, 1.0).astype(np.float32)


def draw(
    scene: Scene,
    height: int,
    width: int,
    offsets: Sequence[tuple[float, float]] | None = None,
    scales: Sequence[float] | None = None,
) -> np.ndarray:
    """The picture of a scene, float32 [H, W, 3] in [0, 1]; offsets in fractions of the shorter side."""
    side = min(height, width)
    image = background(scene.texture, scene.background, height, width)
    for index, thing in enumerate(scene.things):
        row, column = centre(thing)
        down, right = offsets[index] if offsets else (0.0, 0.0)
        radius = RADII[thing.size] * side * (scales[index] if scales else 1.0)
        mask = coverage(
            thing.shape, radius, row + down * side / height, column + right * side / width, height, width
        )[..., None]
        image = image + mask * (np.asarray(RGB[thing.colour], dtype=np.float32) - image)
    return image.astype(np.float32)
