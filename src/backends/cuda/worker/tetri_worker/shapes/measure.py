"""Measures whether a picture shows what a caption asked for. Knows the caption language, nothing of the network.

The background comes first: of all backgrounds that can be asked for, the one that most pixels agree with. What differs
from it is foreground. Around each asked position the foreground's commonest colour is taken, and the share of it in
every pixel is compared with antialiased drawings of every shape and size. Colour, position, shape and size of a thing
are each judged by themselves, so that one mistake counts once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .captions import COLOURS, SHAPES, SIZES, TEXTURES, Scene, Thing
from .geometry import RADII, RGB, background, centre, coverage, draw

# Distances between colours are Euclidean in RGB of [0, 1]; the nearest two of the palette are 0.38 apart.
NEAR = 0.2
# A window around a position reaches half way to the next one.
REACH = 0.16
# How far a thing's middle may lie off its position, as a fraction of the picture's shorter side.
OFF = 0.08
# The least overlap (intersection over union) of a thing with the drawing of its shape.
OVERLAP = 0.6
# The least share of pixels that agree with the background, of those that no asked thing may cover.
AGREEMENT = 0.7
# The most foreground outside of what was asked for, as a fraction of a small circle's area.
STRAY = 0.25

ATTRIBUTES = ("colour", "position", "shape", "size", "background_colour", "background_texture", "nothing_else")


@dataclass(frozen=True)
class _Match:
    shape: str
    size: str
    overlap: float


def check(picture: np.ndarray, scene: Scene) -> dict:
    """Compares picture, uint8 [H, W, 3], with scene.

    Returns "things": for each asked thing the booleans colour, position, shape and size, with what was seen and the
    scores; "background_colour", "background_texture" and "nothing_else": booleans; "agreement": the share of pixels
    that agree with the best background; and "all": whether everything is right.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise ValueError(f"a picture is uint8 [H, W, 3], not {picture.dtype} {list(picture.shape)}")
    image = picture.astype(np.float32) / 255.0
    height, width = image.shape[:2]
    blank = free(scene, height, width)
    texture, colour, agreement = _best_background(image, blank)
    behind = background(texture, colour, height, width)
    things = [_check_thing(image, behind, colour, thing) for thing in scene.things]
    stray = _stray(image, behind, blank)
    result = {
        "things": things,
        "background_colour": agreement >= AGREEMENT and colour == scene.background,
        "background_texture": agreement >= AGREEMENT and texture == scene.texture,
        "nothing_else": stray <= STRAY,
        "agreement": agreement,
        "stray": stray,
        "seen": f"{texture} {colour}",
    }
    result["all"] = all(all(values) for values in attributes(result).values())
    return result


def attributes(result: dict) -> dict[str, list[bool]]:
    """A result of check as lists of booleans by attribute, to be counted over many pictures."""
    lists = {name: [thing[name] for thing in result["things"]] for name in ATTRIBUTES[:4]}
    return lists | {name: [result[name]] for name in ATTRIBUTES[4:]}


def free(scene: Scene, height: int, width: int) -> np.ndarray:
    """Where none of the asked things can be, [H, W] booleans."""
    blank = np.ones((height, width), dtype=bool)
    side = min(height, width)
    for thing in scene.things:
        row, column = centre(thing)
        y = np.abs((np.arange(height) + 0.5) / height - row) * height
        x = np.abs((np.arange(width) + 0.5) / width - column) * width
        reach = (RADII[thing.size] * 1.2 + 0.03) * side
        blank &= ~((y[:, None] < reach) & (x[None, :] < reach))
    return blank


def _best_background(image: np.ndarray, blank: np.ndarray) -> tuple[str, str, float]:
    """The texture and colour that most blank pixels agree with, and their share."""
    height, width = image.shape[:2]
    best = ("", "", -1.0, np.inf)
    for colour in COLOURS:
        for texture in TEXTURES:
            distance = np.linalg.norm(image - background(texture, colour, height, width), axis=2)[blank]
            share, mean = float((distance < NEAR).mean()), float(distance.mean())
            if (share, -mean) > (best[2], -best[3]):
                best = (texture, colour, share, mean)
    return best[0], best[1], best[2]


def _stray(image: np.ndarray, behind: np.ndarray, blank: np.ndarray) -> float:
    """The foreground where nothing should be, in areas of a small circle. Blurred edges of bands don't count."""
    side = min(image.shape[:2])
    differs = (np.linalg.norm(image - behind, axis=2) > NEAR) & blank
    # A pixel counts if the 2 x 2 pixels from it on all differ: a thing has an inside, a smeared edge has none.
    inside = differs[:-1, :-1] & differs[1:, :-1] & differs[:-1, 1:] & differs[1:, 1:]
    return float(inside.sum() / (np.pi * (RADII["small"] * side) ** 2))


