"""The command that shows a production."""

from __future__ import annotations

import typer

from omnireel.cli.common import AsJson, Folder, open_follower, print_json

app = typer.Typer()


@app.command()
def inspect(
    folder: Folder,
    as_json: AsJson = False,
) -> None:
    """Show what a production planned, rendered, saw and spent.

    \b
    Examples:
      omnireel inspect out/ghost
      omnireel inspect out/ghost --json
    """
    from agent.folder import report as reports
    from omnireel.show import notices, tables

    story, report = reports.read(folder)
    follower = open_follower(as_json)
    news = notices.of_film(report) if report else ()
    if as_json:
        follower.tell(news)
        shown = report and report.model_dump(mode="json")
        print_json({"story": story.model_dump(mode="json"), "report": shown, "notices": follower.notices})
    else:
        tables.production(folder, story, report)
        follower.tell(news)
