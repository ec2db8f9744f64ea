"""Where the members of a group meet, and which network interface the collectives on the CPU use."""

from __future__ import annotations

import hashlib
import os
import threading
from datetime import timedelta
from typing import Any

import torch.distributed as dist
from torch.distributed import ProcessGroupGloo

from .messages import ProtocolError, text, whole

LOOPBACK = ("127.0.0.1", "localhost", "::1")
BROKEN = "broken"


class Rendezvous:
    """Makes the stores of groups: files in a folder, or prefixes in a TCP store that the worker of rank 0 offers."""

    def __init__(self, fields: dict[str, Any], rank: int, timeout: timedelta) -> None:
        self._timeout = timeout
        self._kind = text(fields, "kind")
        self._device: Any = None
        self._lock = threading.Lock()
        if self._kind == "file":
            self._directory = text(fields, "directory")
        elif self._kind == "tcp":
            self._host, self._port = text(fields, "host"), whole(fields, "port", 1)
            # Kept for as long as the process lives.
            self._server = self._client(is_master=True) if rank == 0 else None
        else:
            raise ProtocolError(f"there is no rendezvous of kind {self._kind}")

    def store(self, group_id: str, size: int) -> dist.Store:
        """A store that the members of this group share, and nobody else."""
        name = _name(group_id)
        if self._kind == "file":
            store: dist.Store = dist.FileStore(os.path.join(self._directory, name), size)
            store.set_timeout(self._timeout)
            return store
        return dist.PrefixStore(name, self._client(is_master=False))

    def notes(self, group_id: str, store: dist.Store) -> dist.Store:
        """The store to read and write notes about this group in while another thread may wait in `store`."""
        # A client of a TCP store is locked while it waits, one of a file is not.
        return store if self._kind == "file" else self.store(group_id, 0)

    def gloo_device(self) -> Any:
        """The interface that Gloo listens on: loopback, unless the rendezvous is on another host."""
        with self._lock:
            if self._device is None:
                local = self._kind == "file" or self._host in LOOPBACK
                create = ProcessGroupGloo.create_device
                self._device = create(hostname="127.0.0.1") if local else ProcessGroupGloo.create_default_device()
            return self._device

    def _client(self, is_master: bool) -> dist.TCPStore:
        return dist.TCPStore(
            self._host, self._port, None, is_master, timeout=self._timeout, wait_for_workers=False
        )


def _name(group_id: str) -> str:
    # Ids are the backend's own words: they may hold what no file name can.
    return "group-" + hashlib.sha256(group_id.encode("utf-8")).hexdigest()[:32]
