"""Sending: one thread writes to the control socket, so that a slow reader on the other side never stalls computing."""

from __future__ import annotations

import os
import queue
import socket
import threading
import time

from .frames import Header, encode_frame


class Channel:
    """The sending side of the control socket; any thread may send, and frames go out in the order of the calls."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._pieces: queue.SimpleQueue[list[bytes] | threading.Event] = queue.SimpleQueue()
        self._beat_waits = False
        threading.Thread(target=self._write, name="writer", daemon=True).start()

    def send(self, header: Header, body: bytes = b"") -> None:
        """Queue a frame."""
        self._pieces.put(encode_frame(header, body))

    def send_raw(self, data: bytes) -> None:
        """Queue bytes that are no frame; for faults that tests inject."""
        self._pieces.put([data])

    def flush(self, seconds: float) -> bool:
        """Wait until what was queued before is written; false if that took longer than `seconds`."""
        written = threading.Event()
        self._pieces.put(written)
        return written.wait(seconds)

    def beat_for_ever(self, seconds: float, muted: threading.Event) -> None:
        """Start to send a `beat` every so many seconds, from now on, until `muted` is set."""
        threading.Thread(target=self._beat, args=(seconds, muted), name="beats", daemon=True).start()

    def _beat(self, seconds: float, muted: threading.Event) -> None:
        while not muted.is_set():
            # Beats that nobody reads must not pile up.
            if not self._beat_waits:
                self._beat_waits = True
                self._pieces.put(encode_frame({"type": "beat"}))
            time.sleep(seconds)

    def _write(self) -> None:
        while True:
            pieces = self._pieces.get()
            if isinstance(pieces, threading.Event):
                pieces.set()
                continue
            self._beat_waits = False
            try:
                for piece in pieces:
                    if piece:
                        self._connection.sendall(piece)
            except OSError:
                # Nobody is left to write to.
                os._exit(0)
