"""The command that opens the studio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omnireel.cli.common import SETTINGS, Generator, Llm

app = typer.Typer()


@app.command()
def studio(
    out: Annotated[Path, typer.Option(help="Folder under which productions are kept.")] = SETTINGS.out,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    llm: Llm = None,
    generator: Generator = None,
) -> None:
    """Open the studio in a browser: sentence in, shots appearing one by one, then the film.

    \b
    Examples:
      omnireel studio
      omnireel studio --port 8000 --out films
    """
    from omnireel import studio

    studio.launch(out, generator=generator or SETTINGS.generator, llm=llm or SETTINGS.llm, host=host, port=port)
