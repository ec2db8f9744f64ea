"""The shapes model: a FluxTransformer2DModel in pixel space with learned word embeddings in place of text encoders.

It is a rectified flow: x_t = (1 - t) * picture + t * noise, and the transformer predicts noise - picture. A latent is
the picture itself, values in [-1, 1], cut into patches of PATCH x PATCH pixels: one token each.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import torch
from diffusers import FluxTransformer2DModel
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from .captions import TOKENS, VOCABULARY, parse, tokenize

PATCH = 4
CHANNELS = 3 * PATCH * PATCH
# Positions span this range whatever the size, so that "top left" means the same at all sizes. Over it the three fastest
# rotary frequencies turn about 5, 0.8 and 0.1 times: fine, middling and coarse enough to tell any two places apart.
SPAN = 32.0
BASE_TOKENS = 256
# The more pixels show a thing, the more noise it takes to hide it: the schedule moves towards noise with the square
# root of the number of tokens, from this shift at BASE_TOKENS.
BASE_SHIFT = 3.0

CONFIG = {
    "patch_size": 1,
    "in_channels": CHANNELS,
    "out_channels": CHANNELS,
    "num_layers": 1,
    "num_single_layers": 5,
    "attention_head_dim": 24,
    "num_attention_heads": 8,
    "joint_attention_dim": 96,
    "pooled_projection_dim": 96,
    "guidance_embeds": False,
    "axes_dims_rope": (4, 10, 10),
}


class Words(nn.Module):
    """Word ids [B, T] to embeddings [B, T, D] and their pooled form [B, D].

    A word has an embedding of its own and another for each place it can stand at; with the latter even the pooled
    form, a sum, says which word stood where.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.word = nn.Embedding(len(VOCABULARY), width)
        self.word_at_place = nn.Embedding(TOKENS * len(VOCABULARY), width)

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        places = torch.arange(TOKENS, device=ids.device) * len(VOCABULARY)
        states = self.word(ids) + self.word_at_place(ids + places)
        # The mean of T independent values shrinks with the root of T; scaling keeps the pooled form of unit size.
        return states, states.mean(dim=1) * math.sqrt(TOKENS)


