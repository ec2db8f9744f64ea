"""Measuring how long work takes on a device, which runs behind the program that queues it."""

from __future__ import annotations

import time

import torch


class Clock:
    """Time in milliseconds from when it was made. On CUDA the device's own events are read."""

    def __init__(self, device: torch.device) -> None:
        self._begun = time.perf_counter()
        self._event = _event() if device.type == "cuda" else None

    def ms(self) -> float:
        """Since the start; on CUDA this waits for what was queued before."""
        if self._event is None:
            return (time.perf_counter() - self._begun) * 1000
        now = _event()
        now.synchronize()
        return float(self._event.elapsed_time(now))


def _event() -> torch.cuda.Event:
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    return event
