"""Tensors on the wire: safetensors files, which hold data and never code."""

from __future__ import annotations

import safetensors.torch
import torch


def pack(tensors: dict[str, torch.Tensor]) -> bytes:
    """A safetensors file of copies in host memory."""
    # Views of larger tensors are copied, so that no more than the view itself is sent.
    return safetensors.torch.save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})


def unpack(body: bytes) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file, in host memory; raises ValueError where it is none."""
    try:
        return safetensors.torch.load(body)
    except Exception as error:  # The library has no one kind of error for what is not a safetensors file.
        raise ValueError(f"not a safetensors file: {error}") from None


def size_of(tensors: dict[str, torch.Tensor]) -> int:
    """Bytes that the elements take."""
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
