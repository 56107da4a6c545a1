"""The command line. Every command is a few calls of the library; imports are lazy, for a quick --help."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from omnireel import __version__, parsing
from omnireel.cli import edit as edits
from omnireel.cli import eval as measure
from omnireel.cli import read as reading
from omnireel.settings import Settings

if TYPE_CHECKING:
    from agent.events import ApprovalWanted, Event
    from agent.session import Run, Session
    from omni_model.spec.generator import Generator as Renderer

app = typer.Typer(
    name="omnireel",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(edits.app)
app.add_typer(measure.app)
app.add_typer(reading.app)
_SETTINGS = Settings.from_environment()

_TOLD = "What happens, in a sentence or more; or a story file."
Sentence = Annotated[str | None, typer.Argument(metavar="SENTENCE", help=_TOLD)]
StoryFile = Annotated[
    Path | None, typer.Option("--story", help="A story in a file: .txt, .md or .fountain, up to ten pages and more.")
]
Keep = Annotated[Path | None, typer.Option(help="A storyboard whose locked scenes and shots stay as they are.")]
Out = Annotated[Path | None, typer.Option(help="Folder of the production; by default under out/.")]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Another seed is another film.")]
Duration = Annotated[str | None, typer.Option(help="Length of the film: 30s, 1m, 1m30s or 12.5.")]
Images = Annotated[list[str] | None, typer.Option("--image", help="@name=path shows an entity; repeatable.")]
_LLMS = (
    "Language model: auto, none, llamacpp, openai:URL#MODEL, vllm:MODEL, transformers:MODEL; one that sees also judges."
)
Llm = Annotated[str, typer.Option(help=_LLMS)]
_KINDS = "omni-mini, oracle (the procedural world), or open weights: wan-vace:PATH, wan-ti2v:, wan-t2v:, ltx:."
Generator = Annotated[str, typer.Option(help=_KINDS)]
Memory = Annotated[str | None, typer.Option(help="GiB of GPU memory for open weights: auto, 8, 12, 16, 24 or 80.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Render without asking.")]
Explain = Annotated[bool, typer.Option(help="Print the director's notes: why each directive, and what became of it.")]


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """One sentence becomes a finished, continuity-checked, multi-shot film.

    \b
    Examples:
      omnireel make "A shy ghost searches the night forest for its lost red hat."
      omnireel plan "A fox and a bear race to the beach." --explain
      omnireel render examples/lost-hat.yaml --out out/ghost
    """
    if version:
        print(__version__)
    elif context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def make(
    sentence: Sentence = None,
    story: StoryFile = None,
    keep: Keep = None,
    out: Out = None,
    seed: Seed = 0,
    duration: Duration = None,
    image: Images = None,
    llm: Llm = _SETTINGS.llm,
    generator: Generator = _SETTINGS.generator,
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
    with _session(out or _folder(name), _opened(generator, memory), llm, seed) as session:
        planned = session.say(told, images=shown, duration=seconds, keep=keep, new_story=True)
        _film(session, planned, yes, as_json)


@app.command()
def plan(
    sentence: Sentence = None,
    story: StoryFile = None,
    keep: Keep = None,
    out: Out = None,
    seed: Seed = 0,
    duration: Duration = None,
    image: Images = None,
    llm: Llm = _SETTINGS.llm,
    generator: Generator = _SETTINGS.generator,
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
    with _session(out or _folder(name), generator, llm, seed) as session:
        _follow(session.say(told, images=shown, duration=seconds, keep=keep, new_story=True), as_json)
        _show_plan(session, explain, as_json)


@app.command()
def render(
    storyboard: Annotated[Path, typer.Argument(metavar="STORYBOARD", help="A YAML or JSON storyboard.")],
    out: Out = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**63 - 1, help="Overrides the file's seed.")] = None,
    llm: Llm = _SETTINGS.llm,
    generator: Generator = _SETTINGS.generator,
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

    folder = out or _SETTINGS.out / parsing.folder_name(storyboard.stem)
    options = {"llm": llm, "generator": _opened(generator, memory), "database_url": _SETTINGS.database_url}
    with Session.from_storyboard(storyboard, folder, seed=seed, **options) as session:
        if plan_only:
            _show_plan(session, explain, as_json)
        else:
            _film(session, session.resume(), yes, as_json)


@app.command()
def inspect(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a production.")],
    as_json: AsJson = False,
) -> None:
    """Show what a production planned, rendered, saw and spent.

    \b
    Examples:
      omnireel inspect out/ghost
      omnireel inspect out/ghost --json
    """
    from agent.folder import report as reports
    from omnireel.show import terminal as show

    story, report = reports.read(folder)
    if as_json:
        told = report and report.model_dump(mode="json")
        _print_json({"story": story.model_dump(mode="json"), "report": told})
    else:
        show.production(folder, story, report)


@app.command()
def schema() -> None:
    """Print the JSON Schema of storyboard files.

    \b
    Example:
      omnireel schema > storyboard.schema.json
    """
    from planner.read.formats import storyboard

    _print_json(storyboard.json_schema())


@app.command()
def train(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="omni-mini")],
    config: Annotated[str, typer.Option(help="cpu, tiny or h200.")] = "cpu",
    out: Annotated[Path, typer.Option(help="Folder of checkpoints and weights.")] = Path("out/omni-mini"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    stage: Annotated[list[str] | None, typer.Option(help="Only this stage; repeatable.")] = None,
    start: Annotated[
        Path | None, typer.Option(help="Weights of an older transformer to begin with.", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Train the embedded model by this repository's own recipe.

    \b
    Examples:
      omnireel train omni-mini --config tiny --out out/tiny
      omnireel train omni-mini --config cpu --resume
    """
    if model != "omni-mini":
        raise typer.BadParameter(f"{model!r} cannot be trained; omni-mini can", param_hint="MODEL")
    from omni_model.train import recipe

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    recipe.train(config, out=out, resume=resume, stages=stage, start=start)


