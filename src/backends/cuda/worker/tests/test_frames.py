"""Frames: what is read is what was written, and all else is refused."""

from __future__ import annotations

import json
import socket
import struct
import threading

import pytest

from tetri_worker.frames import MAX_BODY_BYTES, MAX_HEADER_BYTES, FrameError, encode_frame, read_frame


def received(data: bytes) -> list:
    """What is read of these bytes, until the end of the stream."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender = threading.Thread(target=lambda: (ours.sendall(data), ours.shutdown(socket.SHUT_WR)))
        sender.start()
        frames = []
        try:
            while (frame := read_frame(theirs)) is not None:
                frames.append(frame)
        finally:
            theirs.close()
            sender.join()
        return frames


def frame(header: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">4sII", b"TETR", len(header), len(body)) + header + body


def test_frames_come_back_as_they_were() -> None:
    sent = [({"type": "a", "text": "ü\u2028\"\\"}, b""), ({"type": "b", "n": [1, None, 2.5]}, bytes(range(256)) * 999)]
    assert received(b"".join(b"".join(encode_frame(*each)) for each in sent)) == sent


def test_nothing_is_the_end() -> None:
    assert received(b"") == []


@pytest.mark.parametrize("cut", [1, 11, 12, 15, -1])
def test_an_end_within_a_frame_is_an_error(cut: int) -> None:
    with pytest.raises(FrameError, match="ended within"):
        received(frame(b'{"type":"a"}', b"body")[:cut])


@pytest.mark.parametrize(
    "data",
    [
        b"Traceback (most recent call last):\n",
        struct.pack(">4sII", b"TETS", 2, 0) + b"{}",
        struct.pack(">4sII", b"TETR", MAX_HEADER_BYTES + 1, 0),
        struct.pack(">4sII", b"TETR", 2, MAX_BODY_BYTES + 1),
        frame(b""),
        frame(b"[]"),
        frame(b"{}"),
        frame(b'{"type":7}'),
        frame(b'{"type":"a"'),
        frame(b'{"type":"a","x":NaN}'),
        frame(b'{"type":"\xff"}'),
        frame(b'{"type":"a","x":' + b"[" * 100_000 + b"}"),
    ],
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(FrameError):
        received(data)


def test_frames_over_the_limits_are_not_written() -> None:
    with pytest.raises(FrameError):
        encode_frame({"type": "a", "x": "y" * MAX_HEADER_BYTES})


def test_headers_are_json() -> None:
    with pytest.raises(ValueError):
        encode_frame({"type": "a", "x": float("nan")})
    assert json.loads(encode_frame({"type": "a"})[0][12:]) == {"type": "a"}
