"""The studio: a page with a sentence on one side and the film growing on the other. Thin, over Session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr

from agent import events as ev
from agent.errors import AgentError
from agent.session import Session
from memory import StoreError
from omni_model.media import MediaError
from omni_model.spec.conditioning import sha256
from omnireel import parsing
from planner.direct.plan import PlanError
from planner.llm.base import LanguageModelError

EXAMPLE = "A shy ghost searches the night forest for its lost red hat; a fox with a blue scarf helps."
_REFUSALS = (ValueError, AgentError, StoreError, MediaError, PlanError, LanguageModelError)


def build(out: Path, *, generator: str = "omni-mini", llm: str = "auto") -> gr.Blocks:
    """The page; productions are kept under ``out``. Its one endpoint is ``/film``."""

    def film(sentence: str, seed: float, length: str) -> Iterator[tuple[Any, ...]]:
        """Yields what happens, the shots so far, the contact sheet and the film."""
        try:
            seconds = parsing.duration(length) if length.strip() else None
            folder = out / _folder(sentence, int(seed), seconds)
            with Session(folder, generator=generator, llm=llm, seed=int(seed)) as session:
                yield from _shown(session, sentence, seconds)
        except _REFUSALS as error:
            raise gr.Error(str(error), print_exception=False) from error

    page: gr.Blocks = gr.Blocks(title="omnireel studio")
    with page:
        gr.Markdown("# omnireel studio\nOne sentence becomes a film.")
        with gr.Row():
            with gr.Column(scale=1):
                sentence = gr.Textbox(EXAMPLE, label="What happens", lines=4)
                seed = gr.Number(0, label="Seed", precision=0, minimum=0)
                length = gr.Textbox("", label="Length", placeholder="30s, 1m, or empty: as the story needs")
                go = gr.Button("Make the film", variant="primary")
                status = gr.Markdown()
            with gr.Column(scale=2):
                shots = gr.Gallery(label="Shots", columns=3, object_fit="contain")
                movie = gr.Video(label="Film")
                sheet = gr.Image(label="Contact sheet", type="filepath")
        go.click(film, [sentence, seed, length], [status, shots, sheet, movie], api_name="film")
    return page


def launch(out: Path, *, generator: str, llm: str, host: str, port: int) -> None:
    """Serves the page until it is stopped."""
    out.mkdir(parents=True, exist_ok=True)
    page = build(out, generator=generator, llm=llm)
    page.launch(server_name=host, server_port=port, ssr_mode=False, allowed_paths=[str(out.resolve())])


def _shown(session: Session, sentence: str, seconds: float | None) -> Iterator[tuple[Any, ...]]:
    shots: list[tuple[Any, str]] = []
    told: list[str] = []
    sheet = movie = None
    for event in _events(session, sentence, seconds):
        match event:
            case ev.StoryPlanned(title=title, shots=count, seconds=length):
                told.append(f"**{title}**: {count} shots, {length:g} s")
            case ev.Notice(text=text):
                told.append(text)
            case ev.ShotAccepted(shot=shot, clip=clip, doubts=doubts):
                frames = session.clip(clip)
                verdict = "; ".join(note.text for note in doubts) or "accepted"
                shots.append((frames[len(frames) // 2].permute(1, 2, 0).numpy(), f"{shot}: {verdict}"))
            case ev.FilmCut(film=film, contact_sheet=picture):
                sheet, movie = str(picture), str(film)
            case _:
                continue
        yield "\n\n".join(told), list(shots), sheet, movie


def _events(session: Session, sentence: str, seconds: float | None) -> Iterator[ev.Event]:
    for event in session.say(sentence, duration=seconds, new_story=True):
        if isinstance(event, ev.ApprovalWanted):
            yield from session.approve()
        else:
            yield event


def _folder(sentence: str, seed: int, seconds: float | None) -> str:
    return f"{parsing.folder_name(sentence)}-{sha256(f'{sentence}/{seed}/{seconds}')[:8]}"
