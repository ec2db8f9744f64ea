"""The small model of coloured shapes that comes with the worker."""

from __future__ import annotations

import math

import torch

from ..failures import CallFailed
from ..messages import Shape
from ..payload import Payload
from ..sampler import noise
from .base import ModelConfig, Tensors, check_multiple
from .flux import FluxAdapter
from .pipelines import folder

SIDE = 64


class ShapesAdapter(FluxAdapter):
    """A trained Flux transformer of a few million parameters that draws pixels without an autoencoder."""

    def __init__(self, config: ModelConfig, device: torch.device) -> None:
        from ..shapes.model import load

        self._model = load(folder(config), config.dtype, device)
        super().__init__(self._model.transformer, config, device)
        # How many pixels a side of a token has: the tokens of a picture of known size tell.
        tokens, self._channels = self._model.patchify(torch.zeros(1, 3, SIDE, SIDE)).shape[1:]
        self._pixels = SIDE // math.isqrt(tokens)

    def check_shape(self, shape: Shape) -> None:
        check_multiple(shape, self._pixels)

    def encode(self, payload: Payload, shape: Shape) -> Tensors:
        try:
            text, pooled = self._model.encode(payload.prompt)
        except ValueError as error:
            raise CallFailed("bad-payload", f"prompt: {error}") from None
        return self.conditioning(text, pooled, payload)

    def latents_size(self, shape: Shape) -> tuple[int, int]:
        return (shape.height // self._pixels) * (shape.width // self._pixels), self._channels

    def initial_latents(self, payload: Payload, shape: Shape) -> torch.Tensor:
        return self._model.patchify(noise(payload.seed, 1, 3, shape.height, shape.width))[0].to(self.device)

    def image_ids(self, shape: Shape) -> torch.Tensor:
        return self._model.image_ids(shape.height, shape.width).float()

    def text_ids(self, tokens: int) -> torch.Tensor:
        return self._model.text_ids().float()

    def sigmas(self, steps: int, shape: Shape) -> list[float]:
        return [float(sigma) for sigma in self._model.sigmas(steps, self.latents_size(shape)[0])]

    def decode(self, latents: torch.Tensor, shape: Shape) -> torch.Tensor:
        picture = self._model.unpatchify(latents[None].cpu(), shape.height, shape.width)
        return torch.as_tensor(self._model.to_picture(picture)).cpu()
