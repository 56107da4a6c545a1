"""Commands that measure: the planner against the sets that are kept with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omnireel.cli.common import SETTINGS, AsJson, print_json

app = typer.Typer()
evaluate = typer.Typer(name="eval", help="Measure a part against its floors and aims.", no_args_is_help=True)
app.add_typer(evaluate)


@evaluate.callback()
def _group() -> None:
    """Measure a part against its floors and aims.

    \b
    Example:
      omnireel eval planner --json
    """


@evaluate.command()
def planner(
    sentences: Annotated[Path | None, typer.Option(help="Another set of edit sentences of the same form.")] = None,
    llm: Annotated[str, typer.Option(help="Language model: none, auto, ...")] = SETTINGS.llm,
    readers: Annotated[int, typer.Option(min=0, help="Compare rules, model and both over so many intents.")] = 0,
    sealed: Annotated[bool, typer.Option("--sealed", help="Only the sealed halves of the strangers' sets.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure how the planner reads stories and edits.

    With --sentences only the edits of that file are measured, with --readers only what each reader of stories is
    worth: the rules alone, the language model alone, and both, with their seconds. With --sealed only the halves that
    nobody looks at are measured: as figures, and as no case.

    \b
    Examples:
      omnireel eval planner --llm none
      omnireel eval planner --sentences mine.jsonl --json
      omnireel eval planner --llm auto --readers 12
      omnireel eval planner --llm none --sealed
    """
    from omnireel.show import figures
    from planner.evaluate import evaluate as measure
    from planner.llm import open_model

    rows = measure(sentences, open_model(llm), readers, sealed)
    if as_json:
        print_json({"rows": [row.model_dump(mode="json") for row in rows]})
    else:
        figures.rows(rows)


@evaluate.command("omni-mini")
def omni_mini(
    cases: Annotated[int, typer.Option(min=1, help="Held-out cases of each task.")] = 300,
    seed: Annotated[int, typer.Option(min=0, max=999, help="Another seed is other cases.")] = 0,
    steps: Annotated[int | None, typer.Option(min=1, max=1000, help="Sampling steps; by default its own.")] = None,
    task: Annotated[list[str] | None, typer.Option(help="Only this task of the table; repeatable.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Folder of weights; by default the shipped ones.")] = None,
    pictures: Annotated[Path | None, typer.Option(help="Folder for a picture of every family of tasks.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure what the painter draws on held-out scenes, against the exact truth.

    300 cases of every task take about an hour on two cores; fewer say less.

    \b
    Examples:
      omnireel eval omni-mini
      omnireel eval omni-mini --task "instruction edit" --cases 20 --json
      omnireel eval omni-mini --cases 8 --pictures out/table
    """
    from omni_model import evaluate as table
    from omni_model.evaluate.pictures import TablePictures
    from omni_model.eyes.perception import Perception
    from omni_model.mini.engine import OmniMini
    from omni_model.weights.io import SHIPPED
    from omnireel.show import figures

    if unknown := sorted(set(task or ()) - set(table.TASKS)):
        raise typer.BadParameter(f"no task {', '.join(unknown)}: choose from {', '.join(table.TASKS)}")
    painter, examiner = OmniMini.load(weights), Perception.load("examiner", weights or SHIPPED)
    album = None if pictures is None else TablePictures(pictures)
    with figures.counting(quiet=as_json) as progress:
        rows = table.evaluate(
            painter,
            examiner,
            cases=cases,
            seed=seed,
            steps=steps,
            tasks=task or table.TASKS,
            progress=progress,
            watch=None if album is None else album.add,
        )
    if album is not None:
        album.write()
    if as_json:
        print_json(table.as_json(rows, painter.weights_digest, seed))
    else:
        figures.painter(rows)
