"""Workers as processes of their own, and the backend's side of the protocol, for tests."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

from template import ROOT, Template

from tetri_worker.frames import encode_frame, read_frame

PATIENCE = 60.0

Message = tuple[dict[str, Any], bytes]


class Peer:
    """One worker process. `messages` holds all that it sent but beats, in order; `beats` their times.

    It is forked from a template, or else started as users start it, with `path` as the first place to import from.
    """

    def __init__(self, directory: str, template: Template | None = None, path: str = "") -> None:
        ours, theirs = socket.socketpair()
        self.socket = ours
        self.messages: list[Message] = []
        self.beats: list[float] = []
        self.ended = False
        self._changed = threading.Condition()
        self.log = tempfile.TemporaryFile(dir=directory)
        if template:
            self.process: Any = template.fork(theirs.fileno(), self.log.fileno())
        else:
            # The shell gives the socket the number that the worker expects.
            script = f'exec "{sys.executable}" -m tetri_worker 3<&{theirs.fileno()}'
            self.process = subprocess.Popen(
                ["bash", "-c", script],
                pass_fds=[theirs.fileno()],
                cwd=ROOT,
                env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path},
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=subprocess.STDOUT,
            )
        theirs.close()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, kind: str, body: bytes = b"", **fields: Any) -> None:
        """Send a message."""
        self.raw(b"".join(encode_frame({"type": kind, **fields}, body)))

    def raw(self, data: bytes) -> None:
        """Send bytes; those that nobody takes any more are lost."""
        try:
            self.socket.sendall(data)
        except OSError:
            pass

    def wait(self, wanted: Any, seconds: float = PATIENCE) -> Message:
        """The first message for which `wanted(header)` holds."""
        end = time.monotonic() + seconds
        with self._changed:
            while True:
                for message in self.messages:
                    if wanted(message[0]):
                        return message
                if self.ended or not self._changed.wait(max(0, end - time.monotonic())):
                    raise AssertionError(f"no such message among {[m[0] for m in self.messages]}\n{self.output()}")

    def exit_code(self, seconds: float = 20) -> int:
        """How the process ended."""
        end = time.monotonic() + seconds
        while (code := self.process.poll()) is None:
            assert time.monotonic() < end, f"it does not end\n{self.output()}"
            time.sleep(0.01)
        return code

    def output(self) -> str:
        """What the process wrote to its log."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-4000:]

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()

    def close(self) -> None:
        """End it and clean up."""
        self.kill()
        self.exit_code()
        self.socket.close()
        self.log.close()

    def _read(self) -> None:
        try:
            while frame := read_frame(self.socket):
                with self._changed:
                    if frame[0]["type"] == "beat":
                        self.beats.append(time.monotonic())
                    else:
                        self.messages.append(frame)
                    self._changed.notify_all()
        except Exception:
            pass
        with self._changed:
            self.ended = True
            self._changed.notify_all()


