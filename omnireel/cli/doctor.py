"""The command that says what is installed and what runs where."""

from __future__ import annotations

from typing import Annotated

import typer

from omnireel.cli.common import AsJson, print_json

app = typer.Typer()


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
    from omnireel.show import figures

    found = doctor.examine() if generator is None else doctor.examine_generator(generator)
    if as_json:
        print_json(found)
    else:
        figures.facts(found)
