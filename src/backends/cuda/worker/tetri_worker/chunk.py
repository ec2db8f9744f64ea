"""Running a chunk: some steps of a batch of requests on one group of ranks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from .adapters.base import Adapter
from .clock import Clock
from .failures import CallFailed
from .faults import Faults
from .groups import Group
from .sampler import euler_step
from .sharding import Share, share
from .states import State

FAIL_AT_STEP = "fail_at_step"


@dataclass(frozen=True)
class ChunkResult:
    """How many steps all members completed, and what these took in ms."""

    steps: int
    duration_ms: float


class Chunk:
    """One chunk on this member of the group. The states stay as they are until `run` has succeeded.

    group: None at degree 1. The states are on the adapter's device and have both parts.
    """

    def __init__(
        self, adapter: Adapter, states: Sequence[State], steps: int, group: Group | None, faults: Faults
    ) -> None:
        self._adapter = adapter
        self._states = states
        self._steps = steps
        self._group = group
        self._faults = faults

    def run(self, stopped: Callable[[], bool], report: Callable[[int], None]) -> ChunkResult:
        """Run the steps.

        stopped: asked before each step; the first member's answer counts for all.
        report: told by the first member how many steps are complete, after each.
        Raises GroupFailed where a member is gone, CallFailed, or whatever the model raises.
        """
        adapter, states = self._adapter, self._states
        conditionings = [state.part("conditioning") for state in states]
        latents = [state.part("latents")["latents"] for state in states]
        sharing = share(self._group, adapter.text_tokens(conditionings[0]), len(latents[0]))
        tokens = torch.stack([own[sharing.image_slice] for own in latents])
        inputs = adapter.inputs(conditionings, states[0].shape, sharing)
        levels = self._levels()
        done, duration, clock = 0, 0.0, None
        while done < self._steps and not self._told_to_stop(stopped):
            # Waiting for the others to begin is no part of the steps.
            clock = clock or Clock(adapter.device)
            self._faults.hang_if_told()
            self._fail_if_told(done)
            step = Clock(adapter.device)
            velocity = adapter.velocity(tokens, levels[done], inputs)
            tokens = euler_step(tokens, velocity, levels[done], levels[done + 1])
            if self._group:
                self._group.settle()
            self._faults.stretch(step.ms() / 1000)
            done += 1
            duration = clock.ms()
            if sharing.rank == 0:
                report(done)
        if done:
            self._keep(self._gather(tokens, sharing), done)
        return ChunkResult(done, duration)

    def _told_to_stop(self, stopped: Callable[[], bool]) -> bool:
        if self._group is None:
            return stopped()
        return bool(self._group.from_first(int(stopped())))

    def _levels(self) -> torch.Tensor:
        """Noise levels of each member before each step of the chunk and after the last, [steps + 1, batch]."""
        grids = [self._adapter.sigmas(state.steps, state.shape) for state in self._states]
        rows = [
            [grid[state.step + step] for grid, state in zip(grids, self._states)] for step in range(self._steps + 1)
        ]
        return torch.tensor(rows, dtype=torch.float32, device=self._adapter.device)

    def _gather(self, tokens: torch.Tensor, sharing: Share) -> torch.Tensor:
        """The complete latents, [batch, tokens, channels], from every member's slice."""
        if self._group is None:
            return tokens
        rows = tokens.transpose(0, 1)
        sent = rows.repeat(self._group.size, 1, 1)
        whole = self._group.exchange(sent, [len(rows)] * self._group.size, sharing.image)
        # Without this a member could keep what another one, whose peer was lost meanwhile, never got.
        self._group.meet()
        return whole.transpose(0, 1)

    def _keep(self, latents: torch.Tensor, done: int) -> None:
        finite = latents.isfinite().flatten(1).all(dim=1).tolist()
        bad = [state.key for state, fine in zip(self._states, finite) if not fine]
        if bad:
            raise CallFailed("internal", "the latents are not finite any more; another dtype may help", bad)
        for state, own in zip(self._states, latents):
            # A copy of its own: else one member would keep the memory of the whole batch.
            state.latents = own.clone(memory_format=torch.contiguous_format)
            state.step += done

    def _fail_if_told(self, done: int) -> None:
        """For tests: the first member fails before it completes a step that a payload names."""
        if self._group is not None and self._group.rank != 0:
            return
        for state in self._states:
            told = state.part("conditioning").get(FAIL_AT_STEP)
            if told is not None and int(told.item()) == state.step + done + 1:
                raise CallFailed("internal", "the payload asked for this failure", [state.key])
