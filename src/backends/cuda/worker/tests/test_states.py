"""States: kept while they are used, gone once they are released, whatever the order."""

from __future__ import annotations

import pytest
import torch

from tetri_worker.failures import CallFailed
from tetri_worker.messages import Shape
from tetri_worker.states import States
from tetri_worker.tensors import pack, unpack

SHAPE = Shape("s", 64, 64)


def prepared(states: States, key: str) -> None:
    states.prepared(key, SHAPE, 4, {"text": torch.ones(2, 3)}, torch.zeros(5, 2), 1)


def test_a_state_has_both_parts_and_a_step() -> None:
    states = States()
    prepared(states, "a")
    with states.use(["a"]) as (state,):
        assert state.step == 1
        assert set(state.part("conditioning")) == {"text"} and state.part("latents")["latents"].shape == (5, 2)
    assert states.held() == (1, 6 * 4 + 10 * 4)


def test_a_state_in_use_is_dropped_when_the_call_ends() -> None:
    states = States()
    prepared(states, "a")
    with states.use(["a"]):
        states.release("a")
        assert states.held()[0] == 1
    assert states.held() == (0, 0)


def test_nothing_comes_back_after_a_release() -> None:
    states = States()
    states.release("a")
    prepared(states, "a")
    states.note_problem("a", SHAPE, 4, "late")
    assert states.held() == (0, 0) and states.is_released("a")


@pytest.mark.parametrize(
    "tensors", [{}, {"latents": torch.zeros(5)}, {"latents": torch.zeros(5, 2).half()}, {"other": torch.zeros(5, 2)}]
)
def test_latents_of_another_kind_are_not_taken(tensors: dict[str, torch.Tensor]) -> None:
    states = States()
    states.load("a", SHAPE, 4, "latents", tensors, 0)
    with states.use(["a"]) as (state,), pytest.raises(CallFailed, match="float32 matrix") as raised:
        state.part("latents")
    assert raised.value.code == "not-prepared"


def test_a_missing_state_leaves_the_others_free() -> None:
    states = States()
    prepared(states, "a")
    with pytest.raises(CallFailed), states.use(["a", "b"]):
        pass
    states.release("a")
    assert states.held() == (0, 0)


def test_tensors_travel_as_safetensors() -> None:
    sent = {"a": torch.arange(6.0).reshape(2, 3).T, "b": torch.tensor([3]), "c": torch.ones(2, dtype=torch.bfloat16)}
    came = unpack(pack(sent))
    assert all(torch.equal(came[name], tensor) and came[name].dtype == tensor.dtype for name, tensor in sent.items())
    with pytest.raises(ValueError, match="safetensors"):
        unpack(b"\x80\x04garbage")
