"""Groups of ranks: independent process groups, each built by its own members, so that they break independently."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from datetime import timedelta

import torch
import torch.distributed as dist

from .connecting import Connecting
from .failures import GroupFailed, describe, is_out_of_memory
from .messages import GroupName
from .rendezvous import BROKEN, Rendezvous
from .transport import GlooTransport, NcclTransport, Transport

MOST_GROUPS = 64
MOST_DROPPED_REMEMBERED = 65_536
LOOK_SECONDS = 0.05


class Group:
    """One group. Its methods are called on the main thread, apart from `break_up`, which any thread may call."""

    def __init__(
        self, name: GroupName, rank: int, device: torch.device, notes: dist.Store, transport: Transport
    ) -> None:
        self.name = name
        self.size = len(name.ranks)
        self.rank = name.ranks.index(rank)
        self._device = device
        self._notes = notes
        self._transport = transport
        self._broken: str | None = None

    def exchange(self, rows: torch.Tensor, sent: Sequence[int], received: Sequence[int]) -> torch.Tensor:
        """All to all along the first dimension.

        rows: [sum(sent), ...], contiguous: `sent[i]` rows for the member i, one after the other.
        Returns [sum(received), ...]: `received[i]` rows from the member i, one after the other.
        Raises GroupFailed where a member is gone, broke the group, or took too long.
        """
        output = rows.new_empty((sum(received), *rows.shape[1:]))
        self._do(lambda transport: transport.exchange(output, rows, list(received), list(sent), self._look))
        return output

    def from_first(self, value: int) -> int:
        """The number that the first member passes, told to all members."""
        told = torch.tensor([value], dtype=torch.int32, device=self._device)
        self._do(lambda transport: transport.broadcast(told, self._look))
        self.settle()
        return int(told.item())

    def meet(self) -> None:
        """Wait until all members are here."""
        here = torch.ones(1, dtype=torch.int32, device=self._device)
        self._do(lambda transport: transport.sum(here, self._look))
        self.settle()

    def settle(self) -> None:
        """Wait until the device is done with all that was queued on it; raises GroupFailed where it never will be."""
        self._do(lambda transport: transport.settle(self._look))

    def break_up(self, why: str) -> None:
        """Make the group useless to all members at once: a collective that one of them waits in fails."""
        if self._broken is None:
            self._broken = why
            try:
                self._notes.set(BROKEN, why[:200])
            except Exception:
                pass  # The store may be gone with the worker that offered it; the connections are cut all the same.
        self._transport.cut()

    def close(self) -> None:
        """Give back connections and memory."""
        self._transport.close()

    def _do(self, collective: Callable[[Transport], None]) -> None:
        if self._broken is None:
            try:
                return collective(self._transport)
            except GroupFailed as error:
                self.break_up(error.detail)
            except (RuntimeError, ValueError) as error:
                if is_out_of_memory(error) or isinstance(error, torch.AcceleratorError):
                    raise  # These are this device's own, whatever the others do.
                self.break_up(self._broken or describe(error))
        raise GroupFailed(f"group {self.name.id}: {self._broken}")

    def _look(self) -> None:
        if self._broken is not None:
            raise GroupFailed(self._broken)
        if _says_broken(self._notes):
            raise GroupFailed("another member broke the group up")


class Groups:
    """The groups of a worker, the least recently used ones first. One that was dropped or failed never comes back."""

    def __init__(self, rank: int, device: torch.device, rendezvous: Rendezvous, timeout: timedelta) -> None:
        self._rank = rank
        self._device = device
        self._rendezvous = rendezvous
        self._timeout = timeout
        self._lock = threading.Lock()
        self._groups: OrderedDict[str, Group] = OrderedDict()
        self._dropped: OrderedDict[str, str] = OrderedDict()
        self._kept: deque[dist.Store] = deque(maxlen=MOST_GROUPS)

    def acquire(self, name: GroupName) -> Group:
        """The group of this name, created together with its other members where it is new.

        Raises GroupFailed where it was dropped, or cannot be created in time.
        """
        with self._lock:
            self._refuse_dropped(name.id)
            group = self._groups.get(name.id)
            if group:
                self._groups.move_to_end(name.id)
        if group:
            if group.name.ranks != name.ranks:
                raise GroupFailed(f"group {name.id} has the ranks {group.name.ranks}, not {name.ranks}")
            return group
        return self._add(self._create(name))

    def give_up(self, name: GroupName, why: str) -> None:
        """Break a group up, so that no other member waits for this one, and forget it."""
        group = self._forget(name.id, why)
        if group:
            group.break_up(why)
            group.close()
        elif len(name.ranks) > 1:
            # The others may wait for this worker to create it.
            try:
                store = self._rendezvous.store(name.id, len(name.ranks))
                # A file goes with the last store that uses it, and the note with it, so this one is kept for a while.
                self._kept.append(store)
                self._rendezvous.notes(name.id, store).set(BROKEN, why[:200])
            except Exception:
                pass  # Then they wait until their own time limit.

    def drop(self, group_id: str) -> None:
        """Break a group up from any thread: a collective that the main thread waits in fails at once."""
        group = self._forget(group_id, "the group was dropped")
        if group:
            # The main thread may be in it, so closing it is left to the end of the last reference.
            group.break_up("the group was dropped")

    def count(self) -> int:
        """How many groups there are."""
        with self._lock:
            return len(self._groups)

    def _add(self, group: Group) -> Group:
        old: list[Group] = []
        with self._lock:
            dropped = self._dropped.get(group.name.id)
            if dropped is None:
                self._groups[group.name.id] = group
                while len(self._groups) > MOST_GROUPS:
                    old_id, least_used = self._groups.popitem(last=False)
                    self._remember(old_id, "the group was not used for long and had to make room")
                    old.append(least_used)
        for least_used in old:
            least_used.break_up("the group was not used for long and had to make room")
            least_used.close()
        if dropped is not None:
            group.break_up(dropped)
            group.close()
            raise GroupFailed(f"group {group.name.id}: {dropped}")
        return group

    def _create(self, name: GroupName) -> Group:
        size, rank = len(name.ranks), name.ranks.index(self._rank)
        try:
            store = self._rendezvous.store(name.id, size)
            notes = self._rendezvous.notes(name.id, store)
        except (RuntimeError, ValueError, OSError) as error:
            raise GroupFailed(f"group {name.id} has no store: {describe(error)}") from None

        def connect() -> Transport:
            if self._device.type == "cuda":
                return NcclTransport(store, rank, size, self._timeout, self._device)
            return GlooTransport(store, rank, size, self._timeout, self._rendezvous.gloo_device())

        connecting = Connecting(connect)
        try:
            while not connecting.done(LOOK_SECONDS):
                with self._lock:
                    self._refuse_dropped(name.id)
                if _says_broken(notes):
                    raise GroupFailed(f"group {name.id}: another member broke it up")
            made = connecting.result()
        except GroupFailed:
            connecting.give_up()
            raise
        except Exception as error:
            if is_out_of_memory(error) or isinstance(error, torch.AcceleratorError):
                raise
            raise GroupFailed(f"group {name.id} was not created: {describe(error)}") from None
        return Group(name, self._rank, self._device, notes, made)

    def _forget(self, group_id: str, why: str) -> Group | None:
        with self._lock:
            self._remember(group_id, why)
            return self._groups.pop(group_id, None)

    def _remember(self, group_id: str, why: str) -> None:
        self._dropped.setdefault(group_id, why)
        while len(self._dropped) > MOST_DROPPED_REMEMBERED:
            self._dropped.popitem(last=False)

    def _refuse_dropped(self, group_id: str) -> None:
        if group_id in self._dropped:
            raise GroupFailed(f"group {group_id}: {self._dropped[group_id]}")


def _says_broken(notes: dist.Store) -> bool:
    try:
        return notes.check([BROKEN])
    except Exception:
        return False  # A store that is gone says nothing about the group.
