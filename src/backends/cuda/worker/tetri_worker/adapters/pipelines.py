"""Reading pipelines of diffusers from local folders: weights as safetensors only, and no code from the folder."""

from __future__ import annotations

import os
from typing import Any

import torch

from ..failures import Fatal
from .base import ModelConfig

TOKENIZERS = {
    "CLIPTextModel": "CLIPTokenizer",
    "CLIPTextModelWithProjection": "CLIPTokenizer",
    "T5EncoderModel": "T5TokenizerFast",
}
OPTIONAL_ENCODERS = ("T5EncoderModel",)


def folder(config: ModelConfig) -> str:
    """The model's folder; raises Fatal `model-not-found`."""
    if config.path is None:
        raise Fatal("model-not-found", f"the adapter {config.adapter} needs the path of a model")
    if not os.path.isdir(config.path):
        raise Fatal("model-not-found", f"there is no folder {config.path}")
    return config.path


def load_part(kind: Any, config: ModelConfig, name: str) -> torch.nn.Module:
    """A model of diffusers from a folder within the pipeline's folder."""
    path = os.path.join(folder(config), name)
    if not os.path.isdir(path):
        raise Fatal("model-not-found", f"there is no folder {path}")
    return kind.from_pretrained(path, torch_dtype=config.dtype, local_files_only=True, use_safetensors=True)


def load_pipeline(
    kind: Any, config: ModelConfig, device: torch.device, encoders: tuple[str, ...], transformer: torch.nn.Module
) -> Any:
    """A pipeline object of the parts in the folder, for its way of encoding prompts and of packing latents.

    The folder's own list of parts (model_index.json) is not read: it could name other classes than these.
    """
    import transformers
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler

    path = folder(config)
    parts: dict[str, Any] = {
        "transformer": transformer,
        "scheduler": FlowMatchEulerDiscreteScheduler.from_pretrained(
            path, subfolder="scheduler", local_files_only=True
        ),
        "vae": load_part(AutoencoderKL, config, "vae").to(device).eval().requires_grad_(False),
    }
    for place, encoder in enumerate(encoders, 1):
        suffix = "" if place == 1 else f"_{place}"
        here = os.path.join(path, f"text_encoder{suffix}")
        if encoder in OPTIONAL_ENCODERS and place == 3 and not os.path.isdir(here):
            parts[f"text_encoder{suffix}"] = parts[f"tokenizer{suffix}"] = None
            continue
        if not os.path.isdir(here):
            raise Fatal("model-not-found", f"there is no folder {here}")
        loaded = getattr(transformers, encoder).from_pretrained(
            here, dtype=config.dtype, local_files_only=True, use_safetensors=True
        )
        parts[f"text_encoder{suffix}"] = loaded.to(device).eval().requires_grad_(False)
        parts[f"tokenizer{suffix}"] = getattr(transformers, TOKENIZERS[encoder]).from_pretrained(
            os.path.join(path, f"tokenizer{suffix}"), local_files_only=True
        )
    return kind(**parts)


def pipeline_sigmas(scheduler: Any, steps: int, tokens: int, from_one: bool) -> list[float]:
    """The noise levels that the pipeline would use: `steps` + 1 of them.

    from_one: whether the levels start from 1 before shifting (as Flux does) or are the scheduler's own.
    """
    settings: dict[str, Any] = {}
    if scheduler.config.use_dynamic_shifting:
        settings["mu"] = _shift(scheduler.config, tokens)
    if from_one and not getattr(scheduler.config, "use_flow_sigmas", False):
        settings["sigmas"] = [1 - step / steps for step in range(steps)]
    scheduler.set_timesteps(steps, device="cpu", **settings)
    return [float(sigma) for sigma in scheduler.sigmas]


def _shift(settings: Any, tokens: int) -> float:
    """How much more noise the steps of larger pictures have: linear in the number of tokens."""
    few, many = settings.get("base_image_seq_len", 256), settings.get("max_image_seq_len", 4096)
    least, most = settings.get("base_shift", 0.5), settings.get("max_shift", 1.15)
    return least + (most - least) * (tokens - few) / (many - few)
