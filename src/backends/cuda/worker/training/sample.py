"""Samples captions with a plain loop on one process, to look at: python sample.py --out pictures "a red circle at ..."

Run it from the folder that the weights' path starts in, or name the weights with --model.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tetri_worker.shapes.model import ShapesModel, load  # noqa: E402


@torch.no_grad()
def sample(model: ShapesModel, captions: list[str], height: int, width: int, steps: int, seed: int) -> Tensor:
    """Pictures [B, 3, H, W] of the captions: Euler steps down the noise levels, one forward each."""
    encoded = [model.encode(caption) for caption in captions]
    states, pooled = (torch.cat(parts) for parts in zip(*encoded, strict=True))
    ids = model.image_ids(height, width)
    generator = torch.Generator().manual_seed(seed)
    x = model.patchify(torch.randn(len(captions), 3, height, width, generator=generator))
    sigmas = model.sigmas(steps, x.shape[1])
    for now, after in zip(sigmas, sigmas[1:], strict=False):
        t = torch.full((len(captions),), now)
        x = x + (after - now) * model.predict(x, t, states, pooled, ids)
    return model.unpatchify(x, height, width)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("captions", nargs="+")
    parser.add_argument("--model", type=Path, default=Path("models/shapes-dit"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--height", type=int, default=64)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    model = load(options.model)
    pictures = sample(model, options.captions, options.height, options.width, options.steps, options.seed)
    for index, (caption, x) in enumerate(zip(options.captions, pictures, strict=True)):
        path = options.out / f"{index}.png"
        Image.fromarray(np.ascontiguousarray(model.to_picture(x))).save(path)
        print(f"{path}: {caption}")


if __name__ == "__main__":
    main()
