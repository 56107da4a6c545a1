"""Commands that make a film of words or of a storyboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omnireel import parsing
from omnireel.cli.common import (
    SETTINGS,
    AsJson,
    Generator,
    Llm,
    Yes,
    introduced,
    make_film,
    open_follower,
    open_session,
    print_json,
    print_plan,
    print_plan_json,
    session_options,
)

if TYPE_CHECKING:
    from agent.session import Session
    from omnireel.show.progress import Follower

app = typer.Typer()

_TOLD = "What happens, in a sentence or more; or a story file."
Sentence = Annotated[str | None, typer.Argument(metavar="SENTENCE", help=_TOLD)]
StoryFile = Annotated[
    Path | None, typer.Option("--story", help="A story in a file: .txt, .md or .fountain, up to ten pages and more.")
]
Keep = Annotated[Path | None, typer.Option(help="A storyboard whose locked scenes and shots stay as they are.")]
Out = Annotated[Path | None, typer.Option(help="Folder of the production; by default under out/.")]
Seed = Annotated[int | None, typer.Option(min=0, max=2**63 - 1, help="Another seed is another film.")]
Duration = Annotated[str | None, typer.Option(help="Length of the film: 30s, 1m, 1m30s or 12.5.")]
Images = Annotated[list[str] | None, typer.Option("--image", help="@name=path shows an entity; repeatable.")]
Memory = Annotated[str | None, typer.Option(help="GiB of GPU memory for open weights: auto, 8, 12, 16, 24 or 80.")]
Explain = Annotated[bool, typer.Option(help="Print the director's notes: why each directive, and what became of it.")]


@app.command()
def make(
    sentence: Sentence = None,
    story: StoryFile = None,
    keep: Keep = None,
    out: Out = None,
    seed: Seed = None,
    duration: Duration = None,
    image: Images = None,
    llm: Llm = None,
    generator: Generator = None,
    memory: Memory = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Plan, cast, render, review and cut a film of SENTENCE.

    Killed at any instant, the same command goes on where it stopped; a finished film is given back at once.

    \b
    Examples:
      omnireel make "A shy ghost searches the night forest for its lost red hat." --out out/ghost
      omnireel make "@tom chases a mouse." --image @tom=tom.png --duration 30s --seed 7 --yes
      omnireel make --story film.fountain --duration 10m
    """
    seconds, shown = _duration(duration), _images(image)
    told, name = _told(sentence, story)
    options = session_options(generator, llm, memory)
    with open_session(out or _folder(name, told), seed, **options) as session:
        planned = session.say(told, images=shown, duration=seconds, keep=keep, new_story=True)
        make_film(session, planned, yes, as_json)


@app.command()
def plan(
    sentence: Sentence = None,
    story: StoryFile = None,
    keep: Keep = None,
    out: Out = None,
    seed: Seed = None,
    duration: Duration = None,
    image: Images = None,
    llm: Llm = None,
    generator: Generator = None,
    explain: Explain = False,
    as_json: AsJson = False,
) -> None:
    """Plan a film of SENTENCE and stop before anything is rendered; `make` goes on from there.

    \b
    Examples:
      omnireel plan "A frog carries a crown to a bear." --explain
      omnireel plan "A frog carries a crown to a bear." --duration 1m --json
      omnireel plan film.fountain --duration 10m --explain
    """
    seconds, shown = _duration(duration), _images(image)
    told, name = _told(sentence, story)
    with open_session(out or _folder(name, told), seed, **session_options(generator, llm)) as session:
        follower = open_follower(as_json)
        follower.follow(session.say(told, images=shown, duration=seconds, keep=keep, new_story=True))
        _show_plan(session, follower, explain, as_json)


@app.command()
def render(
    storyboard: Annotated[Path, typer.Argument(metavar="STORYBOARD", help="A YAML or JSON storyboard.")],
    out: Out = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**63 - 1, help="Overrides the file's seed.")] = None,
    llm: Llm = None,
    generator: Generator = None,
    memory: Memory = None,
    plan_only: Annotated[bool, typer.Option("--plan-only", help="Stop before anything is rendered.")] = False,
    explain: Explain = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Film a storyboard file as it stands.

    \b
    Examples:
      omnireel render examples/lost-hat.yaml --out out/ghost
      omnireel render story.json --plan-only --explain
    """
    from agent.session import Session
    from omnireel.show.progress import remark

    folder = out or SETTINGS.out / parsing.folder_name(storyboard.stem)
    options = session_options(generator, llm, memory)
    with introduced(Session.from_storyboard(storyboard, folder, seed=seed, remark=remark, **options)) as session:
        if plan_only:
            _show_plan(session, open_follower(as_json), explain, as_json)
        else:
            make_film(session, session.resume(), yes, as_json)


@app.command()
def schema() -> None:
    """Print the JSON Schema of storyboard files.

    \b
    Example:
      omnireel schema > storyboard.schema.json
    """
    from planner.read.formats import storyboard

    print_json(storyboard.json_schema())


def _told(sentence: str | None, story: Path | None) -> tuple[str, str]:
    """What to film and what to name its folder after: a sentence, or a story file, given by --story or in its place."""
    from omnireel.show.progress import remark
    from planner.read.formats import script

    if (sentence is None) == (story is None):
        raise typer.BadParameter("give either a sentence or --story FILE", param_hint="SENTENCE")
    try:
        path = parsing.at_home(str(story)) if story else parsing.story_path(sentence or "")
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="SENTENCE") from None
    return (script.load(path, remark), path.stem) if path else (sentence or "", sentence or "")


def _folder(name: str, told: str) -> Path:
    """The folder of a production that names none: the one that holds the same story already, or one of its own."""
    from agent.folder.adopt import adopt, holds_production
    from memory import Memory as Store
    from omnireel.show.progress import remark

    def held(folder: Path) -> str | None:
        if not holds_production(folder, SETTINGS.database_url):
            return None
        with Store.open(folder, SETTINGS.database_url) as store:
            adopt(folder, store)
            request = store.production().request
        return "".join((request or {}).get("sentences", ())[:1])

    folder = parsing.folder_for(SETTINGS.out, name, told, held)
    if folder.name != parsing.folder_name(name):
        remark(f"{folder.with_name(parsing.folder_name(name))} holds another film: this one is in {folder}")
    return folder


def _duration(text: str | None) -> float | None:
    try:
        return None if text is None else parsing.duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--duration") from None


def _images(items: list[str] | None) -> dict[str, Path]:
    from planner.read.formats.textfile import or_near

    try:
        shown = parsing.images(items or ())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--image") from None
    for handle, path in shown.items():
        if not path.is_file():
            raise typer.BadParameter(f"@{handle}: {path} is not a file{or_near(path)}", param_hint="--image")
    return shown


def _show_plan(session: Session, follower: Follower, explain: bool, as_json: bool) -> None:
    if as_json:
        print_plan_json(session, follower, explain)
    else:
        print_plan(session, follower, explain)
