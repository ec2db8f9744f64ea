"""Which tokens of a sequence each member of a group computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .failures import CallFailed
from .groups import Group


def split(length: int, parts: int) -> list[int]:
    """Sizes of `parts` slices that follow each other, as equal as they can be, the larger ones first."""
    least, rest = divmod(length, parts)
    return [least + (part < rest) for part in range(parts)]


@dataclass(frozen=True)
class Share:
    """How text and image tokens are shared out in a group, and which of them are this member's.

    Each member has a slice of the text and a slice of the image. `group` is None at degree 1.
    text, image: tokens by member, in the order of the group.
    """

    group: Group | None
    text: tuple[int, ...]
    image: tuple[int, ...]

    @property
    def rank(self) -> int:
        """This member's place in the group."""
        return self.group.rank if self.group else 0

    @property
    def text_slice(self) -> slice:
        """This member's text tokens."""
        return _slice(self.text, self.rank)

    @property
    def image_slice(self) -> slice:
        """This member's image tokens."""
        return _slice(self.image, self.rank)

    @property
    def joint(self) -> tuple[int, ...]:
        """Tokens by member where text and image are one sequence."""
        return tuple(text + image for text, image in zip(self.text, self.image))


def share(group: Group | None, text_tokens: int, image_tokens: int) -> Share:
    """Share tokens out; raises CallFailed `unsupported` where a member would have no image token."""
    size = group.size if group else 1
    if image_tokens < size:
        raise CallFailed("unsupported", f"{image_tokens} image tokens cannot be shared out to {size} ranks")
    return Share(group, tuple(split(text_tokens, size)), tuple(split(image_tokens, size)))


def _slice(sizes: Sequence[int], rank: int) -> slice:
    start = sum(sizes[:rank])
    return slice(start, start + sizes[rank])
