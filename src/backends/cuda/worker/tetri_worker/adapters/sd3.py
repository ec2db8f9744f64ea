"""Stable Diffusion 3 and 3.5: the transformer on slices of the tokens, and pipelines of diffusers that have it.

diffusers' transformer takes pictures of latents and cuts them into patches itself. Here latents are tokens throughout
(a token is a patch: channel, row, column), so that any slice of them can be computed: the convolution that embeds
patches is a matrix product on tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import linear

from ..failures import CallFailed
from ..messages import Shape
from ..payload import Payload
from ..pictures import to_bytes
from ..sampler import noise
from ..sharding import Share
from ..ulysses import JointAttention, Sequencer
from .base import DEFAULT_MAX_BATCH_SIZE, Adapter, ModelConfig, Tensors, check_multiple, count_parameters
from .pipelines import load_part, load_pipeline, pipeline_sigmas

DEFAULT_GUIDANCE = 7.0
TIMESTEPS = 1000


@dataclass(frozen=True)
class Sd3Inputs:
    """This member's slice of what all steps of a chunk share.

    Rows are the requests, then those of them again that are guided, with their negative prompts.
    text: [rows, local text tokens, width], embedded already; pooled: [rows, width];
    positions: [1, local image tokens, width]; guided: indices of the guided requests; guidance: theirs, [guided, 1, 1].
    """

    share: Share
    text: torch.Tensor
    pooled: torch.Tensor
    positions: torch.Tensor
    guided: torch.Tensor
    guidance: torch.Tensor


class Sd3Adapter(Adapter):
    """Everything that adapters of an `SD3Transformer2DModel` share.

    The conditioning is `text` [1, text tokens, width], `pooled` [1, width] and, where the request is guided (guidance
    above 1), `negative_text`, `negative_pooled` of the same shapes and `guidance` [1] float32.
    """

    def __init__(self, transformer: Any, config: ModelConfig, device: torch.device, pixels: int) -> None:
        self.transformer = transformer.to(device).eval().requires_grad_(False)
        self.device = device
        self.dtype = config.dtype
        self.heads = transformer.config.num_attention_heads
        self.max_batch_size = config.whole("maxBatchSize", DEFAULT_MAX_BATCH_SIZE)
        self.parameters = count_parameters(transformer)
        self._patch = transformer.config.patch_size
        self._pixels = pixels
        self._sequencer = Sequencer()
        self.transformer.set_attn_processor(JointAttention(self._sequencer))

    def check_shape(self, shape: Shape) -> None:
        check_multiple(shape, self._pixels)
        most = self.transformer.config.pos_embed_max_size * self._pixels
        if max(shape.width, shape.height) > most:
            raise CallFailed("unsupported", f"{shape.width}x{shape.height}: sides are at most {most} pixels")

    def latents_size(self, shape: Shape) -> tuple[int, int]:
        rows, columns = self._grid(shape)
        return rows * columns, self.transformer.config.in_channels * self._patch**2

    def initial_latents(self, payload: Payload, shape: Shape) -> torch.Tensor:
        rows, columns = self._grid(shape)
        channels = self.transformer.config.in_channels
        drawn = noise(payload.seed, 1, channels, rows * self._patch, columns * self._patch)
        return self.patchify(drawn)[0].to(self.device)

    def patchify(self, latents: torch.Tensor) -> torch.Tensor:
        """[batch, channels, height, width] -> [batch, tokens, channels * patch * patch]."""
        batch, channels, height, width = latents.shape
        patch = self._patch
        patches = latents.reshape(batch, channels, height // patch, patch, width // patch, patch)
        return patches.permute(0, 2, 4, 1, 3, 5).reshape(batch, -1, channels * patch * patch)

    def unpatchify(self, tokens: torch.Tensor, shape: Shape) -> torch.Tensor:
        """The way back."""
        rows, columns = self._grid(shape)
        patches = tokens.unflatten(1, (rows, columns)).unflatten(3, (-1, self._patch, self._patch))
        return patches.permute(0, 3, 1, 4, 2, 5).flatten(4, 5).flatten(2, 3)

    def text_tokens(self, conditioning: Tensors) -> int:
        return conditioning["text"].shape[1]

    def conditioning(self, text: torch.Tensor, pooled: torch.Tensor) -> Tensors:
        """The tensors of a request that is not guided, from the outputs of the text encoders."""
        return {"text": text.to(self.device, self.dtype), "pooled": pooled.to(self.device, self.dtype)}

    def guided(self, tensors: Tensors, negative: Tensors, guidance: float) -> Tensors:
        """The tensors of a guided request, from those of its prompt and of its negative prompt."""
        return {
            **tensors,
            "negative_text": negative["text"],
            "negative_pooled": negative["pooled"],
            "guidance": torch.tensor([guidance], dtype=torch.float32, device=self.device),
        }

    def inputs(self, conditionings: Sequence[Tensors], shape: Shape, share: Share) -> Sd3Inputs:
        guided = [index for index, tensors in enumerate(conditionings) if "guidance" in tensors]
        negative = [conditionings[index] for index in guided]
        text = torch.cat(
            [tensors["text"] for tensors in conditionings] + [tensors["negative_text"] for tensors in negative]
        )
        pooled = torch.cat(
            [tensors["pooled"] for tensors in conditionings] + [tensors["negative_pooled"] for tensors in negative]
        )
        rows, columns = self._grid(shape)
        positions = self.transformer.pos_embed.cropped_pos_embed(rows * self._patch, columns * self._patch)
        return Sd3Inputs(
            share=share,
            text=self.transformer.context_embedder(text[:, share.text_slice]),
            pooled=pooled,
            positions=positions[:, share.image_slice].to(self.device),
            guided=torch.tensor(guided, dtype=torch.long, device=self.device),
            guidance=torch.cat([tensors["guidance"] for tensors in negative])[:, None, None] if guided else pooled,
        )

    def velocity(self, tokens: torch.Tensor, sigmas: torch.Tensor, inputs: Sd3Inputs) -> torch.Tensor:
        requests = len(tokens)
        if not len(inputs.guided):
            return self._transform(tokens, sigmas, inputs)
        rows = torch.cat((tokens, tokens[inputs.guided]))
        both = self._transform(rows, torch.cat((sigmas, sigmas[inputs.guided])), inputs).float()
        wanted, unwanted = both[:requests], both[requests:]
        followed = unwanted + inputs.guidance * (wanted[inputs.guided] - unwanted)
        return wanted.index_copy(0, inputs.guided, followed)

    def _transform(self, tokens: torch.Tensor, sigmas: torch.Tensor, inputs: Sd3Inputs) -> torch.Tensor:
        """`SD3Transformer2DModel.forward` from patches to patches, as [rows, local tokens, channels]."""
        model = self.transformer
        embed = model.pos_embed.proj
        hidden = linear(tokens.to(self.dtype), embed.weight.flatten(1), embed.bias)
        hidden = (hidden + inputs.positions).to(self.dtype)
        moment = model.time_text_embed(sigmas * TIMESTEPS, inputs.pooled)
        text = inputs.text
        with self._sequencer.using(inputs.share):
            for block in model.transformer_blocks:
                text, hidden = block(hidden_states=hidden, encoder_hidden_states=text, temb=moment)
        out = model.proj_out(model.norm_out(hidden, moment))
        # The model's own order within a patch is row, column, channel; that of tokens is channel, row, column.
        return out.unflatten(2, (self._patch**2, -1)).transpose(2, 3).flatten(2, 3)

    def _grid(self, shape: Shape) -> tuple[int, int]:
        return shape.height // self._pixels, shape.width // self._pixels


class Sd3PipelineAdapter(Sd3Adapter):
    """A Stable Diffusion 3 or 3.5 pipeline in a local folder, as diffusers saves it; T5 may be left out."""

    def __init__(self, config: ModelConfig, device: torch.device) -> None:
        from diffusers import SD3Transformer2DModel, StableDiffusion3Pipeline

        transformer: Any = load_part(SD3Transformer2DModel, config, "transformer")
        self._pipeline = load_pipeline(
            StableDiffusion3Pipeline,
            config,
            device,
            encoders=("CLIPTextModelWithProjection", "CLIPTextModelWithProjection", "T5EncoderModel"),
            transformer=transformer,
        )
        super().__init__(transformer, config, device, self._pipeline.vae_scale_factor * transformer.config.patch_size)
        self._text_tokens = config.whole("textTokens", 256)

    def encode(self, payload: Payload, shape: Shape) -> Tensors:
        guidance = DEFAULT_GUIDANCE if payload.guidance is None else payload.guidance
        text, negative_text, pooled, negative_pooled = self._pipeline.encode_prompt(
            payload.prompt,
            None,
            None,
            device=self.device,
            do_classifier_free_guidance=guidance > 1,
            negative_prompt=payload.negative_prompt,
            max_sequence_length=self._text_tokens,
        )
        tensors = self.conditioning(text, pooled)
        if guidance <= 1:
            return tensors
        return self.guided(tensors, self.conditioning(negative_text, negative_pooled), guidance)

    def sigmas(self, steps: int, shape: Shape) -> list[float]:
        return pipeline_sigmas(self._pipeline.scheduler, steps, self.latents_size(shape)[0], from_one=False)

    def decode(self, latents: torch.Tensor, shape: Shape) -> torch.Tensor:
        vae = self._pipeline.vae
        packed = self.unpatchify(latents[None], shape)
        picture = vae.decode((packed / vae.config.scaling_factor + vae.config.shift_factor).to(vae.dtype)).sample[0]
        return to_bytes(picture.permute(1, 2, 0).float() / 2 + 0.5).cpu()
