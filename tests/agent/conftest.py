"""One film by the oracle, made once, that several tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.events import Event
from agent.session import Session
from tests.support.films import ghost_storyboard


@pytest.fixture(scope="session")
def storyboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ghost_storyboard(tmp_path_factory.mktemp("storyboard"))


@pytest.fixture(scope="session")
def filmed(storyboard: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Session, list[Event]]]:
    """A finished session and the events of its rendering."""
    folder = tmp_path_factory.mktemp("filmed")
    with Session.from_storyboard(storyboard, folder, generator="oracle") as session:
        yield session, list(session.approve())
