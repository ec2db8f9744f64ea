"""Faults that tests inject."""

from __future__ import annotations

import os
import struct
import sys
import threading
import time
from collections.abc import Callable

from .channel import Channel
from .frames import MAGIC, MAX_BODY_BYTES, Header
from .messages import ProtocolError, record, text, whole


class Faults:
    """What `inject` has asked for.

    Kinds: `stdout` {bytes} writes to standard output; `garbage` writes bytes that are no frame; `oversized` writes the
    start of a frame that is too large; `truncated` writes half a frame and exits; `mute` ends the beats; `hang` makes
    the main thread sleep for ever, now or at the next step; `slow` {factor, milliseconds} makes steps last longer;
    `fatal` ends with a `fatal` message; `exit` {code} ends the process.
    """

    def __init__(self, channel: Channel, muted: threading.Event) -> None:
        self._muted = muted
        self._channel = channel
        self._hangs = False
        self._factor = 1.0
        self._extra_seconds = 0.0

    def inject(self, header: Header, done: Callable[[], None], fatal: Callable[[str, str], None]) -> None:
        """Start a fault; `done` answers the call, before a fault that ends all answers."""
        fault = record(header, "fault")
        kind = text(fault, "kind")
        if kind == "slow":
            self._factor = float(fault.get("factor", 1))
            self._extra_seconds = float(fault.get("milliseconds", 0)) / 1000
        elif kind == "hang":
            self._hangs = True
        elif kind == "mute":
            self._muted.set()
        elif kind == "stdout":
            left = whole(fault, "bytes")
            while left > 0:
                sys.stdout.write("x" * min(left, 65_536))
                left -= 65_536
            sys.stdout.flush()
        elif kind not in ("garbage", "oversized", "truncated", "exit", "fatal"):
            raise ProtocolError(f"there is no fault {kind}")
        done()
        if kind == "garbage":
            self._channel.send_raw(b"Traceback (most recent call last):\n" * 10)
        elif kind == "oversized":
            self._channel.send_raw(struct.pack(">4sII", MAGIC, 16, MAX_BODY_BYTES + 1))
        elif kind == "fatal":
            fatal("internal", "a fault was injected")
        elif kind in ("truncated", "exit"):
            if kind == "truncated":
                self._channel.send_raw(struct.pack(">4sII", MAGIC, 16, 0) + b"{")
            self._channel.flush(1)
            os._exit(whole(fault, "code") if "code" in fault else 1)

    def hang_if_told(self) -> None:
        """Never return after `hang`."""
        while self._hangs:
            time.sleep(60)

    def stretch(self, seconds: float) -> None:
        """Sleep after a step of so many seconds, as `slow` wants it."""
        extra = (self._factor - 1) * seconds + self._extra_seconds
        if extra > 0:
            time.sleep(extra)
