"""Pipelines in folders: the worker gives what diffusers' own pipelines give, from the same noise."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import transformers
from diffusers import (
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
)
from fleet import Fleet
from template import Template

from tetri_worker.adapters import load_adapter
from tetri_worker.adapters.base import Adapter, ModelConfig
from tetri_worker.chunk import Chunk
from tetri_worker.failures import Fatal
from tetri_worker.messages import Shape
from tetri_worker.payload import Payload
from tetri_worker.states import State
from tetri_worker.tensors import unpack

CPU = torch.device("cpu")
SHAPE = Shape("s", 48, 80)
STEPS = 4
LETTERS = [chr(code) for code in range(ord("a"), ord("z") + 1)]


def clip(projection: bool) -> Any:
    config = transformers.CLIPTextConfig(
        vocab_size=54,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        max_position_embeddings=16,
        projection_dim=16,
        bos_token_id=52,
        eos_token_id=53,
    )
    return (transformers.CLIPTextModelWithProjection if projection else transformers.CLIPTextModel)(config)


def clip_tokenizer() -> Any:
    words = [*LETTERS, *(letter + "</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: number for number, word in enumerate(words)}
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=16)


def t5() -> Any:
    return transformers.T5EncoderModel(
        transformers.T5Config(vocab_size=32, d_model=32, d_kv=8, d_ff=32, num_layers=2, num_heads=2)
    )


def t5_tokenizer() -> Any:
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), *((letter, -3.0) for letter in LETTERS)]
    return transformers.T5TokenizerFast(vocab=pieces, extra_ids=0, model_max_length=16)


def vae() -> AutoencoderKL:
    return AutoencoderKL(
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        block_out_channels=[4] * 4,
        norm_num_groups=2,
        latent_channels=4,
        use_quant_conv=False,
        use_post_quant_conv=False,
        shift_factor=0.1,
        scaling_factor=0.7,
    )


def flux_pipeline() -> FluxPipeline:
    torch.manual_seed(0)
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0),
        vae=vae(),
        text_encoder=clip(False),
        tokenizer=clip_tokenizer(),
        text_encoder_2=t5(),
        tokenizer_2=t5_tokenizer(),
        transformer=FluxTransformer2DModel(
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=8,
            num_attention_heads=4,
            joint_attention_dim=32,
            pooled_projection_dim=16,
            guidance_embeds=True,
            axes_dims_rope=(2, 2, 4),
        ),
    )


def sd3_pipeline(with_t5: bool = True) -> StableDiffusion3Pipeline:
    torch.manual_seed(0)
    return StableDiffusion3Pipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(),
        text_encoder=clip(True),
        tokenizer=clip_tokenizer(),
        text_encoder_2=clip(True),
        tokenizer_2=clip_tokenizer(),
        text_encoder_3=t5() if with_t5 else None,
        tokenizer_3=t5_tokenizer() if with_t5 else None,
        transformer=SD3Transformer2DModel(
            sample_size=16,
            patch_size=2,
            in_channels=4,
            out_channels=4,
            num_layers=2,
            attention_head_dim=8,
            num_attention_heads=4,
            joint_attention_dim=32,
            caption_projection_dim=32,
            pooled_projection_dim=32,
            pos_embed_max_size=16,
            dual_attention_layers=(0,),
            qk_norm="rms_norm",
        ),
    )


def denoise(adapter: Adapter, payload: Payload) -> torch.Tensor:
    state = State("a", SHAPE, STEPS)
    state.conditioning = adapter.encode(payload, SHAPE)
    state.latents = adapter.initial_latents(payload, SHAPE)
    nothing: Any = SimpleNamespace(hang_if_told=lambda: None, stretch=lambda seconds: None)
    assert Chunk(adapter, [state], STEPS, None, nothing).run(lambda: False, lambda done: None).steps == STEPS
    return state.latents


def adapter_of(name: str, path: str) -> Adapter:
    return load_adapter(ModelConfig(name, path, torch.float32, {"textTokens": 12}), CPU)


def error(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


@torch.inference_mode()
def test_flux_is_the_pipeline(folder: str) -> None:
    flux_pipeline().save_pretrained(folder)
    adapter = adapter_of("flux", folder)
    payload = Payload("a red cat", 5, 2.5)
    settings: dict[str, Any] = {
        "prompt": payload.prompt,
        "height": SHAPE.height,
        "width": SHAPE.width,
        "num_inference_steps": STEPS,
        "guidance_scale": 2.5,
        "max_sequence_length": 12,
        "latents": adapter.initial_latents(payload, SHAPE)[None],
    }
    pipeline = FluxPipeline.from_pretrained(folder, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    theirs = pipeline(**settings, output_type="latent").images[0]
    ours = denoise(adapter, payload)
    assert error(ours, theirs) < 1e-5
    picture = torch.from_numpy(pipeline(**settings, output_type="np").images[0]) * 255
    assert (adapter.decode(ours, SHAPE).float() - picture).abs().max() <= 0.51


@pytest.mark.parametrize("guidance", [1.0, 4.0])
@pytest.mark.parametrize("with_t5", [True, False])
@torch.inference_mode()
def test_sd3_is_the_pipeline(folder: str, guidance: float, with_t5: bool) -> None:
    sd3_pipeline(with_t5).save_pretrained(folder)
    adapter: Any = adapter_of("sd3", folder)
    payload = Payload("a red cat", 5, guidance, "blue")
    settings: dict[str, Any] = {
        "prompt": payload.prompt,
        "negative_prompt": "blue",
        "height": SHAPE.height,
        "width": SHAPE.width,
        "num_inference_steps": STEPS,
        "guidance_scale": guidance,
        "max_sequence_length": 12,
        "latents": adapter.unpatchify(adapter.initial_latents(payload, SHAPE)[None], SHAPE),
    }
    without: dict[str, Any] = {} if with_t5 else {"text_encoder_3": None, "tokenizer_3": None}
    pipeline = StableDiffusion3Pipeline.from_pretrained(folder, local_files_only=True, **without)
    pipeline.set_progress_bar_config(disable=True)
    theirs = pipeline(**settings, output_type="latent").images[0]
    ours = denoise(adapter, payload)
    assert error(adapter.unpatchify(ours[None], SHAPE)[0], theirs) < 1e-5
    picture = torch.from_numpy(pipeline(**settings, output_type="np").images[0]) * 255
    assert (adapter.decode(ours, SHAPE).float() - picture).abs().max() <= 0.51


def test_weights_that_are_no_safetensors_are_not_read(folder: str) -> None:
    flux_pipeline().save_pretrained(folder)
    weights = Path(folder) / "transformer" / "diffusion_pytorch_model.safetensors"
    weights.with_suffix(".bin").write_bytes(b"\x80\x04N.")
    weights.unlink()
    with pytest.raises(Fatal) as raised:
        adapter_of("flux", folder)
    assert raised.value.code == "bad-model"


def test_a_part_that_is_missing_is_named(folder: str) -> None:
    flux_pipeline().save_pretrained(folder)
    (Path(folder) / "text_encoder_2").rename(Path(folder) / "elsewhere")
    with pytest.raises(Fatal, match="text_encoder_2") as raised:
        adapter_of("flux", folder)
    assert raised.value.code == "model-not-found"


def test_a_folder_serves_at_degree_2(template: Template, folder: str) -> None:
    flux_pipeline().save_pretrained(folder)
    shape = {"id": "s", "width": 48, "height": 80, "frames": 1}
    fleet = Fleet(template, 2, "flux", path=folder, options={"textTokens": 13})
    try:
        for key in ("one", "two"):
            answer = fleet.prepare(0, key, shape, STEPS, prompt="same")[0]
            assert answer["type"] == "done", answer
            fleet.move(key, 0, [1], shape, STEPS)
        fleet.run(fleet.group([0]), {"one": 0}, STEPS)
        assert fleet.run(fleet.group([1, 0]), {"two": 0}, STEPS)[0]["steps"] == STEPS
        one, two = (unpack(fleet.fetch(0, key, "latents")[1])["latents"] for key in ("one", "two"))
        assert error(two, one) < 1e-4
        assert fleet.call(0, "finish", key="two")[1].startswith(b"\x89PNG")
    finally:
        fleet.close()