def _window(thing: Thing, height: int, width: int) -> tuple[slice, slice]:
    row, column = centre(thing)
    reach = REACH * min(height, width)
    top, left = row * height, column * width
    return (
        slice(max(0, round(top - reach)), min(height, round(top + reach))),
        slice(max(0, round(left - reach)), min(width, round(left + reach))),
    )


def _check_thing(image: np.ndarray, behind: np.ndarray, behind_colour: str, thing: Thing) -> dict:
    height, width = image.shape[:2]
    side = min(height, width)
    seen_colour, share = _share(image, behind, behind_colour, _window(thing, height, width))
    area = float(share.sum())
    wrong = {"colour": False, "position": False, "shape": False, "size": False, "seen": "nothing", "overlap": 0.0}
    # The smallest thing there is, a small ring or cross, covers about half of a small circle.
    if seen_colour is None or area < 0.2 * np.pi * (RADII["small"] * side) ** 2:
        return wrong
    rows, columns = np.nonzero(np.ones_like(share))
    middle = (
        float((rows + 0.5) @ share.ravel()) / area / height,
        float((columns + 0.5) @ share.ravel()) / area / width,
    )
    row, column = centre(thing)
    off = float(np.hypot((middle[0] - row) * height, (middle[1] - column) * width)) / side
    match = _best_match(share, middle, _window(thing, height, width))
    return {
        "colour": seen_colour == thing.colour,
        "position": off <= OFF,
        "shape": match.shape == thing.shape and match.overlap >= OVERLAP,
        "size": match.size == thing.size and match.overlap >= OVERLAP,
        "seen": f"{match.size} {seen_colour} {match.shape}",
        "overlap": match.overlap,
        "off": off,
    }


def _share(
    image: np.ndarray, behind: np.ndarray, behind_colour: str, window: tuple[slice, slice]
) -> tuple[str | None, np.ndarray]:
    """The commonest foreground colour in a window, and its share of every pixel, [H, W], zero outside the window."""
    pixels, ground = image[window], behind[window]
    names = [name for name in COLOURS if name != behind_colour]
    candidates = [ground] + [np.broadcast_to(np.float32(RGB[name]), pixels.shape) for name in names]
    nearest = np.argmin([np.linalg.norm(pixels - candidate, axis=2) for candidate in candidates], axis=0)
    counts = np.bincount(nearest.ravel(), minlength=len(candidates))[1:]
    share = np.zeros(image.shape[:2], dtype=np.float32)
    if counts.max() == 0:
        return None, share
    name = names[int(counts.argmax())]
    # At an edge a pixel lies on the line between both colours; how far along is its share.
    line = np.float32(RGB[name]) - ground
    along = ((pixels - ground) * line).sum(axis=2) / np.maximum((line * line).sum(axis=2), 1e-6)
    along = np.clip(along, 0.0, 1.0)
    aside = np.linalg.norm(pixels - ground - along[..., None] * line, axis=2)
    share[window] = np.where(aside < NEAR, along, 0.0)
    # A faint tint of the whole window is no thing.
    share[share < 0.2] = 0.0
    return name, share


def _best_match(share: np.ndarray, middle: tuple[float, float], window: tuple[slice, slice]) -> _Match:
    """The shape and size whose drawing, laid over the middle of what is seen, overlaps best with it."""
    height, width = share.shape
    side = min(height, width)
    seen = share[window]
    best = _Match("", "", -1.0)
    for shape in SHAPES:
        lean = _lean(shape)
        for size in SIZES:
            for scale in (0.92, 1.0, 1.08):
                radius = RADII[size] * side * scale
                for down in (-0.015, 0.0, 0.015):
                    for right in (-0.015, 0.0, 0.015):
                        row = middle[0] + (down * side - lean * radius) / height
                        column = middle[1] + right * side / width
                        drawn = coverage(shape, radius, row, column, height, width)[window]
                        union = float(np.maximum(seen, drawn).sum())
                        overlap = float(np.minimum(seen, drawn).sum()) / union
                        if overlap > best.overlap:
                            best = _Match(shape, size, overlap)
    return best


def _lean(shape: str) -> float:
    """How far below its middle a shape's centre of mass lies, in radii: only a triangle's does."""
    return 1.9 * 2 / 3 - 1.05 if shape == "triangle" else 0.0


def ideal(scene: Scene, height: int, width: int) -> np.ndarray:
    """The picture that a scene describes, uint8 [H, W, 3]: what check finds nothing wrong with."""
    return (draw(scene, height, width) * 255).round().astype(np.uint8)
