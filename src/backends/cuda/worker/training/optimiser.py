"""Muon for the weight matrices inside the blocks, AdamW for everything else.

Muon replaces a matrix's momentum by the nearest orthogonal matrix, which takes markedly fewer steps than AdamW; on a
machine that manages one step a second that is what decides whether the model is ready in an hour. All state is plain
named tensors, so that a checkpoint needs no pickle.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def orthogonalise(matrices: Tensor, steps: int = 5) -> Tensor:
    """The matrices [N, rows, columns] with all singular values moved near 1 (Newton-Schulz, quintic)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.transpose(1, 2) if tall else matrices
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    for _ in range(steps):
        gram = x @ x.transpose(1, 2)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.transpose(1, 2) if tall else x


class Optimiser:
    """One step over all parameters; lr applies to AdamW, and matrix_lr to Muon, scaled to AdamW's usual step size."""

    def __init__(self, model: nn.Module, lr: float = 1e-3, matrix_lr: float = 2e-3, weight_decay: float = 0.01) -> None:
        self.lr, self.matrix_lr, self.weight_decay = lr, matrix_lr, weight_decay
        self.parameters = dict(model.named_parameters())
        self.steps = 0
        self.state: dict[str, Tensor] = {}
        self.by_shape: dict[tuple[int, ...], list[str]] = {}
        self.others: list[str] = []
        for name, parameter in self.parameters.items():
            self.state[f"{name}/mean"] = torch.zeros_like(parameter)
            # Modulations start at zero and embeddings are looked up by row: orthogonal updates suit neither.
            if parameter.ndim == 2 and "blocks." in name and "norm" not in name:
                self.by_shape.setdefault(tuple(parameter.shape), []).append(name)
            else:
                self.others.append(name)
                self.state[f"{name}/square"] = torch.zeros_like(parameter)

    @torch.no_grad()
    def step(self, factor: float) -> None:
        """Applies the gradients with both learning rates times factor, and clears them."""
        self.steps += 1
        for shape, names in self.by_shape.items():
            updates = []
            for name in names:
                gradient = self.parameters[name].grad
                mean = self.state[f"{name}/mean"].lerp_(gradient, 0.05)
                updates.append(gradient.lerp(mean, 0.95))
            rate = self.matrix_lr * factor
            for name, update in zip(names, orthogonalise(torch.stack(updates)), strict=True):
                parameter = self.parameters[name]
                parameter.mul_(1 - rate * self.weight_decay).add_(update, alpha=-rate * 0.2 * max(shape) ** 0.5)
        beta1, beta2 = 0.9, 0.98
        for name in self.others:
            parameter, rate = self.parameters[name], self.lr * factor
            if parameter.grad is None:
                continue
            mean = self.state[f"{name}/mean"].lerp_(parameter.grad, 1 - beta1)
            square = self.state[f"{name}/square"].lerp_(parameter.grad.square(), 1 - beta2)
            scale = (square / (1 - beta2**self.steps)).sqrt_().add_(1e-8)
            parameter.addcdiv_(mean, scale, value=-rate / (1 - beta1**self.steps))
        for parameter in self.parameters.values():
            parameter.grad = None
