"""Other ways to meet, and other types of numbers."""

from __future__ import annotations

import socket

import pytest
from fleet import Fleet
from template import Template

from tetri_worker.tensors import unpack

SHAPE = {"id": "64x64", "width": 64, "height": 64, "frames": 1}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_groups_meet_in_a_tcp_store(template: Template) -> None:
    fleet = Fleet(template, 3, rendezvous={"kind": "tcp", "host": "127.0.0.1", "port": free_port()})
    try:
        fleet.prepare(1, "a", SHAPE, 8)
        fleet.move("a", 1, [2, 0], SHAPE, 8)
        assert [answer["steps"] for answer in fleet.run(fleet.group([1, 2]), {"a": 0}, 2)] == [2, 2]
        # A member that refuses tells the others through the store.
        fleet.call(2, "release", key="a")
        first, second = fleet.end_run(group := fleet.group([1, 2]), fleet.start_run(group, {"a": 2}, 2), 5)
        assert (first["code"], second["code"]) == ("group-failed", "not-prepared")
        # The worker that offers the store is lost: what exists works on, and its successor offers a store again.
        kept = fleet.group([1, 0])
        fleet.move("a", 1, [0], SHAPE, 8)
        assert [answer["steps"] for answer in fleet.run(kept, {"a": 2}, 2)] == [2, 2]
        fleet.restart(0)
        fleet.move("a", 1, [0], SHAPE, 8)
        assert [answer["steps"] for answer in fleet.run(fleet.group([0, 1]), {"a": 4}, 4)] == [4, 4]
    finally:
        fleet.close()


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("adapter", ["tiny-flux", "tiny-sd3"])
def test_16_bit_models_work_at_all_degrees(template: Template, adapter: str, dtype: str) -> None:
    fleet = Fleet(template, 2, adapter, dtype=dtype)
    try:
        found = []
        for key, ranks in (("one", [0]), ("two", [0, 1])):
            answer = fleet.prepare(0, key, SHAPE, 4, prompt="same", guidance=2)
            assert answer[0]["type"] == "done", answer
            fleet.move(key, 0, [1], SHAPE, 4)
            answers = fleet.run(fleet.group(ranks), {key: 0}, 4)
            assert [answer.get("steps") for answer in answers] == [4] * len(ranks), answers
            found.append(unpack(fleet.fetch(0, key, "latents")[1])["latents"])
        error = ((found[0] - found[1]).abs().max() / found[0].abs().max()).item()
        print(f"\n{adapter} in {dtype}: {error:.1e}")
        assert error < 0.02
    finally:
        fleet.close()
