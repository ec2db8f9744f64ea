"""Calls: what is answered, what is refused, and how runs end early."""

from __future__ import annotations

import time

import pytest
import torch
from fleet import Fleet

from tetri_worker.tensors import pack, unpack

SHAPE = {"id": "64x64", "width": 64, "height": 64, "frames": 1}


def latents(fleet: Fleet, rank: int, key: str) -> torch.Tensor:
    return unpack(fleet.fetch(rank, key, "latents")[1])["latents"]


def spread(fleet: Fleet, key: str, ranks: list[int], steps: int, **payload: object) -> None:
    """A request that all of these ranks hold."""
    assert fleet.prepare(ranks[0], key, SHAPE, steps, **payload)[0]["type"] == "done"
    fleet.move(key, ranks[0], ranks[1:], SHAPE, steps)


def test_ready_tells_of_the_model(flux: Fleet) -> None:
    ready = flux.peers[0].wait(lambda header: header["type"] == "ready")[0]
    assert ready["protocol"] == 1 and ready["pid"] == flux.peers[0].process.pid
    assert ready["model"]["heads"] == 8 and ready["model"]["maxBatchSize"] == 4 and ready["model"]["parameters"] > 1e5
    assert ready["deviceName"] == "cpu" and ready["memoryBytes"] is None and ready["loadMs"] > 0


def test_the_first_rank_reports_steps_and_sends_the_latents_before_its_answer(flux: Fleet) -> None:
    spread(flux, "reports", [2, 1], 5)
    group = flux.group([2, 1])
    calls = flux.start_run(group, {"reports": 0}, 5)
    answers = flux.end_run(group, calls)
    assert all(answer["durationMs"] > 0 for answer in answers)
    sent = flux.state(2, "reports", "latents")
    assert sent[0]["step"] == 5
    assert flux.steps_of(2, calls[0]) == [1, 2, 3, 4, 5] and flux.steps_of(1, calls[1]) == []
    order = [header for header, _ in flux.peers[2].messages]
    # Who reads the answer has the latents.
    assert order.index(sent[0]) < order.index(answers[0])
    assert torch.equal(unpack(sent[1])["latents"], latents(flux, 1, "reports"))


@pytest.mark.parametrize("first", [0, 3])
def test_a_run_that_is_told_to_stop_stops_at_the_same_step_everywhere(flux: Fleet, first: int) -> None:
    key, second = f"stops {first}", 3 - first
    spread(flux, key, [first, second], 40)
    spread(flux, key + " not", [first], 40, prompt=f"a prompt for {key}")
    for rank in (first, second):
        flux.call(rank, "inject", fault={"kind": "slow", "milliseconds": 20})
    group = flux.group([first, second])
    calls = flux.start_run(group, {key: 0}, 40)
    flux.peers[first].wait(lambda header: header.get("call") == calls[0] and header.get("done") == 3)
    flux.peers[first].send("abort", call=calls[0])
    answers = flux.end_run(group, calls)
    for rank in (first, second):
        flux.call(rank, "inject", fault={"kind": "slow"})
    done = answers[0]["steps"]
    assert 3 <= done < 40 and answers[1]["steps"] == done
    assert flux.fetch(second, key, "latents")[0]["step"] == done
    assert [answer["steps"] for answer in flux.run(group, {key: done}, 40 - done)] == [40 - done] * 2
    flux.run(flux.group([first]), {key + " not": 0}, 40)
    straight, stopped = latents(flux, first, key + " not"), latents(flux, second, key)
    assert ((straight - stopped).abs().max() / straight.abs().max()).item() < 1e-4


def test_a_run_that_is_told_to_stop_before_it_begins_does_nothing(flux: Fleet) -> None:
    spread(flux, "queued", [0, 1], 20)
    spread(flux, "before", [0], 20)
    flux.call(0, "inject", fault={"kind": "slow", "milliseconds": 10})
    before = flux.start_run(flux.group([0]), {"before": 0}, 20)
    group = flux.group([0, 1])
    calls = flux.start_run(group, {"queued": 0}, 20)
    flux.peers[0].send("abort", call=calls[0])
    assert [answer["steps"] for answer in flux.end_run(group, calls)] == [0, 0]
    assert flux.end(0, before[0])[0]["steps"] == 20
    flux.call(0, "inject", fault={"kind": "slow"})
    assert flux.fetch(1, "queued", "latents")[0]["step"] == 0


