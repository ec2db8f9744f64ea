"""Calls that wait or go on, and which of them were told to stop."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from .frames import Header


@dataclass(frozen=True)
class Call:
    """A call to be worked off in its turn. `stopped` says whether it was told to stop."""

    type: str
    number: int
    header: Header
    stopped: Callable[[], bool]


class Calls:
    """A queue that the reader thread fills and the main thread works off."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._open: dict[int, threading.Event] = {}

    def add(self, kind: str, number: int, header: Header) -> None:
        """Put a call at the end."""
        told = threading.Event()
        with self._lock:
            self._open[number] = told
        self._queue.put(Call(kind, number, header, told.is_set))

    def abort(self, number: int) -> None:
        """Tell a call to stop; nothing happens where it has ended."""
        with self._lock:
            told = self._open.get(number)
        if told:
            told.set()

    def ended(self, number: int) -> None:
        """Forget a call that was answered."""
        with self._lock:
            self._open.pop(number, None)

    def wake(self) -> None:
        """Make `next` return None."""
        self._queue.put(None)

    def next(self) -> Call | None:
        """The next call, as soon as there is one."""
        return self._queue.get()
