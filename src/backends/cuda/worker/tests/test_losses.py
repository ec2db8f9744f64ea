"""Workers that die, hang or fail: the others notice fast and work on."""

from __future__ import annotations

import os
import time

import pytest
import torch
from fleet import Fleet
from template import Template

from tetri_worker.tensors import unpack

SHAPE = {"id": "64x64", "width": 64, "height": 64, "frames": 1}


def latents(fleet: Fleet, rank: int, key: str) -> tuple[int, torch.Tensor]:
    header, body = fleet.fetch(rank, key, "latents")
    return header["step"], unpack(body)["latents"]


def spread(fleet: Fleet, key: str, ranks: list[int], steps: int, **payload: object) -> None:
    assert fleet.prepare(ranks[0], key, SHAPE, steps, **payload)[0]["type"] == "done"
    fleet.move(key, ranks[0], ranks[1:], SHAPE, steps)


def slow(fleet: Fleet, rank: int, milliseconds: int) -> None:
    fleet.call(rank, "inject", fault={"kind": "slow", "milliseconds": milliseconds})


@pytest.mark.parametrize("size", [2, 4])
def test_the_death_of_a_peer_fails_its_group_at_once_and_no_other(sd3: Fleet, size: int) -> None:
    ranks, victim = list(range(4 - size, 4)), 3
    key = f"dies {size}"
    spread(sd3, key, ranks, 200)
    slow(sd3, ranks[0], 10)
    before = latents(sd3, ranks[0], key)
    other = sd3.group(ranks[:-1][:2] or ranks[:1])
    group = sd3.group(ranks)
    calls = sd3.start_run(group, {key: 0}, 200)
    sd3.peers[ranks[0]].wait(lambda header: header.get("call") == calls[0] and header.get("done") == 3)
    sd3.peers[victim].kill()
    begun = time.monotonic()
    answers = sd3.end_run({"ranks": ranks[:-1]}, calls[:-1], 10)
    print(f"\nthe others noticed after {(time.monotonic() - begun) * 1000:.0f} ms")
    assert [answer["code"] for answer in answers] == ["group-failed"] * (size - 1)
    assert time.monotonic() - begun < 3
    slow(sd3, ranks[0], 0)
    step, after = latents(sd3, ranks[0], key)
    assert step == 0 and torch.equal(after, before[1])
    if size == 4:
        assert [answer["steps"] for answer in sd3.run(other, {key: 0}, 2)] == [2, 2]
    sd3.restart(victim)


def test_a_peer_that_hangs_is_given_up_by_a_drop(flux: Fleet) -> None:
    spread(flux, "hangs", [0, 1], 50)
    slow(flux, 0, 10)
    group = flux.group([0, 1])
    calls = flux.start_run(group, {"hangs": 0}, 50)
    flux.peers[0].wait(lambda header: header.get("call") == calls[0] and header.get("done") == 2)
    flux.call(1, "inject", fault={"kind": "hang"})
    with pytest.raises(AssertionError):
        flux.end(0, calls[0], 0.5)
    begun = time.monotonic()
    flux.peers[0].send("drop", groupId=group["id"])
    assert flux.end(0, calls[0], 5)[0]["code"] == "group-failed"
    assert time.monotonic() - begun < 1
    slow(flux, 0, 0)
    assert flux.run(flux.group([0]), {"hangs": 0}, 2)[0]["steps"] == 2
    # It does not answer calls any more, but what takes effect at once still does.
    assert flux.held(1)["states"] >= 1
    flux.restart(1)