class Fleet:
    """Some workers with one model, and the calls of the backend."""

    def __init__(
        self,
        template: Template,
        size: int,
        adapter: str = "tiny-flux",
        path: str | None = None,
        timeout_ms: int = 20_000,
        dtype: str = "float32",
        options: dict[str, Any] | None = None,
        rendezvous: dict[str, Any] | None = None,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tetri-fleet-")
        self._calls = itertools.count(1)
        self._groups = itertools.count(1)
        self.size = size
        self.timeout_ms = timeout_ms
        self.model = {"adapter": adapter, "path": path, "dtype": dtype, "options": options or {}}
        self._changes = {"rendezvous": rendezvous} if rendezvous else {}
        self._template = template
        self.peers = [Peer(self._folder.name, template) for _ in range(size)]
        for rank in range(size):
            self.greet(rank)
        for peer in self.peers:
            peer.wait(lambda header: header["type"] == "ready")

    def greet(self, rank: int, **changes: Any) -> None:
        """Say hello to a worker."""
        fields = hello(self._folder.name, self.model, rank, self.size, self.timeout_ms)
        self.peers[rank].send("hello", **{**fields, **self._changes, **changes})

    def restart(self, rank: int) -> None:
        """Another process in the place of one."""
        self.peers[rank].close()
        self.peers[rank] = Peer(self._folder.name, self._template)
        self.greet(rank)
        self.peers[rank].wait(lambda header: header["type"] == "ready")

    def start(self, rank: int, kind: str, **fields: Any) -> int:
        """Begin a call; its number."""
        call = next(self._calls)
        self.peers[rank].send(kind, call=call, **fields)
        return call

    def end(self, rank: int, call: int, seconds: float = PATIENCE) -> Message:
        """The answer of a call."""
        return self.peers[rank].wait(
            lambda header: header.get("call") == call and header["type"] in ("done", "failed"), seconds
        )

    def call(self, rank: int, kind: str, **fields: Any) -> Message:
        """A call and its answer."""
        return self.end(rank, self.start(rank, kind, **fields))

    def prepare(
        self, rank: int, key: str, shape: dict[str, Any], steps: int, start: int = 0, **payload: Any
    ) -> Message:
        """Prepare a request."""
        payload = {"prompt": f"a prompt for {key}", "seed": 7, **payload}
        return self.call(rank, "prepare", key=key, shape=shape, steps=steps, startStep=start, payload=payload)

    def state(self, rank: int, key: str, part: str) -> Message:
        """The last state that a worker sent."""
        found = [
            message
            for message in self.peers[rank].messages
            if message[0]["type"] == "state" and message[0]["key"] == key and message[0]["part"] == part
        ]
        return found[-1]

    def fetch(self, rank: int, key: str, part: str) -> Message:
        """A part of a state from a worker."""
        answer = self.call(rank, "fetch", key=key, part=part)
        assert answer[0]["type"] == "done", answer
        return self.state(rank, key, part)

    def move(self, key: str, source: int, targets: list[int], shape: dict[str, Any], steps: int) -> None:
        """Copy both parts of a state from one worker to others."""
        for part in ("conditioning", "latents"):
            header, body = self.fetch(source, key, part)
            for rank in targets:
                self.peers[rank].send("load", body, key=key, part=part, step=header["step"], shape=shape, steps=steps)

    def group(self, ranks: list[int]) -> dict[str, Any]:
        """A group under a new name."""
        return {"id": f"group/{next(self._groups)}", "ranks": ranks}

    def start_run(self, group: dict[str, Any], members: dict[str, int], steps: int) -> list[int]:
        """Begin a run on all ranks of a group; the call numbers in the order of the ranks."""
        listed = [{"key": key, "fromStep": step} for key, step in members.items()]
        return [self.start(rank, "run", group=group, members=listed, steps=steps) for rank in group["ranks"]]

    def end_run(self, group: dict[str, Any], calls: list[int], seconds: float = PATIENCE) -> list[dict[str, Any]]:
        """The answers of a run, in the order of the ranks."""
        return [self.end(rank, call, seconds)[0] for rank, call in zip(group["ranks"], calls)]

    def run(self, group: dict[str, Any], members: dict[str, int], steps: int) -> list[dict[str, Any]]:
        """A run and its answers."""
        return self.end_run(group, self.start_run(group, members, steps))

    def steps_of(self, rank: int, call: int) -> list[int]:
        """The steps that a worker reported for a call."""
        return [
            header["done"]
            for header, _ in self.peers[rank].messages
            if header["type"] == "step" and header["call"] == call
        ]

    def held(self, rank: int) -> dict[str, Any]:
        """What a worker holds."""
        return self.call(rank, "held")[0]

    def close(self) -> None:
        """End all processes."""
        for peer in self.peers:
            peer.close()
        self._folder.cleanup()


def hello(
    directory: str, model: dict[str, Any], rank: int = 0, size: int = 1, timeout_ms: int = 20_000
) -> dict[str, Any]:
    """The fields of a `hello`."""
    return {
        "protocol": 1,
        "rank": rank,
        "worldSize": size,
        "device": "cpu",
        "deviceIndex": 0,
        "threads": 1,
        "model": model,
        "rendezvous": {"kind": "file", "directory": directory},
        "collectiveTimeoutMs": timeout_ms,
        "heartbeatMs": 50,
        "testing": True,
    }