@app.command()
def doctor(
    generator: Annotated[str | None, typer.Option(help="Only these open weights, such as wan-vace:PATH.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is installed, which weights are used, and what runs on what device.

    Of open weights: how large they are, whether they fit here, and how long a shot would take. Nothing is loaded.

    \b
    Examples:
      omnireel doctor
      omnireel doctor --json
      omnireel doctor --generator wan-vace:models/Wan2.1-VACE-1.3B-diffusers
    """
    from omnireel import doctor
    from omnireel.show import terminal as show

    found = doctor.examine() if generator is None else doctor.examine_generator(generator)
    if as_json:
        _print_json(found)
    else:
        show.facts(found)


@app.command()
def studio(
    out: Annotated[Path, typer.Option(help="Folder under which productions are kept.")] = _SETTINGS.out,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    llm: Llm = _SETTINGS.llm,
    generator: Generator = _SETTINGS.generator,
) -> None:
    """Open the studio in a browser: sentence in, shots appearing one by one, then the film.

    \b
    Examples:
      omnireel studio
      omnireel studio --port 8000 --out films
    """
    from omnireel import studio

    studio.launch(out, generator=generator, llm=llm, host=host, port=port)


def main() -> None:
    """Entry point: what a person got wrong ends in one line on stderr and exit code 2."""
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        code = _refuse(error.format_message())
    except KeyboardInterrupt:
        code = _refuse("stopped; the same command goes on from here", code=130)
    except _refusals() as error:
        code = _refuse(str(error))
    raise SystemExit(code or 0)


def _refuse(message: str, code: int = 2) -> int:
    print(f"omnireel: {' '.join(message.split())}", file=sys.stderr)
    return code


def _refusals() -> tuple[type[Exception], ...]:
    """What the rooms raise for input that they cannot use; imported only once something went wrong."""
    from agent.errors import AgentError
    from memory import BlobError, StoreError
    from omni_model.adapters import WeightsError
    from omni_model.media import MediaError
    from planner.direct.plan import PlanError
    from planner.evaluate.edits import SetError
    from planner.llm.base import LanguageModelError
    from planner.read.formats.script import ScriptError
    from planner.read.formats.storyboard import StoryboardError

    told = (ScriptError, AgentError, StoreError, BlobError, MediaError, PlanError, LanguageModelError, StoryboardError)
    return (*told, WeightsError, SetError)


def _opened(name: str, memory: str | None) -> Renderer:
    """The generator; open weights say on stderr how they will use this machine."""
    from agent.models import open_generator
    from omni_model.adapters import KINDS

    if name.partition(":")[0] not in KINDS:
        if memory is not None:
            raise typer.BadParameter(f"{name} is no open weights", param_hint="--memory")
        return open_generator(name)
    opened = open_generator(name if memory is None else parsing.with_option(name, "memory", memory))
    print(f"memory plan: {getattr(opened, 'plan', '')}", file=sys.stderr)
    return opened


def _session(folder: Path, generator: str | Renderer, llm: str, seed: int) -> Session:
    from agent.session import Session

    return Session(folder, generator=generator, llm=llm, seed=seed, database_url=_SETTINGS.database_url)


def _told(sentence: str | None, story: Path | None) -> tuple[str, str]:
    """What to film and what to name its folder after: a sentence, or a story file, given by --story or in its place."""
    from planner.read.formats import script

    if (sentence is None) == (story is None):
        raise typer.BadParameter("give either a sentence or --story FILE", param_hint="SENTENCE")
    path = story or (Path(sentence) if sentence and script.names_file(sentence) else None)
    return (script.load(path), path.stem) if path else (sentence or "", sentence or "")


def _folder(sentence: str) -> Path:
    return _SETTINGS.out / parsing.folder_name(sentence)


def _duration(text: str | None) -> float | None:
    try:
        return None if text is None else parsing.duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--duration") from None


def _images(items: list[str] | None) -> dict[str, Path]:
    try:
        return parsing.images(items or ())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--image") from None


def _follow(run: Run, as_json: bool) -> Event:
    from omnireel.show.terminal import Show

    return Show(quiet=as_json).follow(run)


def _film(session: Session, planned: Run, yes: bool, as_json: bool) -> None:
    """Follows the plan, asks a person on a terminal, renders, and shows the film."""
    from agent import events
    from agent.errors import NothingToFilm, NotPlanned
    from omnireel.show import terminal as show

    last = _follow(planned, as_json)
    if isinstance(last, events.Question):
        raise NothingToFilm(last.text)
    if isinstance(last, events.ApprovalWanted):
        asks = not (yes or as_json) and sys.stdin.isatty()
        if asks and not _agreed(session, last):
            session.approve(yes=False).finish()
            raise typer.Exit(1)
        last = _follow(session.approve(), as_json)
    story, report = session.story, session.report
    if story is None or report is None:
        raise NotPlanned("the production ended without a film")
    if as_json:
        _print_json(events.as_json(last) | {"report": report.model_dump(mode="json")})
    else:
        show.film(session.folder, story, report)


def _agreed(session: Session, wanted: ApprovalWanted) -> bool:
    _show_plan(session, explain=False, as_json=False)
    cost = f"{wanted.renders} to {wanted.at_most} renders"
    return typer.confirm(f"Render {wanted.shots} shots, {wanted.seconds:g} s ({cost})?", default=True, err=True)


def _show_plan(session: Session, explain: bool, as_json: bool) -> None:
    from omnireel.show import terminal as show

    if as_json:
        _print_json(session.plan().model_dump(mode="json") | (show.explained(session.plan()) if explain else {}))
    else:
        show.plan(session.plan(), explain)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


if __name__ == "__main__":
    main()
