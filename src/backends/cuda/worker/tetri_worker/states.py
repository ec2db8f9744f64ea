"""States of requests: what a worker holds of each request from `prepare` or `load` to `release`."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

from .failures import CallFailed
from .messages import Shape
from .tensors import size_of

MOST_RELEASED_REMEMBERED = 65_536

Tensors = dict[str, torch.Tensor]


class State:
    """One request. Parts that were loaded stay in host memory until a call uses them.

    conditioning: tensors that are the same for all steps, named by the adapter, or None.
    latents: all tokens, [tokens, channels] float32, or None.
    step: completed steps, those skipped by a `startStep` included; the latents are those after this step.
    problem: why a part that was sent could not be used, or None.
    """

    def __init__(self, key: str, shape: Shape, steps: int) -> None:
        self.key = key
        self.shape = shape
        self.steps = steps
        self.conditioning: Tensors | None = None
        self.latents: torch.Tensor | None = None
        self.step = 0
        self.problem: str | None = None

    def part(self, part: str) -> Tensors:
        """The tensors of a part as they travel; raises CallFailed `not-prepared` where there are none."""
        tensors = self.conditioning if part == "conditioning" else self._latents()
        if tensors is None:
            raise CallFailed("not-prepared", f"{self.key} has no {part} here{self._because()}")
        return tensors

    def put(self, part: str, tensors: Tensors, step: int) -> None:
        """Replace a part; raises ValueError where the latents are not one matrix of 32 bit floats."""
        if part == "conditioning":
            self.conditioning = tensors
            return
        latents = tensors.get("latents")
        if latents is None or len(tensors) != 1 or latents.dim() != 2 or latents.dtype != torch.float32:
            raise ValueError("latents are not one float32 matrix named latents")
        self.latents, self.step = latents, step

    def bytes(self) -> int:
        """What the tensors take."""
        return size_of({**(self.conditioning or {}), **(self._latents() or {})})

    def _latents(self) -> Tensors | None:
        return None if self.latents is None else {"latents": self.latents}

    def _because(self) -> str:
        return f": {self.problem}" if self.problem else ""


class States:
    """All states of a worker. Calls use them on the main thread; the reader thread loads and releases at any time."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._states: dict[str, State] = {}
        self._in_use: dict[str, int] = {}
        self._released: OrderedDict[str, None] = OrderedDict()

    def load(self, key: str, shape: Shape, steps: int, part: str, tensors: Tensors, step: int) -> None:
        """Put a part that came from elsewhere; nothing happens to a key that was released before."""
        with self._lock:
            state = self._of(key, shape, steps)
            if state:
                try:
                    state.put(part, tensors, step)
                except ValueError as error:
                    state.problem = str(error)

    def note_problem(self, key: str, shape: Shape, steps: int, problem: str) -> None:
        """Remember why a part could not be loaded, for the detail of the failure that follows."""
        with self._lock:
            state = self._of(key, shape, steps)
            if state:
                state.problem = problem

    def prepared(
        self, key: str, shape: Shape, steps: int, conditioning: Tensors, latents: torch.Tensor, step: int
    ) -> None:
        """Put both parts; nothing happens to a key that was released before."""
        with self._lock:
            self.load(key, shape, steps, "conditioning", conditioning, step)
            self.load(key, shape, steps, "latents", {"latents": latents}, step)

    def is_released(self, key: str) -> bool:
        """Whether the key was released, also before anything of it came."""
        with self._lock:
            return key in self._released

    @contextmanager
    def use(self, keys: Sequence[str]) -> Iterator[list[State]]:
        """The states of these keys, kept until the call that uses them ends even if they are released before.

        Raises CallFailed `not-prepared` where one is missing.
        """
        with self._lock:
            missing = [key for key in keys if key not in self._states or key in self._released]
            if missing:
                raise CallFailed("not-prepared", f"nothing is held of {', '.join(missing)}")
            states = [self._states[key] for key in keys]
            for key in keys:
                self._in_use[key] = self._in_use.get(key, 0) + 1
        try:
            yield states
        finally:
            with self._lock:
                for key in keys:
                    self._leave(key)

    def release(self, key: str) -> None:
        """Drop a state, now or when the call that uses it ends; what comes for this key later is ignored."""
        with self._lock:
            self._released[key] = None
            while len(self._released) > MOST_RELEASED_REMEMBERED:
                self._released.popitem(last=False)
            if key not in self._in_use:
                self._states.pop(key, None)

    def held(self) -> tuple[int, int]:
        """How many states there are, and the bytes of their tensors."""
        with self._lock:
            return len(self._states), sum(state.bytes() for state in self._states.values())

    def _of(self, key: str, shape: Shape, steps: int) -> State | None:
        if key in self._released:
            return None
        return self._states.setdefault(key, State(key, shape, steps))

    def _leave(self, key: str) -> None:
        self._in_use[key] -= 1
        if self._in_use[key] == 0:
            del self._in_use[key]
            if key in self._released:
                self._states.pop(key, None)
