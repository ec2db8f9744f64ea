"""Collectives of one group over NCCL or Gloo, without a process group that all workers share.

There is no default process group: a group is built from a store by its members alone. So nothing of the library that
looks a group up in the world may be used here, only the methods of the process group itself.
"""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch.distributed import ProcessGroupGloo

from .failures import GroupFailed

LOOK_SECONDS = 0.05
LOOK = timedelta(seconds=LOOK_SECONDS)


Look = Callable[[], None]


class Transport(ABC):
    """What a group needs of a library of collectives. Tensors are contiguous and on the group's device.

    On CUDA a collective is only queued when a method returns, and `settle` waits for it; on the CPU it is complete.
    Whoever waits calls `look` now and then, which raises GroupFailed where waiting is of no more use.
    """

    @abstractmethod
    def exchange(
        self, output: torch.Tensor, rows: torch.Tensor, received: list[int], sent: list[int], look: Look
    ) -> None:
        """All to all along the first dimension, with rows by member."""

    @abstractmethod
    def broadcast(self, value: torch.Tensor, look: Look) -> None:
        """From the first member to all, in place."""

    @abstractmethod
    def sum(self, value: torch.Tensor, look: Look) -> None:
        """Over all members, in place."""

    @abstractmethod
    def settle(self, look: Look) -> None:
        """Wait for the device."""

    @abstractmethod
    def cut(self) -> None:
        """Make collectives that any member waits in fail, from any thread, more than once at will."""

    @abstractmethod
    def close(self) -> None:
        """Give back what the library holds, more than once at will; nobody may be in a method of this object."""


class _Process(Transport):
    """The part that both libraries share."""

    _group: Any

    def exchange(
        self, output: torch.Tensor, rows: torch.Tensor, received: list[int], sent: list[int], look: Look
    ) -> None:
        self._wait(self._of().alltoall_base(output, rows, received, sent), look)

    def broadcast(self, value: torch.Tensor, look: Look) -> None:
        options = dist.BroadcastOptions()
        options.rootRank = 0
        options.rootTensor = 0
        self._wait(self._of().broadcast([value], options), look)

    def sum(self, value: torch.Tensor, look: Look) -> None:
        self._wait(self._of().allreduce([value], dist.AllreduceOptions()), look)

    @abstractmethod
    def _wait(self, work: dist.Work, look: Look) -> None:
        """Until the next use of the tensors is in order."""

    def _of(self) -> Any:
        if self._group is None:
            raise GroupFailed("the group is closed")
        return self._group


class GlooTransport(_Process):
    """On the CPU: connections over TCP, one for each pair of members."""

    def __init__(
        self, store: dist.Store, rank: int, size: int, timeout: timedelta, device: ProcessGroupGloo.Device
    ) -> None:
        options = ProcessGroupGloo._Options()  # type: ignore[attr-defined]
        options._devices = [device]
        options._threads = 1
        options._timeout = timeout
        before = _sockets()
        self._group = ProcessGroupGloo(store, rank, size, options)
        # Gloo has no way of ending a collective from outside, so this keeps a hold of the connections to cut them.
        new = [descriptor for inode, descriptor in _sockets().items() if inode not in before]
        self._connections = [connection for descriptor in new if (connection := _connection(descriptor))]
        self._work: dist.Work | None = None

    def _wait(self, work: dist.Work, look: Look) -> None:
        self._work = work
        while True:
            try:
                work.wait(LOOK)
                return
            except RuntimeError:
                if work.is_completed():
                    # It may have completed between the end of the wait and this question: only its own error counts.
                    work.wait()
                    return
            # Not every collective ends when its connections do: the library loses some in a race.
            look()

    def settle(self, look: Look) -> None:
        """Nothing is left to wait for."""

    def cut(self) -> None:
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # The other side was faster.

    def close(self) -> None:
        group, self._group = self._group, None
        while self._connections:
            self._connections.pop().close()
        _destroy_when_done(group, self._work)

    def __del__(self) -> None:
        if hasattr(self, "_connections"):
            self.close()


class NcclTransport(_Process):
    """On GPUs: one communicator, connected when it is made."""

    def __init__(
        self, store: dist.Store, rank: int, size: int, timeout: timedelta, device: torch.device
    ) -> None:
        torch.cuda.set_device(device)
        options = dist.ProcessGroupNCCL.Options()
        options._timeout = timeout
        self._device = device
        self._seconds = timeout.total_seconds()
        self._cut = False
        self._group = dist.ProcessGroupNCCL(store, rank, size, options)
        try:
            # The communicator is made by the first collective, which must not be part of a step.
            first = torch.ones(1, dtype=torch.int32, device=device)
            self.sum(first, lambda: None)
            torch.cuda.synchronize(device)
        except BaseException:
            self.cut()
            raise

    def _wait(self, work: dist.Work, look: Look) -> None:
        # Not for the collective itself: only the order on the device is settled.
        work.wait()

    def settle(self, look: Look) -> None:
        # A kernel of NCCL whose peer is gone never ends by itself, so this asks instead of waiting.
        event = torch.cuda.Event()
        event.record(torch.cuda.current_stream(self._device))
        begun = looked = time.monotonic()
        while not event.query():
            now = time.monotonic()
            if now - looked > LOOK_SECONDS:
                looked = now
                look()
                if now - begun > self._seconds:
                    # The limit is for all that a step has queued, computing included.
                    raise GroupFailed(f"collectives took longer than {self._seconds:g} s")
            time.sleep(0.0001 if now - begun < LOOK_SECONDS else 0.001)
        if self._cut:
            # Kernels that were aborted end without having done anything.
            raise GroupFailed("the collectives were aborted")

    def cut(self) -> None:
        group = self._group
        if group is not None and not self._cut:
            self._cut = True
            group.abort()

    def close(self) -> None:
        group, self._group = self._group, None
        if group is not None and not self._cut:
            self._cut = True
            group.abort()


_undone: list[tuple[Any, dist.Work]] = []
_undone_lock = threading.Lock()


def _destroy_when_done(group: Any, work: dist.Work | None) -> None:
    """Destroy a group of Gloo, or keep it until its last collective has run into its time limit.

    Destroying one waits for that, and stops the whole process meanwhile, for the interpreter's lock is held.
    """
    with _undone_lock:
        _undone[:] = [each for each in _undone if not each[1].is_completed()]
        if group is not None and work is not None and not work.is_completed():
            _undone.append((group, work))


def _sockets() -> dict[int, int]:
    """The descriptors of this process that are sockets, by inode: other threads may reuse numbers meanwhile."""
    found: dict[int, int] = {}
    try:
        names = os.listdir("/dev/fd")
    except OSError:
        return found  # Then a dropped group only ends with its time limit.
    for name in names:
        try:
            status = os.fstat(int(name))
        except (OSError, ValueError):
            continue
        if stat.S_ISSOCK(status.st_mode):
            found[status.st_ino] = int(name)
    return found


def _connection(descriptor: int) -> socket.socket | None:
    """A second handle of a descriptor that is a connected socket of the network, else None."""
    try:
        copy = socket.socket(fileno=os.dup(descriptor))
    except OSError:
        return None
    try:
        if copy.family in (socket.AF_INET, socket.AF_INET6) and copy.type == socket.SOCK_STREAM:
            copy.getpeername()
            return copy
    except OSError:
        pass
    copy.close()
    return None
