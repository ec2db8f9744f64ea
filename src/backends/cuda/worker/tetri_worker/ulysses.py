"""Ulysses: attention over a sequence that is spread over a group.

Outside attention a member has some of the tokens and all heads; inside it has all tokens and some of the heads. Two
exchanges of all to all change between these. Tokens inside are in the order of the members (the text and the image of
the first, then of the second, ...): attention does not depend on the order, for positions are already in the queries
and keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from diffusers.models.embeddings import apply_rotary_emb
from torch.nn.functional import scaled_dot_product_attention

from .groups import Group
from .sharding import Share


class Sequencer:
    """Tells the attention layers of one model how the sequence of the current step is shared out."""

    def __init__(self) -> None:
        self._share: Share | None = None

    @contextmanager
    def using(self, share: Share) -> Iterator[None]:
        """The share that attention uses within the block."""
        self._share = share
        try:
            yield
        finally:
            self._share = None

    @property
    def share(self) -> Share:
        """The share of the step that is going on."""
        if self._share is None:
            raise RuntimeError("attention outside of a step")
        return self._share


def attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, group: Group | None, tokens: Sequence[int]
) -> torch.Tensor:
    """Attention of this member's queries to the keys and values of all members.

    query, key, value: [batch, local tokens, heads, head width]; tokens: how many each member has.
    Returns [batch, local tokens, heads, head width].
    """
    if group is None:
        query, key, value = (part.transpose(1, 2) for part in (query, key, value))
        return scaled_dot_product_attention(query, key, value).transpose(1, 2)
    batch, local, heads, width = query.shape
    size = group.size
    some = heads // size
    # [3, batch, local, heads, width] -> rows by member, then by local token: [size * local, 3, batch, some, width]
    rows = torch.stack((query, key, value)).unflatten(3, (size, some)).permute(3, 2, 0, 1, 4, 5).contiguous()
    rows = group.exchange(rows.flatten(0, 1), [local] * size, tokens)
    # [all tokens, 3, batch, some, width] -> three of [batch, some, all tokens, width]
    query, key, value = rows.permute(1, 2, 3, 0, 4).unbind(0)
    mixed = scaled_dot_product_attention(query, key, value)
    # Back: rows by token in the order of the members, then by member of the heads.
    rows = group.exchange(mixed.permute(2, 0, 1, 3).contiguous(), tokens, [local] * size)
    return rows.unflatten(0, (size, local)).permute(2, 1, 0, 3, 4).reshape(batch, local, heads, width)


class FluxAttention:
    """The attention of Flux's blocks with both streams and with one: diffusers' `FluxAttnProcessor`, spread out."""

    def __init__(self, sequencer: Sequencer) -> None:
        self._sequencer = sequencer

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        image_rotary_emb: tuple[torch.Tensor, torch.Tensor] | None = None,
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        """hidden_states: [batch, local image (with one stream: text and image) tokens, width]."""
        share = self._sequencer.share
        query, key, value = _heads(attn, hidden_states, attn.to_q, attn.to_k, attn.to_v)
        query, key = attn.norm_q(query), attn.norm_k(key)
        texts = 0
        if encoder_hidden_states is not None:
            texts = encoder_hidden_states.shape[1]
            text = _heads(attn, encoder_hidden_states, attn.add_q_proj, attn.add_k_proj, attn.add_v_proj)
            query = torch.cat((attn.norm_added_q(text[0]), query), dim=1)
            key = torch.cat((attn.norm_added_k(text[1]), key), dim=1)
            value = torch.cat((text[2], value), dim=1)
        if image_rotary_emb is not None:
            query, key = (_turned(part, image_rotary_emb) for part in (query, key))
        mixed = attend(query, key, value, share.group, share.joint).flatten(2, 3).to(query.dtype)
        if encoder_hidden_states is None:
            return mixed
        image = attn.to_out[1](attn.to_out[0](mixed[:, texts:].contiguous()))
        return image, attn.to_add_out(mixed[:, :texts].contiguous())


class JointAttention:
    """The attention of Stable Diffusion 3: diffusers' `JointAttnProcessor2_0`, spread out.

    Without text it is the second attention of 3.5's first blocks, which looks at the image alone.
    """

    def __init__(self, sequencer: Sequencer) -> None:
        self._sequencer = sequencer

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        """hidden_states, encoder_hidden_states: [batch, local image or local text tokens, width]."""
        share = self._sequencer.share
        images = hidden_states.shape[1]
        query, key, value = _heads(attn, hidden_states, attn.to_q, attn.to_k, attn.to_v)
        query, key = _normed(attn.norm_q, query), _normed(attn.norm_k, key)
        if encoder_hidden_states is not None:
            text = _heads(attn, encoder_hidden_states, attn.add_q_proj, attn.add_k_proj, attn.add_v_proj)
            query = torch.cat((query, _normed(attn.norm_added_q, text[0])), dim=1)
            key = torch.cat((key, _normed(attn.norm_added_k, text[1])), dim=1)
            value = torch.cat((value, text[2]), dim=1)
        tokens = share.image if encoder_hidden_states is None else share.joint
        mixed = attend(query, key, value, share.group, tokens).flatten(2, 3).to(query.dtype)
        image = attn.to_out[1](attn.to_out[0](mixed[:, :images]))
        if encoder_hidden_states is None:
            return image
        rest = mixed[:, images:]
        return image, rest if attn.context_pre_only else attn.to_add_out(rest)


def _turned(heads: torch.Tensor, rotary: Any) -> torch.Tensor:
    """Rotary embeddings of the local tokens put into [batch, local tokens, heads, head width]."""
    turned: Any = apply_rotary_emb(heads, rotary, sequence_dim=1)
    return turned


def _heads(attn: Any, hidden: torch.Tensor, *projections: torch.nn.Module) -> list[torch.Tensor]:
    """Projections of [batch, tokens, width] to [batch, tokens, heads, head width]."""
    return [projection(hidden).unflatten(-1, (attn.heads, -1)) for projection in projections]


def _normed(norm: torch.nn.Module | None, heads: torch.Tensor) -> torch.Tensor:
    return heads if norm is None else norm(heads)
