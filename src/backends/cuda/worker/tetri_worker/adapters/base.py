"""What the worker needs of a model. Adapters give it for each kind of model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from ..failures import CallFailed, Fatal
from ..messages import ProtocolError, Shape, record, text
from ..payload import Payload
from ..sharding import Share

Tensors = dict[str, torch.Tensor]

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
DEFAULT_MAX_BATCH_SIZE = 4


@dataclass(frozen=True)
class ModelConfig:
    """Which model to load: `model` of `hello`."""

    adapter: str
    path: str | None
    dtype: torch.dtype
    options: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def read(fields: dict[str, Any]) -> ModelConfig:
        """From JSON; raises ProtocolError."""
        dtype = text(fields, "dtype")
        if dtype not in DTYPES:
            raise ProtocolError(f"there is no dtype {dtype}")
        path = None if fields.get("path") is None else text(fields, "path")
        return ModelConfig(text(fields, "adapter"), path, DTYPES[dtype], record(fields, "options"))

    def whole(self, name: str, default: int, least: int = 1) -> int:
        """An option that is a whole number; raises Fatal `bad-model`."""
        value = self.options.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise Fatal("bad-model", f"the option {name} is not a whole number of at least {least}")
        return value

    def number(self, name: str, default: float) -> float:
        """An option that is a positive number; raises Fatal `bad-model`."""
        value = self.options.get(name, default)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < 1e6:
            raise Fatal("bad-model", f"the option {name} is not a positive number")
        return float(value)


class Adapter(ABC):
    """A loaded model. All methods are called on the main thread, without gradients.

    heads: attention heads, which degrees have to divide. max_batch_size: members of a chunk at most.
    parameters: of the transformer. device: where tensors live.
    """

    heads: int
    max_batch_size: int
    parameters: int
    device: torch.device

    @abstractmethod
    def check_shape(self, shape: Shape) -> None:
        """Raise CallFailed `unsupported` for a shape that does not fit the model."""

    @abstractmethod
    def encode(self, payload: Payload, shape: Shape) -> Tensors:
        """The conditioning of a request: what all its steps have in common, on the device."""

    @abstractmethod
    def initial_latents(self, payload: Payload, shape: Shape) -> torch.Tensor:
        """Noise as tokens, [tokens, channels] float32, on the device; the same for a seed wherever it is drawn."""

    @abstractmethod
    def latents_size(self, shape: Shape) -> tuple[int, int]:
        """Tokens and channels of a shape's latents."""

    @abstractmethod
    def text_tokens(self, conditioning: Tensors) -> int:
        """How many text tokens the conditioning of one request has."""

    @abstractmethod
    def sigmas(self, steps: int, shape: Shape) -> list[float]:
        """Noise levels, `steps` + 1 of them from about 1 to 0."""

    @abstractmethod
    def inputs(self, conditionings: Sequence[Tensors], shape: Shape, share: Share) -> Any:
        """What `velocity` needs for all steps of a chunk: the slices of this member, for the whole batch."""

    @abstractmethod
    def velocity(self, tokens: torch.Tensor, sigmas: torch.Tensor, inputs: Any) -> torch.Tensor:
        """One evaluation of the transformer.

        tokens: this member's slice of the latents, [batch, local tokens, channels] float32.
        sigmas: the noise level of each member of the batch, [batch] float32.
        Returns [batch, local tokens, channels].
        """

    @abstractmethod
    def decode(self, latents: torch.Tensor, shape: Shape) -> torch.Tensor:
        """The picture of [tokens, channels] as uint8 [height, width, 3] in host memory."""


def check_multiple(shape: Shape, pixels: int) -> None:
    """Raise CallFailed `unsupported` unless the shape is a picture whose sides are multiples of so many pixels."""
    if shape.frames != 1:
        raise CallFailed("unsupported", f"the model makes pictures, not {shape.frames} frames")
    if shape.width % pixels or shape.height % pixels:
        raise CallFailed("unsupported", f"{shape.width}x{shape.height}: sides have to be multiples of {pixels} pixels")


def count_parameters(module: torch.nn.Module) -> int:
    """Elements of all parameters."""
    return sum(parameter.numel() for parameter in module.parameters())
