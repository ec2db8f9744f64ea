"""Starts a worker: `python -m tetri_worker`, with the control socket as file descriptor 3."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import traceback

from .channel import Channel
from .control import Control
from .failures import Fatal, describe
from .messages import ProtocolError

CONTROL_DESCRIPTOR = 3
PR_SET_PDEATHSIG = 1

SETTINGS = {
    # A failed collective must end its group, not the process. So NCCL's watchdog must neither end the process nor abort
    # collectives behind the worker's back: their kernels would end as if they had done their work.
    "TORCH_NCCL_ASYNC_ERROR_HANDLING": "0",
    "TORCH_NCCL_ENABLE_MONITORING": "0",
    "TORCH_NCCL_DUMP_ON_TIMEOUT": "0",
    # Models come from local folders alone.
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def main() -> None:
    """Serve the control socket until its end."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    # An interrupt from the terminal reaches the parent too, which ends its workers in its own way.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    try:
        connection = socket.socket(fileno=CONTROL_DESCRIPTOR)
        connection.set_inheritable(False)
        connection.getpeername()
    except OSError as error:
        sys.exit(f"tetri-worker: descriptor {CONTROL_DESCRIPTOR} is no connected socket: {error}")
    channel = Channel(connection)
    control = Control(connection, channel)
    control.start()
    # Importing takes seconds, so it does not wait for `hello`: a process kept in reserve is ready fast.
    missing = _import_all()
    hello = control.hello()
    if missing:
        control.fatal("torch-missing", missing)
    try:
        from .worker import Worker

        Worker(hello, channel, control).work()
    except Fatal as error:
        control.fatal(error.code, error.detail)
    except ProtocolError as error:
        control.fatal("unsupported-protocol", str(error))
    except BaseException as error:
        traceback.print_exc()
        control.fatal("internal", describe(error))


def _import_all() -> str | None:
    """Import what every worker needs; why that failed and what to do about it, or None."""
    try:
        import torch
        import torch.distributed as dist

        if not dist.is_available():
            return f"torch {torch.__version__} was built without torch.distributed; install an official build"
        import diffusers.models.transformers.transformer_flux
        import diffusers.models.transformers.transformer_sd3  # noqa: F401

        from . import worker  # noqa: F401
    except ImportError as error:
        return (
            f"{describe(error)}; {sys.executable} needs the packages of the worker: "
            "install them with `pip install` and the path of the worker's folder"
        )
    except BaseException as error:
        return f"an import failed: {describe(error)}"
    return None


def _die_with_parent() -> None:
    """A second line after the end of the control socket: the kernel ends this process when its parent is gone."""
    if not sys.platform.startswith("linux"):
        return
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    except (OSError, AttributeError):
        pass


if __name__ == "__main__":
    main()
