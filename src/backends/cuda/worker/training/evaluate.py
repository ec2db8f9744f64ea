"""Measures the model on captions drawn at random: python evaluate.py --model models/shapes-dit --sizes 64x64,128x128

The captions are seeded and of every kind evenly; there are so many that few of them were ever drawn in training.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from sample import sample
from scenes import random_scene

from tetri_worker.shapes.captions import describe
from tetri_worker.shapes.measure import ATTRIBUTES, attributes, check
from tetri_worker.shapes.model import ShapesModel, load


def accuracy(model: ShapesModel, height: int, width: int, count: int, steps: int, seed: int) -> tuple[dict, np.ndarray]:
    """The share of right answers by attribute, and the pictures side by side, uint8 [H, W * count, 3]."""
    rng = np.random.default_rng(seed)
    lists: dict[str, list[bool]] = {name: [] for name in ("all", *ATTRIBUTES)}
    pictures = []
    batch = max(1, 32 * 4096 // (height * width))
    scenes = [random_scene(rng) for _ in range(count)]
    started = time.monotonic()
    for start in range(0, count, batch):
        part = scenes[start : start + batch]
        # Other seeds than the captions' own, and others for each batch.
        drawn = sample(model, [describe(scene) for scene in part], height, width, steps, seed * 1000 + start)
        for scene, x in zip(part, drawn, strict=True):
            picture = model.to_picture(x)
            result = check(picture, scene)
            for name, values in (attributes(result) | {"all": [result["all"]]}).items():
                lists[name] += values
            pictures.append(picture)
    shares = {name: round(float(np.mean(values)), 3) for name, values in lists.items()}
    return shares | {"seconds_per_picture": round((time.monotonic() - started) / count, 2)}, np.hstack(pictures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/shapes-dit"))
    parser.add_argument("--sizes", default="64x64", help="HEIGHTxWIDTH, separated by commas")
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pictures", type=Path, help="folder for one PNG a size, with all pictures side by side")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = load(options.model)
    for size in options.sizes.split(","):
        height, width = (int(side) for side in size.split("x"))
        shares, pictures = accuracy(model, height, width, options.count, options.steps, options.seed)
        print(json.dumps({"picture": size, "steps": options.steps, "captions": options.count} | shares), flush=True)
        if options.pictures:
            options.pictures.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.ascontiguousarray(pictures)).save(options.pictures / f"{size}.png")


if __name__ == "__main__":
    main()
