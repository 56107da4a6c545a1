"""The command that trains the embedded model."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


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
