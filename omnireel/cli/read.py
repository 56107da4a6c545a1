"""The command that reads a picture or a clip of omni-mini's world."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omnireel.cli.common import AsJson, print_json

app = typer.Typer()


@app.command()
def read(
    picture: Annotated[Path, typer.Argument(metavar="FILE", help="A picture (PNG, JPEG, WebP) or a film.")],
    as_json: AsJson = False,
) -> None:
    """Say what a picture or a clip of omni-mini's world shows, and how sure of each word.

    A photograph, a chart or a drawing of another kind is not of that world, and is said to be none.

    \b
    Examples:
      omnireel read sheet.png
      omnireel read out/ghost/film.mp4 --json
    """
    from omni_model.eyes.captioner import Captioner
    from omni_model.media import load_shown
    from omni_model.spec.generator import Clip
    from omnireel.show import figures

    shown = load_shown(picture)
    seen = Captioner.load().read(shown.frames if isinstance(shown, Clip) else shown)
    if as_json:
        print_json(seen.model_dump(mode="json"))
    else:
        figures.seen(seen)
