"""The command line. Every command is a few calls of the library; imports are lazy, for a quick --help."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from omnireel import __version__
from omnireel.cli import doctor, edit, eval, inspect, make, read, studio, train
from omnireel.cli.common import Stopped
from omnireel.show.printable import printable

STOPPED = "stopped; the same command goes on from here"
_INTERRUPTED = 130

app = typer.Typer(
    name="omnireel",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for group in (make, inspect, edit, eval, read, train, doctor, studio):
    app.add_typer(group.app)


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


def main() -> None:
    """Entry point: what a person got wrong ends in one line on stderr and exit code 2."""
    try:
        _check_arguments(sys.argv[1:])
        # Typer turns Ctrl-C into an exit code of its own, without a word.
        code = app(standalone_mode=False)
        code = _refuse(STOPPED, code=_INTERRUPTED) if code == _INTERRUPTED else code
    except TyperException as error:
        code = _refuse(error.format_message())
    except (KeyboardInterrupt, typer.Abort):
        code = _refuse(STOPPED, code=_INTERRUPTED)
    except Stopped:
        code = _refuse(STOPPED, code=1)
    except _refusals() as error:
        code = _refuse(str(error))
    raise SystemExit(code or 0)


def _refuse(message: str, code: int = 2) -> int:
    print(f"omnireel: {printable(' '.join(message.split()))}", file=sys.stderr)
    return code


def _check_arguments(arguments: list[str]) -> None:
    """Refuses an argument that is no text: the bytes of a name that is not UTF-8."""
    for argument in arguments:
        if any("\ud800" <= char <= "\udfff" for char in argument):
            raise typer.BadParameter(f"{argument} is not UTF-8: rename the file or folder, or type it again")


def _refusals() -> tuple[type[Exception], ...]:
    """What the rooms raise for input that they cannot use; imported only once something went wrong."""
    from agent.errors import AgentError
    from memory import BlobError, StoreError
    from omni_model.media import MediaError
    from omni_model.spec.errors import WeightsError
    from planner.direct.plan import PlanError
    from planner.evaluate.edits import SetError
    from planner.llm.base import LanguageModelError
    from planner.read.formats.script import ScriptError
    from planner.read.formats.storyboard import StoryboardError

    told = (ScriptError, AgentError, StoreError, BlobError, MediaError, PlanError, LanguageModelError, StoryboardError)
    return (*told, WeightsError, SetError)


if __name__ == "__main__":
    main()
