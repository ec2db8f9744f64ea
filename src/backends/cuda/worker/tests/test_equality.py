"""The degree and the ranks of each chunk change how a result is computed, and not what it is."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import torch
from fleet import Fleet

from tetri_worker.tensors import unpack

STEPS = 6
# No degree shares their tokens out evenly: 7 x 5 of the tiny models, 28 x 20 + 13 of the small one.
SHAPE = {"id": "112x80", "width": 112, "height": 80, "frames": 1}
BOUND = 1e-4
MODELS = ["flux", "sd3", "shapes"]
PROMPTS = {
    "cat": "a large red circle at the center on a plain blue background",
    "dog": "a small white square at the top right on a striped green background",
}

Plan = Callable[[int], tuple[list[int], int]]

PLANS: dict[str, Plan] = {
    "degree 1": lambda step: ([0], STEPS),
    "degree 2": lambda step: ([0, 1], STEPS),
    "degree 4": lambda step: ([0, 1, 2, 3], STEPS),
    "reversed": lambda step: ([3, 1], 2),
}


def random_plan(seed: int) -> Plan:
    """Any degree and any ranks for each step or two."""
    drawn = random.Random(seed)
    return lambda step: (drawn.sample(range(4), drawn.choice((1, 2, 2, 4))), min(drawn.choice((1, 1, 2)), STEPS - step))


def denoise(fleet: Fleet, keys: list[str], plan: Plan, payload: dict | None = None) -> list[torch.Tensor]:
    """Run requests as one batch, moving their latents to whom the plan names; their latents at the end."""
    for place, key in enumerate(keys):
        name = key.split("/")[1]
        answer = fleet.prepare(0, key, SHAPE, STEPS, prompt=PROMPTS[name], seed=place + 11, **(payload or {}))
        assert answer[0]["type"] == "done", answer
        body = fleet.state(0, key, "conditioning")[1]
        for rank in range(1, fleet.size):
            fleet.peers[rank].send("load", body, key=key, part="conditioning", step=0, shape=SHAPE, steps=STEPS)
    step, holders = 0, {0}
    while step < STEPS:
        ranks, steps = plan(step)
        for key in keys:
            body = fleet.fetch(min(holders), key, "latents")[1]
            for rank in set(ranks) - holders:
                fleet.peers[rank].send("load", body, key=key, part="latents", step=step, shape=SHAPE, steps=STEPS)
        answers = fleet.run(fleet.group(ranks), {key: step for key in keys}, steps)
        assert [(answer["type"], answer.get("steps")) for answer in answers] == [("done", steps)] * len(ranks), answers
        step, holders = step + steps, set(ranks)
    found = [unpack(fleet.fetch(min(holders), key, "latents")[1])["latents"] for key in keys]
    for key in keys:
        for rank in range(fleet.size):
            fleet.call(rank, "release", key=key)
    return found


def error(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


@pytest.mark.parametrize("name", MODELS)
def test_all_degrees_give_the_same(name: str, request: pytest.FixtureRequest) -> None:
    fleet: Fleet = request.getfixturevalue(name)
    payload = {"guidance": 3} if name == "sd3" else {}
    (reference,) = denoise(fleet, ["degree 1/cat"], PLANS["degree 1"], payload)
    plans = {**PLANS, **{f"random {seed}": random_plan(seed) for seed in range(3)}}
    errors = {
        label: error(denoise(fleet, [f"{label}/cat"], plan, payload)[0], reference)
        for label, plan in plans.items()
        if label != "degree 1"
    }
    print(f"\n{name}: largest relative error", {label: f"{value:.1e}" for label, value in errors.items()})
    assert max(errors.values()) < BOUND
    (other,) = denoise(fleet, ["other/dog"], PLANS["degree 2"], payload)
    assert error(other, reference) > 0.01


@pytest.mark.parametrize("name", MODELS)
def test_batches_give_the_same(name: str, request: pytest.FixtureRequest) -> None:
    fleet: Fleet = request.getfixturevalue(name)
    alone = [denoise(fleet, ["alone/cat"], PLANS["degree 1"])[0]]
    together = denoise(fleet, ["batch/cat", "batch/dog"], random_plan(5))
    print(f"\n{name}: batch of 2, random degrees: {error(together[0], alone[0]):.1e}")
    assert error(together[0], alone[0]) < BOUND
    assert error(together[1], alone[0]) > 0.01


def test_members_of_a_batch_may_be_at_different_steps(flux: Fleet) -> None:
    (alone,) = denoise(flux, ["alone2/cat"], PLANS["degree 1"])
    for key, prompt, seed in (("ahead", PROMPTS["cat"], 11), ("behind", PROMPTS["dog"], 12)):
        flux.prepare(0, key, SHAPE, STEPS, prompt=prompt, seed=seed)
        flux.move(key, 0, [1], SHAPE, STEPS)
    pair = flux.group([0, 1])
    flux.run(pair, {"ahead": 0}, 3)
    answers = flux.run(pair, {"ahead": 3, "behind": 0}, 3)
    assert [answer["steps"] for answer in answers] == [3, 3]
    ahead = unpack(flux.fetch(1, "ahead", "latents")[1])["latents"]
    assert error(ahead, alone) < BOUND
    assert flux.fetch(1, "behind", "latents")[0]["step"] == 3


def test_a_later_start_keeps_the_grid_of_steps(flux: Fleet) -> None:
    flux.prepare(2, "late", SHAPE, STEPS, start=4)
    assert flux.state(2, "late", "latents")[0]["step"] == 4
    assert flux.run(flux.group([2]), {"late": 4}, 2)[0]["steps"] == 2
    header, png = flux.call(2, "finish", key="late")
    assert header["picture"] == {"contentType": "image/png", "width": 112, "height": 80}
    assert png.startswith(b"\x89PNG")