class ShapesModel(nn.Module):
    """The transformer, the word embeddings, and the conversions around them."""

    def __init__(self, config: dict | None = None) -> None:
        super().__init__()
        self.config = dict(config or CONFIG)
        self.transformer = FluxTransformer2DModel(**self.config)
        self.words = Words(self.config["joint_attention_dim"])

    @property
    def device(self) -> torch.device:
        return self.words.word.weight.device

    @property
    def dtype(self) -> torch.dtype:
        return self.words.word.weight.dtype

    @torch.no_grad()
    def encode(self, caption: str) -> tuple[Tensor, Tensor]:
        """The conditioning of a caption: encoder_hidden_states [1, T, D] and pooled [1, D]."""
        ids = torch.tensor([tokenize(parse(caption))], device=self.device)
        return self.words(ids)

    def patchify(self, x: Tensor) -> Tensor:
        """[B, 3, H, W] to tokens [B, H/PATCH * W/PATCH, CHANNELS], row by row."""
        batch, channels, height, width = x.shape
        grid = _grid(height, width)
        x = x.reshape(batch, channels, grid[0], PATCH, grid[1], PATCH)
        return x.permute(0, 2, 4, 1, 3, 5).reshape(batch, grid[0] * grid[1], channels * PATCH * PATCH)

    def unpatchify(self, tokens: Tensor, height: int, width: int) -> Tensor:
        """The inverse of patchify: tokens [B, L, CHANNELS] to [B, 3, H, W]."""
        rows, columns = _grid(height, width)
        x = tokens.reshape(tokens.shape[0], rows, columns, 3, PATCH, PATCH)
        return x.permute(0, 3, 1, 4, 2, 5).reshape(tokens.shape[0], 3, height, width)

    def image_ids(self, height: int, width: int) -> Tensor:
        """Position ids [L, 3] of a picture's tokens: the scale of the picture, then the row and the column."""
        rows, columns = _grid(height, width)
        ids = torch.empty(rows, columns, 3, device=self.device)
        # Without it nothing would tell the network how many pixels a shape spans.
        ids[..., 0] = math.log2(min(rows, columns) / math.sqrt(BASE_TOKENS))
        ids[..., 1] = ((torch.arange(rows, device=self.device) + 0.5) / rows * SPAN)[:, None]
        ids[..., 2] = ((torch.arange(columns, device=self.device) + 0.5) / columns * SPAN)[None, :]
        return ids.reshape(rows * columns, 3)

    def text_ids(self) -> Tensor:
        """Position ids [T, 3] of the words: all zero, the origin that picture tokens find their place from."""
        return torch.zeros(TOKENS, 3, device=self.device)

    def shift(self, tokens: int) -> float:
        """How far the schedule leans towards noise for a picture of so many tokens."""
        return BASE_SHIFT * math.sqrt(tokens / BASE_TOKENS)

    def sigmas(self, steps: int, tokens: int) -> list[float]:
        """The steps + 1 noise levels of a sampling run, from 1 (noise only) down to 0 (the picture)."""
        if steps < 1:
            raise ValueError(f"sampling takes at least 1 step, not {steps}")
        shift = self.shift(tokens)
        levels = (1.0 - step / steps for step in range(steps + 1))
        return [shift * level / (1.0 + (shift - 1.0) * level) for level in levels]

    def to_picture(self, x: Tensor) -> np.ndarray:
        """One picture in [-1, 1], [3, H, W] or [1, 3, H, W], to uint8 [H, W, 3]."""
        x = x.detach().reshape(x.shape[-3:]).float().clamp(-1, 1)
        return ((x + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()

    def predict(self, tokens: Tensor, t: Tensor, states: Tensor, pooled: Tensor, ids: Tensor) -> Tensor:
        """One forward: the velocity [B, L, CHANNELS] at tokens [B, L, CHANNELS] and noise levels t [B] in [0, 1]."""
        return self.transformer(
            hidden_states=tokens,
            encoder_hidden_states=states,
            pooled_projections=pooled,
            timestep=t,
            img_ids=ids,
            txt_ids=self.text_ids(),
            return_dict=False,
        )[0]


def _grid(height: int, width: int) -> tuple[int, int]:
    if height % PATCH or width % PATCH or height < PATCH or width < PATCH:
        raise ValueError(f"height and width must be positive multiples of {PATCH}, not {height}x{width}")
    return height // PATCH, width // PATCH


def initialise(seed: int, config: dict | None = None) -> ShapesModel:
    """A fresh model with seeded weights, made so that every block starts as the identity."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = ShapesModel(config)
        for module in model.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        nn.init.normal_(model.words.word.weight, std=math.sqrt(0.5))
        nn.init.normal_(model.words.word_at_place.weight, std=math.sqrt(0.5))
    transformer = model.transformer
    modulations = [transformer.norm_out.linear]
    for block in transformer.transformer_blocks:
        modulations += [block.norm1.linear, block.norm1_context.linear]
    modulations += [block.norm.linear for block in transformer.single_transformer_blocks]
    for linear in modulations:
        nn.init.zeros_(linear.weight)
    nn.init.zeros_(transformer.proj_out.weight)
    return model


def save(model: ShapesModel, path: str | Path, dtype: torch.dtype = torch.float16) -> None:
    """Writes config.json and one model.safetensors into the folder at path."""
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"transformer": model.config}, indent=2) + "\n")
    tensors = {name: value.detach().to(dtype).contiguous().cpu() for name, value in model.state_dict().items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def load(path: str | Path, dtype: torch.dtype = torch.float32, device: str | torch.device = "cpu") -> ShapesModel:
    """Reads a folder written by save, ready for sampling."""
    folder = Path(path)
    model = ShapesModel(json.loads((folder / "config.json").read_text())["transformer"])
    model.load_state_dict(load_file(folder / "model.safetensors"))
    return model.to(dtype=dtype, device=device).eval().requires_grad_(False)