def test_prepare_and_finish_can_be_told_to_stop(flux: Fleet) -> None:
    spread(flux, "busy", [0], 20)
    flux.call(0, "inject", fault={"kind": "slow", "milliseconds": 10})
    flux.start_run(flux.group([0]), {"busy": 0}, 20)
    payload = {"prompt": "", "seed": 1}
    prepare = flux.start(0, "prepare", key="never", shape=SHAPE, steps=3, startStep=0, payload=payload)
    finish = flux.start(0, "finish", key="busy")
    for call in (prepare, finish):
        flux.peers[0].send("abort", call=call)
    assert [flux.end(0, call)[0]["code"] for call in (prepare, finish)] == ["aborted", "aborted"]
    flux.call(0, "inject", fault={"kind": "slow"})
    assert flux.call(0, "fetch", key="never", part="latents")[0]["code"] == "not-prepared"


def test_what_cannot_be_is_refused_and_changes_nothing(flux: Fleet) -> None:
    spread(flux, "refused", [0, 1, 2], 4)
    before = latents(flux, 0, "refused")
    one = flux.group([0])

    def code(members: dict[str, int], steps: int = 1) -> str:
        return flux.run(one, members, steps)[0]["code"]

    assert code({"nobody": 0}) == "not-prepared"
    assert code({"refused": 1}) == "wrong-step"
    assert code({"refused": 0}, 5) == "wrong-step"
    three = flux.run(flux.group([0, 1, 2]), {"refused": 0}, 1)
    assert [answer["code"] for answer in three] == ["unsupported"] * 3
    for place in range(4):
        spread(flux, f"many {place}", [0], 4)
    assert code({"refused": 0, **{f"many {place}": 0 for place in range(4)}}) == "unsupported"
    flux.prepare(0, "wider", {**SHAPE, "width": 128}, 4)
    assert code({"refused": 0, "wider": 0}) == "unsupported"
    assert flux.call(0, "finish", key="refused")[0]["code"] == "wrong-step"
    assert flux.prepare(0, "odd", {**SHAPE, "width": 65}, 4)[0]["code"] == "unsupported"
    assert flux.prepare(0, "film", {**SHAPE, "frames": 9}, 4)[0]["code"] == "unsupported"
    assert flux.prepare(0, "no seed", SHAPE, 4, seed="one")[0]["code"] == "bad-payload"
    assert torch.equal(latents(flux, 0, "refused"), before)


def test_too_few_tokens_for_a_degree_are_refused_alike_and_keep_the_group(flux: Fleet) -> None:
    small = {"id": "small", "width": 16, "height": 16, "frames": 1}
    flux.prepare(0, "small", small, 2)
    flux.move("small", 0, [1], small, 2)
    group = flux.group([0, 1])
    assert [answer["code"] for answer in flux.run(group, {"small": 0}, 1)] == ["unsupported"] * 2
    spread(flux, "fits", [0, 1], 2)
    assert [answer["type"] for answer in flux.run(group, {"fits": 0}, 1)] == ["done"] * 2


def test_what_is_loaded_has_to_fit(flux: Fleet) -> None:
    flux.prepare(0, "loaded", SHAPE, 4)
    flux.move("loaded", 0, [1], SHAPE, 4)
    about = {"key": "loaded", "part": "latents", "step": 2, "shape": SHAPE, "steps": 4}
    flux.peers[1].send("load", pack({"latents": torch.zeros(3, 16)}), **about)
    assert "(3, 16)" in flux.run(flux.group([1]), {"loaded": 2}, 1)[0]["detail"]
    flux.peers[2].send("load", b"\x80\x04.", **about)
    answer = flux.call(2, "fetch", key="loaded", part="latents")[0]
    assert answer["code"] == "not-prepared" and "safetensors" in answer["detail"]
    flux.peers[1].send("load", pack({"latents": torch.zeros(16, 16)}), **about)
    assert flux.run(flux.group([1]), {"loaded": 2}, 2)[0]["steps"] == 2


