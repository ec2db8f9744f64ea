"""Waiting for a collective of Gloo, with a collective that a test plays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tetri_worker.transport import GlooTransport


class Played:
    """A collective that completes between the end of a wait and the question whether it has."""

    def __init__(self, error: RuntimeError | None = None) -> None:
        self.waits = 0
        self._error = error

    def wait(self, timeout: timedelta | None = None) -> bool:
        self.waits += 1
        if timeout is not None:
            raise RuntimeError("Operation timed out!")
        if self._error:
            raise self._error
        return True

    def is_completed(self) -> bool:
        return True


def wait(work: Any) -> None:
    """Wait as a group does, without connections."""
    GlooTransport.__new__(GlooTransport)._wait(work, lambda: None)


def test_a_collective_that_completes_just_as_the_wait_ends_has_not_failed() -> None:
    work = Played()
    wait(work)
    assert work.waits == 2


def test_its_own_error_counts() -> None:
    with pytest.raises(RuntimeError, match="closed by peer"):
        wait(Played(RuntimeError("Connection closed by peer")))
