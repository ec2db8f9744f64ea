"""The transformers on tokens compute what diffusers' own do."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers.models.attention_processor import JointAttnProcessor2_0
from diffusers.models.transformers.transformer_flux import FluxAttnProcessor

from tetri_worker.adapters.base import ModelConfig
from tetri_worker.adapters.tiny import TinyFluxAdapter, TinySd3Adapter
from tetri_worker.messages import Shape
from tetri_worker.payload import Payload
from tetri_worker.sharding import share

CPU = torch.device("cpu")
SHAPE = Shape("s", 112, 80)


def config(adapter: str, **options: Any) -> ModelConfig:
    return ModelConfig(adapter, None, torch.float32, options)


def error(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """The largest difference, in relation to the largest value."""
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


@pytest.mark.parametrize("guided", [False, True])
@torch.inference_mode()
def test_flux_on_tokens_is_flux(guided: bool) -> None:
    adapter = TinyFluxAdapter(config("tiny-flux", guidanceEmbeds=guided), CPU)
    payloads = [Payload("one", 1, 2.0), Payload("two", 2)]
    conditionings = [adapter.encode(payload, SHAPE) for payload in payloads]
    tokens = torch.stack([adapter.initial_latents(payload, SHAPE) for payload in payloads])
    sigmas = torch.tensor([1.0, 0.4])
    inputs = adapter.inputs(conditionings, SHAPE, share(None, 12, 35))
    ours = adapter.velocity(tokens, sigmas, inputs)
    adapter.transformer.set_attn_processor(FluxAttnProcessor())
    theirs = adapter.transformer(
        hidden_states=tokens,
        encoder_hidden_states=torch.cat([tensors["text"] for tensors in conditionings]),
        pooled_projections=torch.cat([tensors["pooled"] for tensors in conditionings]),
        timestep=sigmas,
        img_ids=adapter.image_ids(SHAPE),
        txt_ids=torch.zeros(12, 3),
        guidance=torch.tensor([2.0, 3.5]) if guided else None,
    ).sample
    assert error(ours, theirs) < 1e-6
    assert error(ours[0], ours[1]) > 0.1


@torch.inference_mode()
def test_sd3_on_tokens_is_sd3() -> None:
    adapter = TinySd3Adapter(config("tiny-sd3"), CPU)
    payloads = [Payload("one", 1), Payload("two", 2)]
    conditionings = [adapter.encode(payload, SHAPE) for payload in payloads]
    tokens = torch.stack([adapter.initial_latents(payload, SHAPE) for payload in payloads])
    sigmas = torch.tensor([1.0, 0.4])
    ours = adapter.velocity(tokens, sigmas, adapter.inputs(conditionings, SHAPE, share(None, 13, 35)))
    adapter.transformer.set_attn_processor(JointAttnProcessor2_0())
    theirs = adapter.transformer(
        hidden_states=adapter.unpatchify(tokens, SHAPE),
        encoder_hidden_states=torch.cat([tensors["text"] for tensors in conditionings]),
        pooled_projections=torch.cat([tensors["pooled"] for tensors in conditionings]),
        timestep=sigmas * 1000,
    ).sample
    assert error(adapter.unpatchify(ours, SHAPE), theirs) < 1e-6


@torch.inference_mode()
def test_only_guided_members_of_a_batch_follow_their_guidance() -> None:
    adapter = TinySd3Adapter(config("tiny-sd3"), CPU)
    shared = share(None, 13, 35)
    guided, plain = Payload("one", 1, 4.0, "not this"), Payload("two", 2)
    sigmas = torch.tensor([0.7])

    def velocity(*payloads: Payload) -> torch.Tensor:
        tokens = torch.stack([adapter.initial_latents(payload, SHAPE) for payload in payloads])
        inputs = adapter.inputs([adapter.encode(payload, SHAPE) for payload in payloads], SHAPE, shared)
        return adapter.velocity(tokens, sigmas.expand(len(payloads)), inputs)

    both = velocity(plain, guided)
    wanted, unwanted = velocity(Payload("one", 1))[0], velocity(Payload("not this", 1))[0]
    assert error(both[0], velocity(plain)[0]) < 1e-6
    assert error(both[1], unwanted + 4 * (wanted - unwanted)) < 1e-5


@torch.inference_mode()
def test_patches_come_back() -> None:
    adapter = TinySd3Adapter(config("tiny-sd3"), CPU)
    latents = torch.randn(2, 4, 10, 14)
    assert torch.equal(adapter.unpatchify(adapter.patchify(latents), SHAPE), latents)


@pytest.mark.parametrize("make", [TinyFluxAdapter, TinySd3Adapter])
@torch.inference_mode()
def test_seeds_decide(make: Any) -> None:
    one, same, other = (make(config("tiny", seed=seed), CPU) for seed in (3, 3, 4))
    weights = [next(adapter.transformer.parameters()) for adapter in (one, same, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    noise = [adapter.initial_latents(Payload("x", seed), SHAPE) for adapter, seed in ((one, 5), (other, 5), (one, 6))]
    assert torch.equal(noise[0], noise[1]) and not torch.equal(noise[0], noise[2])
    picture = one.decode(noise[0], SHAPE)
    assert picture.shape == (80, 112, 3) and picture.dtype == torch.uint8
    assert torch.equal(picture, same.decode(noise[0], SHAPE))
