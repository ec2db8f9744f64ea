"""Euler steps of flow matching, and the noise that they start from."""

from __future__ import annotations

import torch


def flow_sigmas(steps: int, shift: float = 1.0) -> list[float]:
    """Noise levels before each step and after the last: `steps` + 1 numbers from 1 to 0; `shift` > 1 favours noise."""
    plain = [1 - step / steps for step in range(steps + 1)]
    return [shift * sigma / (1 + (shift - 1) * sigma) for sigma in plain]


def euler_step(latents: torch.Tensor, velocity: torch.Tensor, now: torch.Tensor, then: torch.Tensor) -> torch.Tensor:
    """One step of every member of a batch.

    latents: [batch, tokens, channels] float32; velocity: the same in any dtype; now, then: noise levels, [batch].
    """
    return latents + (then - now)[:, None, None] * velocity.float()


def noise(seed: int, *shape: int) -> torch.Tensor:
    """Normal noise, float32 in host memory: the same for a seed on any device, at any rank and any degree."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float32)
