"""Connecting the members of a group, on a thread of its own: it waits for all of them, and may have to be given up."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .transport import Transport


class Connecting:
    """A transport that is being made."""

    def __init__(self, connect: Callable[[], Transport]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._given_up = False
        self._made: Transport | None = None
        self._error: Exception | None = None
        threading.Thread(target=self._run, name="connect", daemon=True).start()

    def done(self, seconds: float) -> bool:
        """Wait, at most for so many seconds; whether it has ended."""
        return self._ended.wait(seconds)

    def result(self) -> Transport:
        """What was made; raises what went wrong. Only once it has ended."""
        made, self._made = self._made, None
        if made is None:
            raise self._error or RuntimeError("nothing was made")
        return made

    def give_up(self) -> None:
        """Close what was made, or will be."""
        with self._lock:
            self._given_up = True
            made, self._made = self._made, None
        if made:
            made.cut()
            made.close()

    def _run(self) -> None:
        made: Transport | None = None
        try:
            made = self._connect()
        except Exception as error:
            self._error = error
        with self._lock:
            if not self._given_up:
                self._made, made = made, None
        self._ended.set()
        if made:
            made.cut()
            made.close()
