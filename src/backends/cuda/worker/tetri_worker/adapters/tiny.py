"""Small models with random weights: real transformers for tests and for trying things out without a model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import torch

from ..failures import Fatal
from ..messages import Shape
from ..payload import Payload
from ..pictures import to_bytes
from ..sampler import flow_sigmas, noise
from .base import ModelConfig, Tensors, check_multiple
from .flux import FluxAdapter
from .sd3 import Sd3Adapter

HEAD_WIDTH = 8
POOLED_WIDTH = 32
TEXT_WIDTH = 48


class _Tiny:
    """What both tiny models share: text from a hash, pictures from a fixed linear map.

    Options: `seed` of the weights, `heads`, `layers` of each kind, `textTokens`, `pixelsPerToken`, `shift` of the noise
    levels, `maxBatchSize`; `guidanceEmbeds` of tiny-flux.
    """

    def __init__(self, config: ModelConfig, channels: int, text_tokens: int) -> None:
        self.tiny_pixels = config.whole("pixelsPerToken", 16)
        self.tiny_texts = config.whole("textTokens", text_tokens)
        self.tiny_shift = config.number("shift", 1.0)
        self.tiny_colours = noise(config.whole("seed", 0, 0) + 1, channels, self.tiny_pixels**2 * 3) / channels**0.5

    def encode_text(self, prompt: str) -> tuple[torch.Tensor, torch.Tensor]:
        """`text` [1, text tokens, width] and `pooled` [1, width]: random, but the same for the same prompt."""
        seed = int.from_bytes(hashlib.sha256(prompt.encode("utf-8")).digest()[:6], "big")
        drawn = noise(seed, self.tiny_texts * TEXT_WIDTH + POOLED_WIDTH)
        text, pooled = drawn[:-POOLED_WIDTH], drawn[-POOLED_WIDTH:]
        return text.reshape(1, self.tiny_texts, TEXT_WIDTH), pooled[None]

    def paint(self, latents: torch.Tensor, shape: Shape) -> torch.Tensor:
        """[tokens, channels] -> uint8 [height, width, 3]."""
        pixels = self.tiny_pixels
        patches = (latents.float().cpu() @ self.tiny_colours).sigmoid()
        grid = patches.reshape(shape.height // pixels, shape.width // pixels, pixels, pixels, 3)
        return to_bytes(grid.permute(0, 2, 1, 3, 4).reshape(shape.height, shape.width, 3))


class TinyFluxAdapter(FluxAdapter, _Tiny):
    """A `FluxTransformer2DModel` with random weights."""

    def __init__(self, config: ModelConfig, device: torch.device) -> None:
        from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel

        _Tiny.__init__(self, config, channels=16, text_tokens=12)
        layers = config.whole("layers", 2)
        transformer = _seeded(
            config,
            lambda: FluxTransformer2DModel(
                in_channels=16,
                num_layers=layers,
                num_single_layers=layers,
                attention_head_dim=HEAD_WIDTH,
                num_attention_heads=config.whole("heads", 8),
                joint_attention_dim=TEXT_WIDTH,
                pooled_projection_dim=POOLED_WIDTH,
                guidance_embeds=config.options.get("guidanceEmbeds") is True,
                axes_dims_rope=(2, 2, 4),
            ),
        )
        FluxAdapter.__init__(self, transformer, config, device)

    def check_shape(self, shape: Shape) -> None:
        check_multiple(shape, self.tiny_pixels)

    def encode(self, payload: Payload, shape: Shape) -> Tensors:
        return self.conditioning(*self.encode_text(payload.prompt), payload)

    def latents_size(self, shape: Shape) -> tuple[int, int]:
        return (shape.height // self.tiny_pixels) * (shape.width // self.tiny_pixels), 16

    def initial_latents(self, payload: Payload, shape: Shape) -> torch.Tensor:
        return noise(payload.seed, *self.latents_size(shape)).to(self.device)

    def image_ids(self, shape: Shape) -> torch.Tensor:
        rows, columns = shape.height // self.tiny_pixels, shape.width // self.tiny_pixels
        ids = torch.cartesian_prod(torch.zeros(1), torch.arange(rows).float(), torch.arange(columns).float())
        return ids.reshape(-1, 3)

    def sigmas(self, steps: int, shape: Shape) -> list[float]:
        return flow_sigmas(steps, self.tiny_shift)

    def decode(self, latents: torch.Tensor, shape: Shape) -> torch.Tensor:
        return self.paint(latents, shape)


class TinySd3Adapter(Sd3Adapter, _Tiny):
    """An `SD3Transformer2DModel` with random weights, query and key norms, and blocks with a second attention."""

    def __init__(self, config: ModelConfig, device: torch.device) -> None:
        from diffusers.models.transformers.transformer_sd3 import SD3Transformer2DModel

        # An odd number, as the 333 of the real model is: no degree shares it out evenly.
        _Tiny.__init__(self, config, channels=16, text_tokens=13)
        heads = config.whole("heads", 8)
        layers = config.whole("layers", 3, 2)
        transformer = _seeded(
            config,
            lambda: SD3Transformer2DModel(
                sample_size=32,
                patch_size=2,
                in_channels=4,
                out_channels=4,
                num_layers=layers,
                attention_head_dim=HEAD_WIDTH,
                num_attention_heads=heads,
                joint_attention_dim=TEXT_WIDTH,
                caption_projection_dim=heads * HEAD_WIDTH,
                pooled_projection_dim=POOLED_WIDTH,
                pos_embed_max_size=128,
                dual_attention_layers=(0, 1),
                qk_norm="rms_norm",
            ),
        )
        Sd3Adapter.__init__(self, transformer, config, device, self.tiny_pixels)

    def encode(self, payload: Payload, shape: Shape) -> Tensors:
        tensors = self.conditioning(*self.encode_text(payload.prompt))
        if payload.guidance is None or payload.guidance <= 1:
            return tensors
        negative = self.conditioning(*self.encode_text(payload.negative_prompt))
        return self.guided(tensors, negative, payload.guidance)

    def sigmas(self, steps: int, shape: Shape) -> list[float]:
        return flow_sigmas(steps, self.tiny_shift)

    def decode(self, latents: torch.Tensor, shape: Shape) -> torch.Tensor:
        return self.paint(latents, shape)


def _seeded(config: ModelConfig, make: Callable[[], Any]) -> Any:
    """A model with the same weights wherever it is made with this seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.whole("seed", 0, 0))
        try:
            model = make()
            return model if config.dtype == torch.float32 else model.to(config.dtype)
        except (ValueError, TypeError) as error:
            raise Fatal("bad-model", f"the options make no model: {error}") from None
