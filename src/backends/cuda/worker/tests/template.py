"""A process that has imported what a worker needs, and forks workers of itself: importing takes seconds each time.

It has run nothing of torch, so that forking it is safe. Requests and answers are JSON, one a message; descriptors come
along with requests to fork.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class Template:
    """The tests' side: forks workers and asks how they ended."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
        )
        theirs.close()

    def fork(self, control: int, log: int) -> Forked:
        """A worker with this control socket, whose output goes to `log`."""
        return Forked(self, self.ask({"do": "fork"}, [control, log])["pid"])

    def ask(self, request: dict[str, Any], descriptors: list[int] | None = None) -> dict[str, Any]:
        """One request and its answer."""
        socket.send_fds(self._socket, [json.dumps(request).encode()], descriptors or [])
        return json.loads(self._socket.recv(4096))

    def close(self) -> None:
        """End it, and with it all that it forked."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


class Forked:
    """A forked worker, with what the tests use of `subprocess.Popen`."""

    def __init__(self, template: Template, pid: int) -> None:
        self.pid = pid
        self._template = template
        self._code: int | None = None

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        if self._code is None:
            self._code = self._template.ask({"do": "poll", "pid": self.pid})["code"]
        return self._code

    def kill(self) -> None:
        """End it at once."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


def serve(requests: socket.socket) -> None:
    """The template's side: until the end of the socket."""
    sys.path.insert(0, str(ROOT))
    from tetri_worker.__main__ import _import_all, main

    problem = _import_all()
    if problem:
        sys.exit(problem)
    while True:
        data, descriptors, _, _ = socket.recv_fds(requests, 4096, 2)
        if not data:
            return
        request = json.loads(data)
        if request["do"] == "poll":
            pid, status = os.waitpid(request["pid"], os.WNOHANG)
            answer = {"code": os.waitstatus_to_exitcode(status) if pid else None}
        else:
            pid = os.fork()
            if pid == 0:
                _become_worker(requests, *descriptors)
                main()
                os._exit(99)
            answer = {"pid": pid}
            for descriptor in descriptors:
                os.close(descriptor)
        requests.send(json.dumps(answer).encode())


def _become_worker(requests: socket.socket, control: int, log: int) -> None:
    requests.close()
    # A worker that hangs shows where when it gets this signal.
    faulthandler.register(signal.SIGUSR1)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if control != 3:
        os.dup2(control, 3)
        os.close(control)


if __name__ == "__main__":
    # The worker's own descriptor must be free for its control socket.
    kept = os.dup(int(sys.argv[1]))
    while kept <= 10:
        kept = os.dup(kept)
    serve(socket.socket(fileno=kept))
