"""Trains the shapes model from nothing on drawn scenes: python train.py --minutes 75 --out models/shapes-dit

Small pictures come first, for they teach what the words mean at a quarter of the cost; larger ones follow, and the
last part mixes all sizes. The run is seeded, and goes on from its last checkpoint when it is started again.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from optimiser import Optimiser
from scenes import picture, random_scene

from tetri_worker.shapes.captions import tokenize
from tetri_worker.shapes.measure import free
from tetri_worker.shapes.model import ShapesModel, initialise, save

# Height, width and batch: each is about the same number of tokens, so that a step costs about the same.
SMALL = [(32, 32, 64)]
MEDIUM = [(64, 64, 16)] * 12 + [(48, 80, 16), (80, 48, 16), (128, 128, 4)]
MIXED = [(64, 64, 16)] * 6 + [(96, 64, 10), (64, 96, 10)] + [(128, 128, 4)] * 8 + [(256, 256, 1)]
PHASES = [(0.32, SMALL), (0.74, MEDIUM), (1.0, MIXED)]
# The weight of what is around a thing, in relation to the plain background's 1. Things are a tenth of a picture and
# much harder to draw; and as no weight depends on the noise, what the loss is least for stays the same.
AROUND = 6.0
# Compiling takes a minute for each size, which only the size with the most steps earns back.
COMPILED = {(32, 32)}


def sizes_at(progress: float) -> list[tuple[int, int, int]]:
    return next((sizes for until, sizes in PHASES if progress < until), MIXED)


def batch_of(height: int, width: int, batch: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures [B, 3, H, W] in [-1, 1], their word ids [B, T], and how much each pixel matters [B, 1, H, W]."""
    scenes = [random_scene(rng) for _ in range(batch)]
    pictures = np.stack([picture(scene, height, width, rng) for scene in scenes])
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2) * 2 - 1
    around = np.stack([~free(scene, height, width) for scene in scenes])
    weights = 1 + (AROUND - 1) * torch.from_numpy(around)[:, None].float()
    return x, torch.tensor([tokenize(scene) for scene in scenes]), weights / weights.mean()


