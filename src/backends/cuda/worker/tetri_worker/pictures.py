"""Pictures as PNG files."""

from __future__ import annotations

import io

import torch
from PIL import Image

CONTENT_TYPE = "image/png"


def to_bytes(picture: torch.Tensor) -> torch.Tensor:
    """Values from 0 to 1, [..., height, width, 3], as rounded bytes."""
    return (picture.float().clamp(0, 1) * 255).round().to(torch.uint8)


def to_png(picture: torch.Tensor) -> bytes:
    """A PNG of uint8 [height, width, 3] in host memory."""
    file = io.BytesIO()
    # The least compression: the picture is handed on at once, and a worker's time is dear.
    Image.fromarray(picture.contiguous().numpy()).save(file, format="PNG", compress_level=1)
    return file.getvalue()
