"""Flux: its transformer on slices of the tokens, and pipelines of diffusers that have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ..messages import Shape
from ..payload import Payload
from ..pictures import to_bytes
from ..sampler import noise
from ..sharding import Share
from ..ulysses import FluxAttention, Sequencer
from .base import DEFAULT_MAX_BATCH_SIZE, Adapter, ModelConfig, Tensors, check_multiple, count_parameters
from .pipelines import load_part, load_pipeline, pipeline_sigmas

DEFAULT_GUIDANCE = 3.5
PACK = 2


@dataclass(frozen=True)
class FluxInputs:
    """This member's slice of what all steps of a chunk share.

    text: [batch, local text tokens, width]; pooled: [batch, width]; guidance: [batch] float32, or None;
    text_ids, image_ids: positions of the local tokens, [tokens, 3] float32.
    """

    share: Share
    text: torch.Tensor
    pooled: torch.Tensor
    guidance: torch.Tensor | None
    text_ids: torch.Tensor
    image_ids: torch.Tensor


class FluxAdapter(Adapter):
    """Everything that adapters of a `FluxTransformer2DModel` share.

    The conditioning is `text` [1, text tokens, width], `pooled` [1, width], and `guidance` [1] where the model is
    told of it.
    """

    def __init__(self, transformer: Any, config: ModelConfig, device: torch.device) -> None:
        self.transformer = transformer.to(device).eval().requires_grad_(False)
        self.device = device
        self.dtype = config.dtype
        self.heads = transformer.config.num_attention_heads
        self.max_batch_size = config.whole("maxBatchSize", DEFAULT_MAX_BATCH_SIZE)
        self.parameters = count_parameters(transformer)
        self._sequencer = Sequencer()
        self.transformer.set_attn_processor(FluxAttention(self._sequencer))

    def image_ids(self, shape: Shape) -> torch.Tensor:
        """Positions of all image tokens, [tokens, 3] float32."""
        raise NotImplementedError

    def text_ids(self, tokens: int) -> torch.Tensor:
        """Positions of all text tokens, [tokens, 3] float32."""
        return torch.zeros(tokens, 3)

    def text_tokens(self, conditioning: Tensors) -> int:
        return conditioning["text"].shape[1]

    def conditioning(self, text: torch.Tensor, pooled: torch.Tensor, payload: Payload) -> Tensors:
        """The tensors of a request from the outputs of the text encoders."""
        tensors = {"text": text.to(self.device, self.dtype), "pooled": pooled.to(self.device, self.dtype)}
        if self.transformer.config.guidance_embeds:
            guidance = DEFAULT_GUIDANCE if payload.guidance is None else payload.guidance
            tensors["guidance"] = torch.tensor([guidance], dtype=torch.float32, device=self.device)
        return tensors

    def inputs(self, conditionings: Sequence[Tensors], shape: Shape, share: Share) -> FluxInputs:
        guided = self.transformer.config.guidance_embeds
        text = torch.cat([tensors["text"] for tensors in conditionings])
        return FluxInputs(
            share=share,
            text=text[:, share.text_slice].contiguous(),
            pooled=torch.cat([tensors["pooled"] for tensors in conditionings]),
            guidance=torch.cat([tensors["guidance"] for tensors in conditionings]) if guided else None,
            text_ids=self.text_ids(text.shape[1])[share.text_slice].to(self.device),
            image_ids=self.image_ids(shape)[share.image_slice].to(self.device),
        )

    def velocity(self, tokens: torch.Tensor, sigmas: torch.Tensor, inputs: FluxInputs) -> torch.Tensor:
        with self._sequencer.using(inputs.share):
            return self.transformer(
                hidden_states=tokens.to(self.dtype),
                encoder_hidden_states=inputs.text,
                pooled_projections=inputs.pooled,
                timestep=sigmas,
                img_ids=inputs.image_ids,
                txt_ids=inputs.text_ids,
                guidance=inputs.guidance,
                return_dict=False,
            )[0]


class FluxPipelineAdapter(FluxAdapter):
    """A Flux pipeline in a local folder, as diffusers saves it."""

    def __init__(self, config: ModelConfig, device: torch.device) -> None:
        from diffusers import FluxPipeline, FluxTransformer2DModel

        super().__init__(load_part(FluxTransformer2DModel, config, "transformer"), config, device)
        self._pipeline = load_pipeline(
            FluxPipeline, config, device, encoders=("CLIPTextModel", "T5EncoderModel"), transformer=self.transformer
        )
        self._text_tokens = config.whole("textTokens", 512)
        self._pixels = self._pipeline.vae_scale_factor * PACK

    def check_shape(self, shape: Shape) -> None:
        check_multiple(shape, self._pixels)

    def encode(self, payload: Payload, shape: Shape) -> Tensors:
        text, pooled, _ = self._pipeline.encode_prompt(
            payload.prompt, device=self.device, max_sequence_length=self._text_tokens
        )
        return self.conditioning(text, pooled, payload)

    def latents_size(self, shape: Shape) -> tuple[int, int]:
        tokens = (shape.height // self._pixels) * (shape.width // self._pixels)
        return tokens, self.transformer.config.in_channels

    def initial_latents(self, payload: Payload, shape: Shape) -> torch.Tensor:
        height, width = self._sides(shape)
        channels = self.transformer.config.in_channels // PACK**2
        drawn = noise(payload.seed, 1, channels, height, width)
        return self._pipeline._pack_latents(drawn, 1, channels, height, width)[0].to(self.device)

    def image_ids(self, shape: Shape) -> torch.Tensor:
        height, width = self._sides(shape)
        return self._pipeline._prepare_latent_image_ids(1, height // PACK, width // PACK, "cpu", torch.float32)

    def sigmas(self, steps: int, shape: Shape) -> list[float]:
        return pipeline_sigmas(self._pipeline.scheduler, steps, self.latents_size(shape)[0], from_one=True)

    def decode(self, latents: torch.Tensor, shape: Shape) -> torch.Tensor:
        vae = self._pipeline.vae
        packed = self._pipeline._unpack_latents(
            latents[None], shape.height, shape.width, self._pipeline.vae_scale_factor
        )
        picture = vae.decode((packed / vae.config.scaling_factor + vae.config.shift_factor).to(vae.dtype)).sample[0]
        return to_bytes(picture.permute(1, 2, 0).float() / 2 + 0.5).cpu()

    def _sides(self, shape: Shape) -> tuple[int, int]:
        factor = self._pipeline.vae_scale_factor
        return shape.height // factor, shape.width // factor