def test_running_out_of_memory_fails_the_call_with_a_remedy(flux: Fleet) -> None:
    # More than addresses can tell apart.
    huge = {"id": "huge", "width": 2**25, "height": 2**25, "frames": 1}
    answer = flux.prepare(0, "huge", huge, 4)[0]
    assert answer["code"] == "out-of-memory" and "lower resolution" in answer["detail"]
    assert flux.prepare(0, "normal", SHAPE, 4)[0]["type"] == "done"


def test_release_frees_memory_now_or_when_the_call_ends(flux: Fleet) -> None:
    for number, key in enumerate(("kept", "used")):
        flux.prepare(3, key, SHAPE, 20, seed=number)
    held = flux.held(3)
    flux.call(3, "release", key="kept")
    less = flux.held(3)
    assert less["states"] == held["states"] - 1 and less["memoryBytes"] < held["memoryBytes"]
    flux.call(3, "inject", fault={"kind": "slow", "milliseconds": 10})
    group = flux.group([3])
    calls = flux.start_run(group, {"used": 0}, 20)
    flux.peers[3].wait(lambda header: header.get("call") == calls[0])
    flux.call(3, "release", key="used")
    assert flux.held(3)["states"] == less["states"]
    assert flux.end_run(group, calls)[0]["steps"] == 20
    flux.call(3, "inject", fault={"kind": "slow"})
    assert flux.held(3)["states"] == less["states"] - 1
    assert flux.prepare(3, "used", SHAPE, 20)[0]["code"] == "aborted"


def test_warming_makes_groups_ahead(flux: Fleet) -> None:
    groups = [flux.group([0, 1]), flux.group([0, 1, 2, 3])]
    before = flux.held(0)["groups"]
    calls = [flux.start(rank, "warm", groups=groups if rank < 2 else groups[1:]) for rank in range(4)]
    answers = [flux.end(rank, call)[0] for rank, call in enumerate(calls)]
    pair, all_four = groups[0]["id"], groups[1]["id"]
    assert [set(answer["warmMs"]) for answer in answers] == [{pair, all_four}] * 2 + [{all_four}] * 2
    print("\nwarming took", {key: round(value, 1) for key, value in answers[0]["warmMs"].items()}, "ms")
    again = [flux.start(rank, "warm", groups=groups[:1]) for rank in range(2)]
    met = [flux.end(rank, call)[0]["warmMs"][groups[0]["id"]] for rank, call in enumerate(again)]
    print("meeting again took", [round(value, 2) for value in met], "ms")
    assert flux.held(0)["groups"] == before + 2


def test_a_dropped_group_is_gone(flux: Fleet) -> None:
    spread(flux, "dropped", [0, 1], 4)
    group = flux.group([0, 1])
    flux.run(group, {"dropped": 0}, 1)
    before = flux.held(0)["groups"]
    for rank in (0, 1):
        flux.peers[rank].send("drop", groupId=group["id"])
    assert flux.held(0)["groups"] == before - 1
    assert [answer["code"] for answer in flux.run(group, {"dropped": 1}, 1)] == ["group-failed"] * 2
    assert [answer["steps"] for answer in flux.run(flux.group([0, 1]), {"dropped": 1}, 1)] == [1, 1]


def test_groups_do_not_pile_up(flux: Fleet) -> None:
    spread(flux, "piles", [0, 1], 80)
    begun = time.monotonic()
    for step in range(70):
        assert flux.run(flux.group([0, 1]), {"piles": step}, 1)[0]["type"] == "done"
    print(f"\n{(time.monotonic() - begun) / 70 * 1000:.0f} ms for a new group and a step")
    assert flux.held(0)["groups"] == flux.held(1)["groups"] == 64


def test_beats_go_on_during_calls(flux: Fleet) -> None:
    spread(flux, "beats", [0], 20)
    flux.call(0, "inject", fault={"kind": "slow", "milliseconds": 20})
    count = len(flux.peers[0].beats)
    flux.run(flux.group([0]), {"beats": 0}, 20)
    flux.call(0, "inject", fault={"kind": "slow"})
    assert len(flux.peers[0].beats) - count >= 4
