"""The two ways of saying that something went wrong: the end of one call, or the end of the process."""

from __future__ import annotations

from collections.abc import Sequence

OUT_OF_MEMORY_REMEDY = (
    "choose a lower resolution, smaller batches, a higher degree for this shape, or a 16 bit dtype of the model"
)


class CallFailed(Exception):
    """Ends one call with a `failed` message. `blamed`: keys of members that are at fault, empty if that is unknown."""

    def __init__(self, code: str, detail: str, blamed: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.blamed = list(blamed)


class GroupFailed(CallFailed):
    """A collective failed, was aborted, or took too long; its group is of no more use."""

    def __init__(self, detail: str) -> None:
        super().__init__("group-failed", detail)


class Fatal(Exception):
    """Ends the process with a `fatal` message and exit code 1."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out, the host's or the device's."""
    # torch is not imported here; on the host it raises a plain RuntimeError.
    named = any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__)
    return named or isinstance(error, MemoryError) or "can't allocate memory" in str(error)


def describe(error: BaseException) -> str:
    """One short line about an exception that nothing here foresaw."""
    first = str(error).strip().splitlines()[:1]
    return f"{type(error).__name__}: {first[0][:500]}" if first else type(error).__name__
