"""The worker: its model, what it holds, and the main loop that works calls off one after the other."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import torch

from . import PROTOCOL
from .adapters import load_adapter
from .adapters.base import ModelConfig
from .calls import Call, Calls
from .channel import Channel
from .chunk import FAIL_AT_STEP, Chunk
from .clock import Clock
from .control import Control
from .failures import OUT_OF_MEMORY_REMEDY, CallFailed, Fatal, describe, is_out_of_memory
from .faults import Faults
from .frames import Header
from .groups import Group, Groups
from .messages import GroupName, ProtocolError, items, read_group, read_part, read_shape, record, text, whole
from .payload import read_payload
from .pictures import CONTENT_TYPE, to_png
from .rendezvous import Rendezvous
from .states import State, States
from .tensors import pack, unpack

IN_TURN = ("prepare", "run", "fetch", "finish", "warm")


class Worker:
    """Everything that a worker holds from `hello` to its end."""

    def __init__(self, hello: Header, channel: Channel, control: Control) -> None:
        """Load the model that `hello` names and say `ready`; raises Fatal or ProtocolError."""
        begun = time.perf_counter()
        self._channel = channel
        self._control = control
        self._rank = whole(hello, "rank")
        self._world_size = whole(hello, "worldSize", self._rank + 1)
        self._testing = hello.get("testing") is True
        timeout = timedelta(milliseconds=whole(hello, "collectiveTimeoutMs", 1))
        if hello.get("threads") is not None:
            torch.set_num_threads(whole(hello, "threads", 1))
        self._device = _device(hello)
        self._states = States()
        self._calls = Calls()
        self._faults = Faults(channel, control.muted)
        try:
            rendezvous = Rendezvous(record(hello, "rendezvous"), self._rank, timeout)
        except (RuntimeError, OSError) as error:
            raise Fatal("internal", f"the rendezvous cannot be reached: {describe(error)}") from None
        self._groups = Groups(self._rank, self._device, rendezvous, timeout)
        with torch.inference_mode():
            self._adapter = load_adapter(ModelConfig.read(record(hello, "model")), self._device)
        self._say_ready((time.perf_counter() - begun) * 1000)

    def work(self) -> None:
        """Work calls off for ever."""
        self._control.attach(self._deliver)
        while True:
            call = self._calls.next()
            self._faults.hang_if_told()
            if call is not None:
                with torch.inference_mode():
                    self._answer(call)
                self._calls.ended(call.number)

    # What takes effect at once, on the reader thread.

    def _deliver(self, header: Header, body: bytes) -> None:
        kind = header["type"]
        if kind in IN_TURN:
            self._calls.add(kind, whole(header, "call"), header)
        elif kind == "load":
            self._load(header, body)
        elif kind == "abort":
            self._calls.abort(whole(header, "call"))
        elif kind == "drop":
            self._groups.drop(text(header, "groupId"))
        elif kind == "release":
            self._states.release(text(header, "key"))
            self._done(whole(header, "call"))
        elif kind == "held":
            states, size = self._states.held()
            self._done(whole(header, "call"), states=states, groups=self._groups.count(), memoryBytes=size)
        elif kind == "inject" and self._testing:
            call = whole(header, "call")
            self._faults.inject(header, lambda: self._done(call), self._control.fatal)
            self._calls.wake()
        else:
            raise ProtocolError(f"there is no message {kind[:80]!r} here")

    def _load(self, header: Header, body: bytes) -> None:
        key, part, step = text(header, "key"), read_part(header), whole(header, "step")
        shape, steps = read_shape(header), whole(header, "steps", 1)
        try:
            # Into host memory: the device is the main thread's.
            self._states.load(key, shape, steps, part, unpack(body), step)
        except ValueError as error:
            self._states.note_problem(key, shape, steps, str(error))

    # What is worked off in turn, on the main thread.

    def _answer(self, call: Call) -> None:
        handle: Callable[[Call], None] = getattr(self, f"_{call.type}")
        broken: str | None = None
        try:
            handle(call)
            return
        except CallFailed as error:
            # Without the traceback, which would keep all that the call held.
            failure = CallFailed(error.code, error.detail, error.blamed)
        except ProtocolError:
            raise
        except Exception as error:
            if is_out_of_memory(error):
                failure = CallFailed("out-of-memory", f"{describe(error)}; {OUT_OF_MEMORY_REMEDY}")
            else:
                traceback.print_exc()
                failure = CallFailed("internal", describe(error))
                # After an error of its own a device does nothing any more for this process.
                broken = failure.detail if isinstance(error, torch.AcceleratorError) else None
        self._failed(call, failure)
        if broken is not None:
            raise Fatal("internal", broken)
        if failure.code == "out-of-memory" and self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _prepare(self, call: Call) -> None:
        header = call.header
        key, shape, steps = text(header, "key"), read_shape(header), whole(header, "steps", 1)
        step = whole(header, "startStep")
        if step > steps:
            raise ProtocolError(f"startStep {step} is over the steps {steps}")
        payload = read_payload(header.get("payload"), self._testing)
        self._adapter.check_shape(shape)
        clock = Clock(self._device)
        self._stop_if_told(call, key)
        conditioning = self._adapter.encode(payload, shape)
        if payload.fail_at_step is not None:
            conditioning[FAIL_AT_STEP] = torch.tensor([payload.fail_at_step])
        self._stop_if_told(call, key)
        latents = self._adapter.initial_latents(payload, shape)
        duration = clock.ms()
        self._states.prepared(key, shape, steps, conditioning, latents, step)
        self._send_state(key, "conditioning", step, conditioning)
        self._send_state(key, "latents", step, {"latents": latents})
        self._done(call.number, durationMs=duration)

    def _run(self, call: Call) -> None:
        header = call.header
        name = read_group(header.get("group"), self._rank, self._world_size)
        steps = whole(header, "steps", 1)
        members = [(text(member, "key"), whole(member, "fromStep")) for member in items(header, "members")]
        if len({key for key, _ in members}) < len(members):
            raise ProtocolError("a request is twice in a batch")
        self._check_chunk(name, len(members))
        group: Group | None = None
        try:
            with self._states.use([key for key, _ in members]) as states:
                self._check_members(states, [step for _, step in members], steps)
                if len(name.ranks) > 1:
                    group = self._groups.acquire(name)
                chunk = Chunk(self._adapter, states, steps, group, self._faults)
                result = chunk.run(call.stopped, lambda done: self._step(call, done))
                latents = [(state.key, state.step, state.part("latents")) for state in states]
        except BaseException as error:
            # What all members refuse alike leaves the group as it is; else the others must not wait for this one.
            if not (isinstance(error, CallFailed) and error.code == "unsupported"):
                self._groups.give_up(name, describe(error))
                if group:
                    # One that was dropped meanwhile is this thread's to close.
                    group.close()
            raise
        # Only now, so that who reads the answer finds what was released meanwhile gone.
        if result.steps and name.ranks[0] == self._rank:
            for key, step, tensors in latents:
                self._send_state(key, "latents", step, tensors)
        self._done(call.number, steps=result.steps, durationMs=result.duration_ms)

    def _fetch(self, call: Call) -> None:
        part = read_part(call.header)
        with self._states.use([text(call.header, "key")]) as (state,):
            self._send_state(state.key, part, state.step, state.part(part))
        self._done(call.number)

    def _finish(self, call: Call) -> None:
        key = text(call.header, "key")
        with self._states.use([key]) as (state,):
            latents = state.part("latents")["latents"]
            if state.step != state.steps:
                raise CallFailed("wrong-step", f"{key} is at step {state.step} of {state.steps}")
            self._check_latents(state)
            clock = Clock(self._device)
            self._stop_if_told(call, key)
            picture = self._adapter.decode(latents.to(self._device), state.shape)
            self._stop_if_told(call, key)
            png = to_png(picture)
            duration = clock.ms()
        height, width = picture.shape[:2]
        about = {"contentType": CONTENT_TYPE, "width": width, "height": height}
        self._done(call.number, png, durationMs=duration, picture=about)

    def _warm(self, call: Call) -> None:
        warm_ms: dict[str, float] = {}
        for fields in items(call.header, "groups"):
            name = read_group(fields, self._rank, self._world_size)
            begun = time.perf_counter()
            if len(name.ranks) > 1:
                self._meet(name)
            warm_ms[name.id] = (time.perf_counter() - begun) * 1000
        self._done(call.number, warmMs=warm_ms)

    def _meet(self, name: GroupName) -> None:
        group: Group | None = None
        try:
            group = self._groups.acquire(name)
            group.meet()
        except BaseException as error:
            self._groups.give_up(name, describe(error))
            if group:
                group.close()
            raise

    def _check_chunk(self, name: GroupName, batch: int) -> None:
        degree, heads = len(name.ranks), self._adapter.heads
        if heads % degree:
            raise CallFailed("unsupported", f"{heads} attention heads cannot be shared out to {degree} ranks")
        if batch > self._adapter.max_batch_size:
            raise CallFailed("unsupported", f"a batch has {self._adapter.max_batch_size} members at most, not {batch}")

    def _check_members(self, states: list[State], from_steps: list[int], steps: int) -> None:
        """Whether the states fit the chunk; moves them to the device."""
        for state, step in zip(states, from_steps):
            conditioning, latents = state.part("conditioning"), state.part("latents")["latents"]
            if state.step != step or step + steps > state.steps:
                detail = f"{state.key} is at step {state.step} of {state.steps}: not at {step} with {steps} more"
                raise CallFailed("wrong-step", detail)
            self._check_latents(state)
            state.conditioning = {
                name: tensor if name == FAIL_AT_STEP else tensor.to(self._device)
                for name, tensor in conditioning.items()
            }
            state.latents = latents.to(self._device)
        if len({(state.shape.width, state.shape.height, state.shape.frames) for state in states}) > 1:
            raise CallFailed("unsupported", "the members of a batch have different shapes")

    def _check_latents(self, state: State) -> None:
        self._adapter.check_shape(state.shape)
        expected, found = self._adapter.latents_size(state.shape), tuple(state.part("latents")["latents"].shape)
        if found != expected:
            raise CallFailed("not-prepared", f"the latents of {state.key} are {found}, not {expected}")

    def _stop_if_told(self, call: Call, key: str) -> None:
        if call.stopped() or self._states.is_released(key):
            raise CallFailed("aborted", f"{call.type} was told to stop")

    # What is sent.

    def _say_ready(self, load_ms: float) -> None:
        cuda = self._device.type == "cuda"
        about = torch.cuda.get_device_properties(self._device) if cuda else None
        model: dict[str, Any] = {
            "heads": self._adapter.heads,
            "maxBatchSize": self._adapter.max_batch_size,
            "parameters": self._adapter.parameters,
        }
        self._channel.send(
            {
                "type": "ready",
                "protocol": PROTOCOL,
                "pid": os.getpid(),
                "torch": torch.__version__,
                "deviceName": about.name if about else "cpu",
                "memoryBytes": about.total_memory if about else None,
                "loadMs": load_ms,
                "model": model,
            }
        )

    def _step(self, call: Call, done: int) -> None:
        self._channel.send({"type": "step", "call": call.number, "done": done})

    def _send_state(self, key: str, part: str, step: int, tensors: dict[str, torch.Tensor]) -> None:
        self._channel.send({"type": "state", "key": key, "part": part, "step": step}, pack(tensors))

    def _done(self, call: int, body: bytes = b"", **fields: Any) -> None:
        self._channel.send({"type": "done", "call": call, **fields}, body)

    def _failed(self, call: Call, error: CallFailed) -> None:
        header: Header = {"type": "failed", "call": call.number, "code": error.code, "detail": error.detail[:4000]}
        if error.blamed:
            header["blamed"] = error.blamed
        self._channel.send(header)


def _device(hello: Header) -> torch.device:
    kind = text(hello, "device")
    if kind == "cpu":
        return torch.device("cpu")
    if kind != "cuda":
        raise ProtocolError(f"there is no device {kind}")
    index = whole(hello, "deviceIndex")
    if not torch.cuda.is_available() or index >= torch.cuda.device_count():
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        raise Fatal("no-gpu", f"there is no GPU {index}: torch {torch.__version__} sees {count}")
    device = torch.device("cuda", index)
    torch.cuda.set_device(device)
    return device
