"""What the commands share: their options, opening a production, and what they print at the end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omnireel.settings import Settings
from omnireel.show.printable import printable, printable_json

if TYPE_CHECKING:
    from agent.events import ApprovalWanted
    from agent.session import Run, Session
    from omnireel.show.progress import Follower

SETTINGS = Settings.from_environment()

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a production.")]
_LLMS = (
    "Language model: auto, none, llamacpp, openai:URL#MODEL, vllm:MODEL, transformers:MODEL; one that sees also "
    "judges. As the folder remembers it, unless it is said."
)
Llm = Annotated[str | None, typer.Option(help=_LLMS)]
_KINDS = (
    "omni-mini, oracle (the procedural world), or open weights: wan-vace:PATH, wan-ti2v:, wan-t2v:, ltx:. "
    "As the folder remembers it, unless it is said."
)
Generator = Annotated[str | None, typer.Option(help=_KINDS)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Render without asking.")]


class Stopped(Exception):
    """A person does not want the plan to be rendered, for now."""


def session_options(generator: str | None, llm: str | None, memory: str | None = None) -> dict[str, Any]:
    """What a session is opened with: what is not said is remembered, and in a new folder as the settings say."""
    from agent.folder.settings import ProductionSettings

    defaults = ProductionSettings(generator=SETTINGS.generator, llm=SETTINGS.llm)
    said = {"generator": generator, "llm": llm, "memory_plan": memory}
    return {**said, "defaults": defaults, "database_url": SETTINGS.database_url}


def open_session(folder: Path, seed: int | None = None, **options: Any) -> Session:
    """The session in a folder; open weights say on stderr how they will use this machine."""
    from agent.session import Session

    return introduced(Session(folder, seed=seed, **options))


def introduced(session: Session) -> Session:
    """The session, after its generator's memory plan was told."""
    if session.memory_plan:
        print(printable(f"memory plan: {session.memory_plan}"), file=sys.stderr)
    return session


def open_follower(as_json: bool) -> Follower:
    """Who shows on stderr what happens, and of what notice is to be given; with ``as_json`` silently."""
    from omnireel.show.progress import Follower

    return Follower(quiet=as_json)


def make_film(session: Session, planned: Run, yes: bool, as_json: bool) -> None:
    """Follows the plan, asks a person on a terminal, renders, and shows the film."""
    from agent import events
    from agent.errors import NothingToFilm, NotPlanned
    from omnireel.show import notices, tables

    follower = open_follower(as_json)
    last = follower.follow(planned)
    if isinstance(last, events.Question):
        raise NothingToFilm(last.text)
    if isinstance(last, events.ApprovalWanted):
        asks = not (yes or as_json) and sys.stdin.isatty()
        if asks and not _agreed(session, last, follower):
            session.approve(yes=False)
            raise Stopped
        last = follower.follow(session.approve())
    story, report = session.story, session.report
    if story is None or report is None:
        raise NotPlanned("the production ended without a film")
    if as_json:
        follower.tell(notices.of_film(report))
        print_json(events.as_json(last) | {"report": report.model_dump(mode="json"), "notices": follower.notices})
    else:
        tables.film(session.folder, story, report)
        follower.tell(notices.of_film(report))


def _agreed(session: Session, wanted: ApprovalWanted, follower: Follower) -> bool:
    print_plan(session, follower)
    cost = f"{wanted.renders} to {wanted.at_most} renders"
    return typer.confirm(f"Render {wanted.shots} shots, {wanted.seconds:g} s ({cost})?", default=True, err=True)


def print_plan(session: Session, follower: Follower, explain: bool = False) -> None:
    """The plan on stdout; what it cannot do as it was asked, and its notes, on stderr unless stdout explains it."""
    from omnireel.show import notices, tables

    plan = session.plan()
    tables.plan(plan, explain)
    follower.tell(n for n in notices.of_plan(plan) if n.label == "note" or not explain)


def print_plan_json(session: Session, follower: Follower, explain: bool) -> None:
    """The plan as one JSON object; ``notices`` are what would be said on a terminal."""
    from omnireel.show import notices, tables

    plan = session.plan()
    follower.tell(notices.of_plan(plan))
    more = tables.director_notes(plan) if explain else {}
    print_json(plan.model_dump(mode="json") | more | {"notices": follower.notices})


def print_json(value: Any) -> None:
    print(printable_json(value))