def loss_of(
    model: ShapesModel, transformer: nn.Module, batch: tuple[Tensor, Tensor, Tensor], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The rectified flow's squared error of the velocity at evenly spread noise levels: weighted, and as it is."""
    x, words, weights = batch
    height, width = x.shape[-2:]
    clean = model.patchify(x)
    noise = torch.randn(clean.shape, generator=generator)
    # One level in each of B equal parts of [0, 1]: the loss of a small batch varies less.
    u = (torch.arange(len(x)) + torch.rand(len(x), generator=generator)) / len(x)
    shift = model.shift(clean.shape[1])
    t = shift * u / (1 + (shift - 1) * u)
    noisy = torch.lerp(clean, noise, t[:, None, None])
    states, pooled = model.words(words)
    velocity = transformer(
        hidden_states=noisy,
        encoder_hidden_states=states,
        pooled_projections=pooled,
        timestep=t,
        img_ids=model.image_ids(height, width),
        txt_ids=model.text_ids(),
        return_dict=False,
    )[0]
    error = (velocity - (noise - clean)).square()
    return (error * model.patchify(weights.expand_as(x))).mean(), error.detach().mean()


def rate_at(progress: float, step: int) -> float:
    """A short warm-up, then flat, then down to a twentieth over the last half of the time."""
    decay = min(1.0, (1.0 - progress) / 0.5)
    return min(1.0, (step + 1) / 50) * max(0.05, decay)


class Run:
    """The training state: weights, their moving average, the optimiser, and what has been seen so far."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.model = initialise(seed).train()
        self.average = {name: value.detach().clone() for name, value in self.model.named_parameters()}
        self.optimiser = Optimiser(self.model)
        self.folder = folder
        self.facts: dict = {"seed": seed, "seconds": 0.0, "samples": {}, "losses": []}
        if (folder / "checkpoint.json").exists():
            self._resume()
        self.rng = np.random.default_rng([seed, self.optimiser.steps])
        self.generator = torch.Generator().manual_seed(seed * 1_000_003 + self.optimiser.steps)

    def _resume(self) -> None:
        self.facts = json.loads((self.folder / "checkpoint.json").read_text())
        self.optimiser.steps = self.facts["steps"]
        tensors = load_file(self.folder / "checkpoint.safetensors")
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                parameter.copy_(tensors[f"model/{name}"])
                self.average[name].copy_(tensors[f"average/{name}"])
            for name, value in self.optimiser.state.items():
                value.copy_(tensors[f"state/{name}"])

    def checkpoint(self) -> None:
        """Writes everything a later start goes on from; each file is complete before it takes its name."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tensors = {f"model/{name}": value.detach() for name, value in self.model.named_parameters()}
        tensors |= {f"average/{name}": value for name, value in self.average.items()}
        tensors |= {f"state/{name}": value for name, value in self.optimiser.state.items()}
        self.facts["steps"] = self.optimiser.steps
        save_file(tensors, self.folder / "checkpoint.new")
        (self.folder / "checkpoint.new").replace(self.folder / "checkpoint.safetensors")
        (self.folder / "facts.new").write_text(json.dumps(self.facts))
        (self.folder / "facts.new").replace(self.folder / "checkpoint.json")

    @torch.no_grad()
    def follow(self) -> None:
        """Moves the average towards the weights; quickly at first, when they still change a lot."""
        steps = self.optimiser.steps
        weight = 1 - min(0.995, (1 + steps) / (10 + steps))
        names = list(self.average)
        parameters = dict(self.model.named_parameters())
        torch._foreach_lerp_([self.average[name] for name in names], [parameters[name] for name in names], weight)

    def export(self, path: Path) -> None:
        """Writes the averaged weights in the form the worker loads."""
        averaged = initialise(0)
        averaged.load_state_dict(self.average)
        save(averaged, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=75.0, help="training time in all, over all starts")
    parser.add_argument("--out", type=Path, required=True, help="folder for config.json and model.safetensors")
    parser.add_argument("--state", type=Path, help="folder for checkpoints (default: OUT/state)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compile", action="store_true", help="compile the commonest size (needs a C++ compiler)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    run = Run(options.seed, options.state or options.out / "state")
    plain = run.model.transformer
    compiled = torch.compile(plain, dynamic=False) if options.compile else plain
    started, before = time.monotonic(), run.facts["seconds"]
    saved = reported = started
    recent: list[tuple[int, float]] = []
    while (progress := run.facts["seconds"] / (options.minutes * 60)) < 1.0:
        sizes = sizes_at(progress)
        height, width, batch = sizes[run.rng.integers(len(sizes))]
        drawn = batch_of(height, width, batch, run.rng)
        transformer = compiled if (height, width) in COMPILED else plain
        loss, error = loss_of(run.model, transformer, drawn, run.generator)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
        run.optimiser.step(rate_at(progress, run.optimiser.steps))
        run.follow()

        now = time.monotonic()
        run.facts["seconds"] = before + now - started
        key = f"{height}x{width}"
        run.facts["samples"][key] = run.facts["samples"].get(key, 0) + batch
        recent.append((min(height, width), error.item()))
        if not math.isfinite(recent[-1][1]):
            raise FloatingPointError(f"the loss is {recent[-1][1]} at step {run.optimiser.steps}")
        if now - reported > 20:
            means = {
                side: round(float(np.mean([value for at, value in recent if at == side])), 4)
                for side in sorted({at for at, _ in recent})
            }
            run.facts["losses"].append([run.optimiser.steps, round(run.facts["seconds"]), means])
            print(f"{run.facts['seconds']:6.0f} s  step {run.optimiser.steps:5d}  loss by size {means}", flush=True)
            reported, recent = now, []
        if now - saved > 150:
            run.checkpoint()
            run.export(options.out)
            saved = now
    run.checkpoint()
    run.export(options.out)
    print(json.dumps({"steps": run.optimiser.steps, "samples": run.facts["samples"]}))


if __name__ == "__main__":
    main()
