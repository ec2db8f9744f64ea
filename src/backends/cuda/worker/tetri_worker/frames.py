"""Frames: how messages are laid out on the control socket.

A frame is `TETR`, the length of the header, the length of the body (unsigned 32 bit, big endian), the header (a JSON
object in UTF-8 with a string `type`) and the body (bytes).
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

MAGIC = b"TETR"
MAX_HEADER_BYTES = 1 << 20
MAX_BODY_BYTES = 1 << 30
PREFIX = struct.Struct(">4sII")

Header = dict[str, Any]


class FrameError(Exception):
    """What was received is no frame; nothing that follows on the connection can be trusted."""


def encode_frame(header: Header, body: bytes = b"") -> list[bytes]:
    """The pieces of a frame, to be written in this order. The body is not copied, for it can be large."""
    text = json.dumps(header, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
    if len(text) > MAX_HEADER_BYTES or len(body) > MAX_BODY_BYTES:
        raise FrameError(f"a frame of {len(text)} + {len(body)} bytes is over the limits")
    return [PREFIX.pack(MAGIC, len(text), len(body)) + text, body]


def read_frame(connection: socket.socket) -> tuple[Header, bytes] | None:
    """The next frame, or `None` at the end of the stream between two frames.

    Raises FrameError for anything else: another start, a length over the limits, a header that is not a JSON object
    with a string `type`, or an end in the middle of a frame.
    """
    prefix = _read(connection, PREFIX.size, may_end=True)
    if not prefix:
        return None
    magic, header_bytes, body_bytes = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise FrameError(f"a frame starts with {bytes(magic)!r}")
    if header_bytes > MAX_HEADER_BYTES or body_bytes > MAX_BODY_BYTES:
        raise FrameError(f"a frame of {header_bytes} + {body_bytes} bytes is over the limits")
    header = _parse(bytes(_read(connection, header_bytes)))
    return header, bytes(_read(connection, body_bytes))


def _parse(text: bytes) -> Header:
    try:
        header = json.loads(text.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"a header is not JSON: {error}") from None
    if not isinstance(header, dict) or not isinstance(header.get("type"), str):
        raise FrameError("a header is not an object with a type")
    return header


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _read(connection: socket.socket, size: int, may_end: bool = False) -> bytearray:
    """So many bytes; none at the end of the stream, where that may be."""
    data = bytearray(size)
    view = memoryview(data)
    filled = 0
    while filled < size:
        count = connection.recv_into(view[filled:])
        if count == 0:
            if may_end and filled == 0:
                return bytearray()
            raise FrameError("the stream ended within a frame")
        filled += count
    return data