def test_dropping_at_any_time_ends_a_run_at_once_and_leaks_nothing(flux: Fleet) -> None:
    spread(flux, "drops", [2, 3], 500)
    slow(flux, 2, 1)

    def resources() -> list[int]:
        folders = [f"/proc/{flux.peers[rank].process.pid}/{kind}" for rank in (2, 3) for kind in ("fd", "task")]
        return [len(os.listdir(folder)) for folder in folders]

    before, worst = [], 0.0
    for turn in range(24):
        group = flux.group([2, 3])
        calls = flux.start_run(group, {"drops": 0}, 400)
        time.sleep(turn % 12 * 0.004)
        for rank in (2, 3):
            flux.peers[rank].send("drop", groupId=group["id"])
        begun = time.monotonic()
        assert [answer["code"] for answer in flux.end_run(group, calls, 5)] == ["group-failed"] * 2
        worst = max(worst, time.monotonic() - begun)
        before = before or resources()
    slow(flux, 2, 0)
    print(f"\na dropped run ended after {worst * 1000:.0f} ms at most")
    assert worst < 1
    # A few may still run into their time limit.
    assert all(later <= sooner + 12 for sooner, later in zip(before, resources())), (before, resources())


def test_waiting_for_a_peer_that_never_comes_is_given_up_by_a_drop(flux: Fleet) -> None:
    spread(flux, "waits", [0], 4)
    group = flux.group([0, 2])
    call = flux.start(0, "run", group=group, members=[{"key": "waits", "fromStep": 0}], steps=2)
    with pytest.raises(AssertionError):
        flux.end(0, call, 0.3)
    flux.peers[0].send("drop", groupId=group["id"])
    assert flux.end(0, call, 2)[0]["code"] == "group-failed"
    assert flux.run(flux.group([0]), {"waits": 0}, 2)[0]["steps"] == 2


def test_a_failure_of_one_member_ends_the_run_of_all(flux: Fleet) -> None:
    spread(flux, "fails", [0, 2], 10, failAtStep=4)
    spread(flux, "innocent", [0, 2], 10)
    before = latents(flux, 2, "fails")
    group = flux.group([0, 2])
    calls = flux.start_run(group, {"innocent": 0, "fails": 0}, 10)
    first, second = flux.end_run(group, calls, 5)
    assert (first["code"], first["blamed"]) == ("internal", ["fails"])
    assert second["code"] == "group-failed" and "blamed" not in second
    assert flux.steps_of(0, calls[0]) == [1, 2, 3]
    step, after = latents(flux, 2, "fails")
    assert step == 0 and torch.equal(after, before[1])
    assert [answer["steps"] for answer in flux.run(flux.group([2, 0]), {"innocent": 0}, 10)] == [10, 10]
    # The payload's wish came along with the conditioning.
    assert flux.run(flux.group([2]), {"fails": 0}, 4)[0]["blamed"] == ["fails"]
    assert flux.run(flux.group([2]), {"fails": 0}, 3)[0]["steps"] == 3


def test_a_member_that_refuses_does_not_keep_the_others_waiting(flux: Fleet) -> None:
    spread(flux, "half", [0], 4)
    group = flux.group([0, 2])
    calls = flux.start_run(group, {"half": 0}, 2)
    first, second = flux.end_run(group, calls, 5)
    assert second["code"] == "not-prepared" and first["code"] == "group-failed"


def test_collectives_have_a_time_limit(template: Template) -> None:
    fleet = Fleet(template, 2, timeout_ms=700)
    try:
        spread(fleet, "late", [0, 1], 4)
        call = fleet.start(0, "run", group=fleet.group([0, 1]), members=[{"key": "late", "fromStep": 0}], steps=2)
        assert fleet.end(0, call, 5)[0]["code"] == "group-failed"
        group = fleet.group([0, 1])
        fleet.run(group, {"late": 0}, 1)
        fleet.call(1, "inject", fault={"kind": "hang"})
        calls = fleet.start_run(group, {"late": 1}, 1)
        assert fleet.end(0, calls[0], 5)[0]["code"] == "group-failed"
        assert fleet.run(fleet.group([0]), {"late": 1}, 1)[0]["steps"] == 1
    finally:
        fleet.close()
