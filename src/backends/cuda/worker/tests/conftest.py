"""Fleets that tests share, for a worker takes seconds to start."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fleet import Fleet, Peer  # noqa: E402
from shapes_paths import WEIGHTS  # noqa: E402
from template import Template  # noqa: E402


@pytest.fixture(scope="session")
def template() -> Iterator[Template]:
    """What workers are forked from."""
    made = Template()
    yield made
    made.close()


@pytest.fixture(scope="session")
def flux(template: Template) -> Iterator[Fleet]:
    """Four workers with tiny-flux."""
    made = Fleet(template, 4, "tiny-flux")
    yield made
    made.close()


@pytest.fixture(scope="session")
def sd3(template: Template) -> Iterator[Fleet]:
    """Four workers with tiny-sd3."""
    made = Fleet(template, 4, "tiny-sd3")
    yield made
    made.close()


@pytest.fixture(scope="session")
def shapes(template: Template) -> Iterator[Fleet]:
    """Four workers with the small model."""
    made = Fleet(template, 4, "shapes", str(WEIGHTS))
    yield made
    made.close()


@pytest.fixture
def folder() -> Iterator[str]:
    """A folder that is empty."""
    with tempfile.TemporaryDirectory(prefix="tetri-test-") as path:
        yield path


@pytest.fixture
def peer(template: Template, folder: str) -> Iterator[Peer]:
    """One worker that nobody has said hello to."""
    made = Peer(folder, template)
    yield made
    made.close()
