"""How a worker process begins and ends."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from fleet import Peer, hello
from template import ROOT, Template

TINY = {"adapter": "tiny-flux", "path": None, "dtype": "float32", "options": {}}


def fatal(peer: Peer) -> str:
    """The code that a worker ended with."""
    code = peer.wait(lambda header: header["type"] == "fatal")[0]["code"]
    assert peer.exit_code() == 1
    return code


def test_the_end_of_the_socket_is_the_end(peer: Peer) -> None:
    peer.socket.shutdown(1)
    assert peer.exit_code() == 0


def test_close_ends_with_0_also_while_loading(peer: Peer, folder: str) -> None:
    peer.send("hello", **hello(folder, TINY))
    peer.send("close")
    assert peer.exit_code() == 0


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        struct.pack(">4sII", b"TETR", 1 << 21, 0),
        struct.pack(">4sII", b"TETR", 5, 0) + b"[1,2]",
        struct.pack(">4sII", b"TETR", 14, 0) + b'{"type":"run"}',
    ],
    ids=["garbage", "oversized", "no object", "no hello"],
)
def test_what_is_no_protocol_ends_it(peer: Peer, data: bytes) -> None:
    peer.raw(data)
    assert fatal(peer) == "unsupported-protocol"


def test_another_version_ends_it(peer: Peer, folder: str) -> None:
    peer.send("hello", **{**hello(folder, TINY), "protocol": 2})
    assert fatal(peer) == "unsupported-protocol"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"model": {**TINY, "adapter": "none"}}, "bad-model"),
        ({"model": {**TINY, "adapter": "flux", "path": "/nowhere"}}, "model-not-found"),
        ({"model": {**TINY, "options": {"heads": 0}}}, "bad-model"),
        ({"device": "cuda"}, "no-gpu"),
        ({"rank": None}, "unsupported-protocol"),
    ],
    ids=["adapter", "path", "options", "gpu", "rank"],
)
def test_a_hello_that_cannot_be_served_ends_it(peer: Peer, folder: str, changes: dict[str, Any], code: str) -> None:
    if code == "no-gpu":
        import torch

        if torch.cuda.is_available():
            pytest.skip("there is a GPU")
    peer.send("hello", **{**hello(folder, TINY), **changes})
    assert fatal(peer) == code


def test_a_folder_that_holds_no_model_ends_it(peer: Peer, folder: str) -> None:
    transformer = Path(folder) / "transformer"
    transformer.mkdir()
    (transformer / "config.json").write_text("{")
    model = {**TINY, "adapter": "flux", "path": folder}
    peer.send("hello", **hello(folder, model))
    assert fatal(peer) == "bad-model"


def test_a_missing_torch_is_told(folder: str) -> None:
    (Path(folder) / "torch.py").write_text("raise ImportError('No module named torch')")
    peer = Peer(folder, path=folder)
    try:
        peer.send("hello", **hello(folder, TINY))
        assert fatal(peer) == "torch-missing"
        assert "pip install" in peer.messages[0][0]["detail"]
    finally:
        peer.close()


def test_it_starts_as_users_start_it(folder: str) -> None:
    peer = Peer(folder)
    try:
        begun = time.monotonic()
        peer.send("hello", **hello(folder, TINY))
        ready = peer.wait(lambda header: header["type"] == "ready")[0]
        gaps = [later - sooner for sooner, later in zip(peer.beats, peer.beats[1:])]
        took = time.monotonic() - begun
        print(f"\nready after {took:.1f} s, {ready['loadMs']:.0f} ms of it the model; {max(gaps):.2f} s between beats")
        peer.socket.shutdown(1)
        assert peer.exit_code() == 0
    finally:
        peer.close()


def test_without_a_socket_it_says_so() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tetri_worker"], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=30
    )
    assert ended.returncode == 1 and b"no connected socket" in ended.stderr


def test_faults_end_it_as_told(template: Template, folder: str) -> None:
    peers = [Peer(folder, template) for _ in range(4)]
    faults: list[dict[str, Any]] = [
        {"kind": "garbage"},
        {"kind": "oversized"},
        {"kind": "exit", "code": 7},
        {"kind": "stdout", "bytes": 300_000},
    ]
    try:
        for peer in peers:
            peer.send("hello", **hello(folder, TINY))
        for peer, fault in zip(peers, faults):
            peer.wait(lambda header: header["type"] == "ready")
            peer.send("inject", call=1, fault=fault)
            peer.wait(lambda header: header["type"] == "done")
        for peer in peers[:2]:
            deadline = time.monotonic() + 5
            while not peer.ended and time.monotonic() < deadline:
                time.sleep(0.01)
            assert peer.ended and peer.process.poll() is None
        assert peers[2].exit_code() == 7
        assert os.fstat(peers[3].log.fileno()).st_size >= 300_000
        peers[3].send("nonsense")
        assert fatal(peers[3]) == "unsupported-protocol"
    finally:
        for peer in peers:
            peer.close()


def test_without_testing_no_fault_is_injected(peer: Peer, folder: str) -> None:
    peer.send("hello", **{**hello(folder, TINY), "testing": False})
    peer.wait(lambda header: header["type"] == "ready")
    assert peer.beats
    peer.send("inject", call=1, fault={"kind": "exit", "code": 0})
    assert fatal(peer) == "unsupported-protocol"
