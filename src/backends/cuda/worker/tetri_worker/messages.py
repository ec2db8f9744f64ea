"""Reading fields of headers: what is missing or of the wrong kind breaks the protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .frames import Header


class ProtocolError(Exception):
    """The other side does not keep to the protocol."""


def text(fields: dict[str, Any], name: str) -> str:
    """A string that is not empty."""
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise ProtocolError(f"{name} is not a string: {_short(value)}")
    return value


def whole(fields: dict[str, Any], name: str, least: int = 0) -> int:
    """A whole number, at least `least`."""
    value = fields.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ProtocolError(f"{name} is not a whole number of at least {least}: {_short(value)}")
    return value


def items(fields: dict[str, Any], name: str) -> list[Any]:
    """A list that is not empty."""
    value = fields.get(name)
    if not isinstance(value, list) or not value:
        raise ProtocolError(f"{name} is not a list with something in it: {_short(value)}")
    return value


def record(fields: dict[str, Any], name: str) -> dict[str, Any]:
    """An object."""
    value = fields.get(name)
    if not isinstance(value, dict):
        raise ProtocolError(f"{name} is not an object: {_short(value)}")
    return value


@dataclass(frozen=True)
class Shape:
    """What is to be generated, in pixels. `frames` is 1 for a picture."""

    id: str
    width: int
    height: int
    frames: int = 1


@dataclass(frozen=True)
class GroupName:
    """A group as the backend names it: the id and the ranks in their order. The first one decides and reports."""

    id: str
    ranks: tuple[int, ...]


def read_shape(header: Header) -> Shape:
    """The `shape` of a header; `frames` may be missing or null."""
    fields = record(header, "shape")
    frames = 1 if fields.get("frames") is None else whole(fields, "frames", 1)
    return Shape(text(fields, "id"), whole(fields, "width", 1), whole(fields, "height", 1), frames)


def read_part(header: Header) -> str:
    """The `part` of a header: `conditioning` or `latents`."""
    part = text(header, "part")
    if part not in ("conditioning", "latents"):
        raise ProtocolError(f"there is no part {_short(part)}")
    return part


def read_group(fields: Any, rank: int, world_size: int) -> GroupName:
    """A {id, ranks} object that names this worker's rank and no rank twice."""
    if not isinstance(fields, dict):
        raise ProtocolError(f"a group is not an object: {_short(fields)}")
    ranks = tuple(whole({"rank": value}, "rank") for value in items(fields, "ranks"))
    if len(set(ranks)) != len(ranks) or max(ranks) >= world_size or rank not in ranks:
        raise ProtocolError(f"ranks {list(ranks)} are no group of rank {rank} in a world of {world_size}")
    return GroupName(text(fields, "id"), ranks)


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."
