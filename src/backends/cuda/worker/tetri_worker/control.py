"""Receiving: a thread that reads the control socket from start to end, and the ways in which the process ends.

This module must not need torch: it runs while torch is still being imported, or is found to be missing.
"""

from __future__ import annotations

import os
import queue
import socket
import sys
import threading
import traceback
from collections.abc import Callable

from . import PROTOCOL
from .channel import Channel
from .failures import Fatal, describe
from .frames import FrameError, Header, read_frame
from .messages import ProtocolError, whole

FLUSH_SECONDS = 1.0

Deliver = Callable[[Header, bytes], None]


class Control:
    """The receiving side of the control socket."""

    def __init__(self, connection: socket.socket, channel: Channel) -> None:
        self.muted = threading.Event()
        self._connection = connection
        self._channel = channel
        self._hello: queue.SimpleQueue[Header] = queue.SimpleQueue()
        self._greeted = False
        self._lock = threading.Lock()
        self._deliver: Deliver | None = None
        self._early: list[tuple[Header, bytes]] = []

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._serve, name="reader", daemon=True).start()

    def hello(self) -> Header:
        """The first message, as soon as it is there."""
        return self._hello.get()

    def attach(self, deliver: Deliver) -> None:
        """Hand all messages after `hello` to `deliver`, in order; those that come later on the reader thread."""
        with self._lock:
            for header, body in self._early:
                deliver(header, body)
            self._early.clear()
            self._deliver = deliver

    def fatal(self, code: str, detail: str) -> None:
        """Tell of a fatal error and end the process with exit code 1."""
        print(f"tetri-worker: {code}: {detail}", file=sys.stderr, flush=True)
        self._channel.send({"type": "fatal", "code": code, "detail": detail[:4000]})
        self._channel.flush(FLUSH_SECONDS)
        os._exit(1)

    def _serve(self) -> None:
        try:
            while True:
                frame = read_frame(self._connection)
                if frame is None:
                    os._exit(0)
                self._handle(*frame)
        except Fatal as error:
            self.fatal(error.code, error.detail)
        except (FrameError, ProtocolError) as error:
            self.fatal("unsupported-protocol", str(error))
        except OSError:
            os._exit(0)
        except BaseException as error:
            traceback.print_exc()
            self.fatal("internal", describe(error))

    def _handle(self, header: Header, body: bytes) -> None:
        if header["type"] == "close":
            self._channel.flush(FLUSH_SECONDS)
            os._exit(0)
        if not self._greeted:
            self._greet(header)
            return
        with self._lock:
            if self._deliver is None:
                self._early.append((header, body))
                return
            deliver = self._deliver
        deliver(header, body)

    def _greet(self, header: Header) -> None:
        if header["type"] != "hello":
            raise ProtocolError(f"the first message is {header['type'][:80]!r}, not 'hello'")
        if header.get("protocol") != PROTOCOL:
            raise ProtocolError(f"this worker speaks protocol {PROTOCOL}, not {header.get('protocol')!r}")
        self._greeted = True
        self._channel.beat_for_ever(whole(header, "heartbeatMs", 1) / 1000, self.muted)
        self._hello.put(header)
