"""The closed caption language of the shapes model: what it can be asked for, and how a caption becomes word ids.

A caption names one or two objects and a background:

    a large red circle at the top left and a small blue square at the bottom right on a striped yellow background

Every word is known; anything else is refused by name, for a model this small would silently draw something else.
"""

from __future__ import annotations

from dataclasses import dataclass

SIZES = ("small", "large")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "white", "black")
SHAPES = ("circle", "square", "triangle", "cross", "ring")
ROWS = ("top", "middle", "bottom")
COLUMNS = ("left", "center", "right")
TEXTURES = ("plain", "striped", "checkered")

FILLERS = ("a", "an", "at", "the", "in", "on", "and", "background")
SYNONYMS = {"centre": "center", "gray": "grey", "big": "large", "checked": "checkered"}

PAD = "<pad>"
NONE = "<none>"
VOCABULARY = (PAD, NONE, *SIZES, *COLOURS, *SHAPES, *ROWS, *COLUMNS, *TEXTURES)
WORD_IDS = {word: index for index, word in enumerate(VOCABULARY)}

# 5 words for each of two objects, 2 for the background, and 4 blanks: the blanks give the network room of its own to
# gather what concerns the whole picture, and make the length divide by every sequence-parallel degree up to 8.
TOKENS = 16


@dataclass(frozen=True)
class Thing:
    """One object: a shape of one colour around one of nine positions."""

    size: str
    colour: str
    shape: str
    row: str
    column: str

    @property
    def position(self) -> str:
        return f"{self.row} {self.column}"


@dataclass(frozen=True)
class Scene:
    """Everything a caption says."""

    things: tuple[Thing, ...]
    texture: str
    background: str


class _Reader:
    """Takes the words of a caption one after another."""

    def __init__(self, caption: str) -> None:
        words = caption.lower().replace(",", " ").replace(".", " ").replace("-", " ").split()
        self.words = [SYNONYMS.get(word, word) for word in words]
        known = set(FILLERS) | set(VOCABULARY[2:])
        for word in self.words:
            if word not in known:
                raise ValueError(f'unknown word "{word}" in the caption; known are: {", ".join(sorted(known))}')
        self.at = 0

    def peek(self) -> str | None:
        return self.words[self.at] if self.at < len(self.words) else None

    def skip(self, *words: str) -> bool:
        if self.peek() in words:
            self.at += 1
            return True
        return False

    def expect(self, *words: str) -> None:
        if not self.skip(*words):
            raise ValueError(f"expected {_choice(words)} in the caption, {self.found()}")

    def take(self, what: str, words: tuple[str, ...], default: str | None = None) -> str:
        word = self.peek()
        if word in words:
            self.at += 1
            return word
        if default is not None:
            return default
        raise ValueError(f"expected a {what} ({', '.join(words)}) in the caption, {self.found()}")

    def found(self) -> str:
        word = self.peek()
        return f'found "{word}"' if word is not None else "but it ended"


def _choice(words: tuple[str, ...]) -> str:
    return " or ".join(f'"{word}"' for word in words)


def _thing(reader: _Reader) -> Thing:
    reader.skip("a", "an")
    size = reader.take("size", SIZES, default="large")
    colour = reader.take("colour", COLOURS)
    shape = reader.take("shape", SHAPES)
    reader.expect("at", "in")
    reader.skip("the")
    start = reader.at
    row = reader.take("row", ROWS, default="middle")
    column = reader.take("column", COLUMNS, default="center")
    if reader.at == start:
        raise ValueError(f"expected a position ({', '.join(ROWS + COLUMNS)}) in the caption, {reader.found()}")
    return Thing(size, colour, shape, row, column)


def parse(caption: str) -> Scene:
    """Reads a caption. Raises a ValueError that names the word that is unknown or out of place."""
    reader = _Reader(caption)
    things = [_thing(reader)]
    if reader.skip("and"):
        things.append(_thing(reader))
    reader.expect("on")
    reader.skip("a", "an", "the")
    texture = reader.take("texture", TEXTURES, default="plain")
    background = reader.take("colour", COLOURS)
    reader.expect("background")
    if reader.peek() is not None:
        raise ValueError(f'the caption goes on after "background", {reader.found()}')
    scene = Scene(tuple(things), texture, background)
    validate(scene)
    return scene


def validate(scene: Scene) -> None:
    """Refuses what could not be seen: an object in the background's colour, or two at one position."""
    if len(scene.things) not in (1, 2):
        raise ValueError(f"a scene has one or two objects, not {len(scene.things)}")
    for thing in scene.things:
        if thing.colour == scene.background:
            raise ValueError(f"a {thing.colour} {thing.shape} cannot be seen on a {scene.background} background")
    if len({thing.position for thing in scene.things}) < len(scene.things):
        raise ValueError(f"two objects are both at the {scene.things[0].position}")


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def describe(scene: Scene) -> str:
    """The canonical caption of a scene: parse(describe(scene)) == scene."""
    things = " and ".join(
        f"{_article(thing.size)} {thing.size} {thing.colour} {thing.shape} at the {thing.position}"
        for thing in scene.things
    )
    return f"{things} on {_article(scene.texture)} {scene.texture} {scene.background} background"


def tokenize(scene: Scene) -> list[int]:
    """TOKENS word ids. Each kind of word has a place of its own, so that what belongs together is known by place."""
    words: list[str] = []
    for thing in scene.things:
        words += [thing.size, thing.colour, thing.shape, thing.row, thing.column]
    words += [NONE] * (5 * (2 - len(scene.things)))
    words += [scene.texture, scene.background]
    words += [PAD] * (TOKENS - len(words))
    return [WORD_IDS[word] for word in words]
