"""The command that opens the studio."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from omnireel.cli.common import SETTINGS, Generator, Llm, session_options

app = typer.Typer()

Names = Annotated[list[str] | None, typer.Option("--name", help="A host name it answers to (a proxy's); repeatable.")]


@app.command()
def studio(
    out: Annotated[Path, typer.Option(help="Folder under which productions are kept.")] = SETTINGS.out,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 opens it to others.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    name: Names = None,
    llm: Llm = None,
    generator: Generator = None,
) -> None:
    """Open the studio in a browser: sentence in, shots appearing one by one, then the film.

    It prints a link with a token; nobody gets in without, and everybody sees only films of their own. To open it to
    others safely, keep 127.0.0.1 and let them come by `ssh -L 7860:127.0.0.1:7860`, or by a proxy with TLS.

    \b
    Examples:
      omnireel studio
      omnireel studio --port 8000 --out films
      omnireel studio --name films.example.org
      omnireel studio --host 0.0.0.0
    """
    if not _is_installed("gradio"):
        raise TyperException('the studio needs gradio: pip install "omnireel[studio]"')
    from agent.session import Session
    from omnireel.studio import server

    options = session_options(generator, llm)
    makers = f"{generator or SETTINGS.generator}/{llm or SETTINGS.llm}"
    try:
        server.serve(
            out, lambda folder, seed: Session(folder, seed=seed, **options),
            makers=makers, host=host, port=port, names=name or (), tell=lambda line: print(line, flush=True),
        )  # fmt: skip
    except server.AddressTaken as error:
        raise TyperException(str(error)) from None


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:
        return False
