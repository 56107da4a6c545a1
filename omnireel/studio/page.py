"""The page and its endpoints: /plan, /film and /look. People see their own films only, and everything as plain text."""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import gradio as gr

from agent.folder.files import CONTACT_SHEET, FILM
from omnireel import parsing
from omnireel.studio.door import Keys
from omnireel.studio.jobs import FilmJob, Jobs, StudioBusy
from planner.direct.plan import LONGEST_SENTENCE

EXAMPLE = "A shy ghost searches the night forest for its lost red hat; a fox with a blue scarf helps."
_LOOK = 0.3
"""Seconds between two looks at a job."""
_KEPT = (3600, 24 * 3600)
"""Every hour, pictures that were shown a day ago are removed; the productions keep theirs."""
Shown = tuple[str, list[tuple[Any, str]], str | None, str | None]


class Page:
    """What the endpoints do; productions are kept under ``out``. ``makers`` tells one choice of models from another."""

    def __init__(self, out: Path, jobs: Jobs, keys: Keys, makers: str) -> None:
        self._out, self._jobs, self._keys, self._makers = out, jobs, keys, makers

    async def plan(self, sentence: str, seed: str, length: str, request: gr.Request) -> AsyncIterator[Shown]:
        """Plans and renders nothing; waits for no rendering."""
        async for shown in self._make(sentence, seed, length, request, renders=False):
            yield shown

    async def film(self, sentence: str, seed: str, length: str, request: gr.Request) -> AsyncIterator[Shown]:
        """Yields what happens, the shots so far, the contact sheet and the film; it is made also when nobody looks."""
        async for shown in self._make(sentence, seed, length, request, renders=True):
            yield shown

    async def look(self, name: str | None, request: gr.Request) -> AsyncIterator[Shown]:
        """Shows a film of one's own by its folder, and follows it while it is in the making."""
        name = str(name or "")
        if name not in self._films(request):
            raise _refusal("there is no such film of yours")
        job = self._jobs.find(name)
        if job is None:
            yield self._finished(name)
            return
        async for shown in self._follow(job):
            yield shown

    async def reopen(self, request: gr.Request) -> AsyncIterator[tuple[Any, ...]]:
        """What a page that is opened again shows: the films of this browser, and the last one as it stands."""
        films = self._films(request)
        choices = gr.update(choices=films, value=films[0] if films else None)
        if not films:
            yield choices, "", [], None, None
            return
        async for shown in self.look(films[0], request):
            yield choices, *shown

    async def _make(
        self, sentence: str, seed: str, length: str, request: gr.Request, renders: bool
    ) -> AsyncIterator[Shown]:
        try:
            job = self._jobs.start(self._job(sentence, seed, length, request, renders))
        except (ValueError, StudioBusy) as error:
            raise _refusal(str(error)) from None
        async for shown in self._follow(job):
            yield shown

    async def _follow(self, job: FilmJob) -> AsyncIterator[Shown]:
        before = None
        while True:
            ended, ahead = job.ended, self._jobs.ahead(job)
            now = (len(job.lines), len(job.shots), ahead, ended)
            if ended and job.error is not None:
                raise _refusal(job.error)
            if now != before:
                before = now
                yield self._shown(job, ahead)
            if ended:
                return
            await asyncio.sleep(_LOOK)

    def _shown(self, job: FilmJob, ahead: int) -> Shown:
        places = [f"{ahead} before yours: it comes by itself, also when this page is closed"] if ahead else []
        return "\n".join([*job.lines, *places]), list(job.shots), job.sheet, job.film

    def _finished(self, name: str) -> Shown:
        film, sheet = self._out / name / FILM, self._out / name / CONTACT_SHEET
        if not film.is_file():
            return f"{name} is not finished: the same sentence, seed and length go on with it", [], None, None
        return name, [], str(sheet) if sheet.is_file() else None, str(film)

    def _job(self, sentence: object, seed: object, length: object, request: gr.Request, renders: bool) -> FilmJob:
        """Raises ValueError with one line for what cannot be filmed."""
        said, typed = str(sentence or "").strip(), str(length or "").strip()
        if not said:
            raise ValueError("nothing to film: say in a sentence or more what happens")
        if len(said) > LONGEST_SENTENCE:
            raise ValueError(f"a sentence has {len(said):,} letters, and at most {LONGEST_SENTENCE:,} are read")
        number = parsing.seed("" if seed is None else str(seed))
        seconds = parsing.duration(typed[:200]) if typed else None
        owner = self._owner(request)
        made = sha256(f"{said}/{number}/{seconds}/{self._makers}".encode(errors="replace")).hexdigest()[:8]
        return FilmJob(f"{parsing.folder_name(said)}-{owner}-{made}", owner, said, number, seconds, renders)

    def _owner(self, request: gr.Request) -> str:
        """Whose films: those of a browser, by its cookie; other clients are new each time."""
        person = self._keys.person(request.cookies) or str(request.session_hash)
        return sha256(person.encode()).hexdigest()[:16]

    def _films(self, request: gr.Request) -> list[str]:
        """The folders of this person's films, the last first."""
        found = [path for path in self._out.glob(f"*-{self._owner(request)}-????????") if path.is_dir()]
        return [path.name for path in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)]


def build(page: Page) -> gr.Blocks:
    """The page as a browser shows it."""
    blocks: gr.Blocks = gr.Blocks(title="omnireel studio", analytics_enabled=False, delete_cache=_KEPT)
    with blocks:
        gr.Markdown("# omnireel studio\nOne sentence becomes a film.")
        with gr.Row():
            with gr.Column(scale=1):
                sentence = gr.Textbox(EXAMPLE, label="What happens", lines=4, max_length=LONGEST_SENTENCE)
                # Text, since a number that is none is refused without a word.
                seed = gr.Textbox("0", label="Seed", placeholder="0")
                length = gr.Textbox("", label="Length", placeholder="30s, 1m, or empty: as the story needs")
                make = gr.Button("Make the film", variant="primary")
                plan = gr.Button("Plan only")
                films = gr.Dropdown([], label="Your films", allow_custom_value=True)
                status = gr.Textbox(label="What happens now", interactive=False, lines=3)
            with gr.Column(scale=2):
                shots = gr.Gallery(label="Shots", columns=3, object_fit="contain", interactive=False)
                movie = gr.Video(label="Film", interactive=False)
                sheet = gr.Image(label="Contact sheet", type="filepath", interactive=False)
        told, shown = [sentence, seed, length], [status, shots, sheet, movie]
        # Whoever follows a film takes no place: the jobs have a queue of their own.
        make.click(page.film, told, shown, api_name="film", concurrency_limit=None)
        plan.click(page.plan, told, shown, api_name="plan", concurrency_limit=None)
        films.input(page.look, [films], shown, api_name="look", concurrency_limit=None)
        blocks.load(page.reopen, None, [films, *shown], api_name="reopen", concurrency_limit=None)
    return blocks


def _refusal(text: str) -> gr.Error:
    """One line for a person; a page would read it as HTML."""
    return gr.Error(html.escape(" ".join(text.split()), quote=False), print_exception=False)
