"""What clients ask for: data that is checked here, and never code."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .failures import CallFailed

MOST_SEED = 2**53 - 1
MOST_GUIDANCE = 100.0


@dataclass(frozen=True)
class Payload:
    """One request.

    seed: of the noise, from 0 to 2^53 - 1. guidance: how strictly the prompt is followed; None: the model's default.
    fail_at_step: for tests: the step (1 is the first) that fails.
    """

    prompt: str
    seed: int
    guidance: float | None = None
    negative_prompt: str = ""
    fail_at_step: int | None = None


def read_payload(fields: Any, testing: bool) -> Payload:
    """Check a payload; raises CallFailed `bad-payload`. Fields that no adapter knows are ignored."""
    if not isinstance(fields, dict):
        raise CallFailed("bad-payload", "the payload is not an object with a prompt and a seed")
    seed = _whole(fields.get("seed"), "seed", 0, MOST_SEED)
    guidance = fields.get("guidance")
    if guidance is not None and not _is_number(guidance, MOST_GUIDANCE):
        raise CallFailed("bad-payload", f"guidance is not a number from 0 to {MOST_GUIDANCE:g}")
    fail_at = fields.get("failAtStep") if testing else None
    return Payload(
        prompt=_text(fields.get("prompt"), "prompt"),
        seed=seed,
        guidance=None if guidance is None else float(guidance),
        negative_prompt=_text(fields.get("negativePrompt", ""), "negativePrompt"),
        fail_at_step=None if fail_at is None else _whole(fail_at, "failAtStep", 1, MOST_SEED),
    )


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise CallFailed("bad-payload", f"{name} is not a string")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise CallFailed("bad-payload", f"{name} has half a surrogate pair in it") from None
    return value


def _whole(value: Any, name: str, least: int, most: int) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise CallFailed("bad-payload", f"{name} is not a whole number from {least} to {most}")
    return value


def _is_number(value: Any, most: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and 0 <= value <= most
