"""Payloads are data from clients: what is not right is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from tetri_worker.failures import CallFailed
from tetri_worker.payload import read_payload


def test_what_is_right_is_taken() -> None:
    payload = read_payload({"prompt": "", "seed": 2**53 - 1, "guidance": 0, "else": 1, "failAtStep": 2}, testing=False)
    assert (payload.prompt, payload.seed, payload.guidance, payload.fail_at_step) == ("", 2**53 - 1, 0.0, None)
    assert read_payload({"prompt": "x", "seed": 1.0, "failAtStep": 2}, testing=True).fail_at_step == 2


@pytest.mark.parametrize(
    "fields",
    [
        None,
        [],
        "prompt",
        {"seed": 1},
        {"prompt": 1, "seed": 1},
        {"prompt": "\ud800", "seed": 1},
        {"prompt": "x"},
        {"prompt": "x", "seed": -1},
        {"prompt": "x", "seed": 2**53},
        {"prompt": "x", "seed": 1.5},
        {"prompt": "x", "seed": True},
        {"prompt": "x", "seed": "1"},
        {"prompt": "x", "seed": 1, "guidance": "7"},
        {"prompt": "x", "seed": 1, "guidance": -1},
        {"prompt": "x", "seed": 1, "guidance": 1e9},
        {"prompt": "x", "seed": 1, "guidance": True},
        {"prompt": "x", "seed": 1, "negativePrompt": None},
    ],
)
def test_what_is_wrong_is_refused(fields: Any) -> None:
    with pytest.raises(CallFailed) as raised:
        read_payload(fields, testing=True)
    assert raised.value.code == "bad-payload"
