"""Commands that change a film by a sentence, and walk its versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omnireel.cli.common import (
    SETTINGS,
    AsJson,
    Folder,
    Generator,
    Llm,
    Yes,
    make_film,
    open_session,
    print_json,
    session_options,
)

if TYPE_CHECKING:
    from agent.session import Session
    from memory import Memory

app = typer.Typer()


@app.command()
def say(
    folder: Folder,
    sentence: Annotated[str, typer.Argument(metavar="SENTENCE", help="What should be different.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would do.")] = False,
    llm: Llm = None,
    generator: Generator = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Change a film by SENTENCE; only the shots that it concerns are rendered again.

    \b
    Examples:
      omnireel say out/ghost "make it scarier, but keep the ending"
      omnireel say out/ghost "give the fox a red hat in shot 3" --dry-run --json
      omnireel say out/ghost "undo that, but only at the end"
    """
    from omnireel.show import changes

    with _open(folder, generator, llm) as session:
        if not dry_run:
            make_film(session, session.say(sentence), yes, as_json)
        elif as_json:
            print_json(session.preview(sentence).as_json())
        else:
            changes.proposal(session.preview(sentence))


@app.command()
def undo(folder: Folder, generator: Generator = None, as_json: AsJson = False) -> None:
    """Go back to the version before; nothing is rendered.

    \b
    Example:
      omnireel undo out/ghost
    """
    with _open(folder, generator) as session:
        make_film(session, session.undo(), True, as_json)


@app.command()
def redo(folder: Folder, generator: Generator = None, as_json: AsJson = False) -> None:
    """Take back the last undo.

    \b
    Example:
      omnireel redo out/ghost
    """
    with _open(folder, generator) as session:
        make_film(session, session.redo(), True, as_json)


@app.command()
def log(folder: Folder, as_json: AsJson = False) -> None:
    """Show the versions of a film and the sentence that made each.

    \b
    Example:
      omnireel log out/ghost
    """
    from omnireel.show import changes

    with _memory(folder) as memory:
        versions, current = memory.versions(), memory.current()
        if as_json:
            told = [{"version": v.version, "parent": v.parent, "sentence": v.reason,
                     "current": v == current, "patch": v.provenance.get("patch")} for v in versions]  # fmt: skip
            print_json({"versions": told})
        else:
            changes.versions(versions, current.version if current else None)


@app.command()
def diff(
    folder: Folder,
    first: Annotated[int, typer.Argument(metavar="A", help="A version, as `omnireel log` counts them.")],
    second: Annotated[int, typer.Argument(metavar="B", help="Another one.")],
    as_json: AsJson = False,
) -> None:
    """Show what is different between two versions of a film.

    \b
    Example:
      omnireel diff out/ghost 1 2
    """
    from omnireel.show import changes
    from planner.story.difference import difference
    from planner.story.story import Story

    with _memory(folder) as memory:
        stories = [Story.model_validate(memory.story(version)) for version in (first, second)]
    found = difference(*stories)
    if as_json:
        print_json({"differences": [item.model_dump(mode="json") for item in found]})
    else:
        changes.differences(found)


def _open(folder: Path, generator: str | None, llm: str | None = None) -> Session:
    """The production in a folder, as it was asked for. Raises NotPlanned where there is none."""
    _demand(folder)
    return open_session(folder, **session_options(generator, llm))


def _memory(folder: Path) -> Memory:
    from memory import Memory

    _demand(folder)
    return Memory.open(folder, SETTINGS.database_url)


def _demand(folder: Path) -> None:
    """Raises NotPlanned where there is no production."""
    from agent.errors import NotPlanned
    from agent.folder.adopt import holds_production

    if not holds_production(folder, SETTINGS.database_url):
        raise NotPlanned(f"{folder} holds no production: make one with `omnireel make`")
