"""The eyes of a production: which language model sees, what it reads from photographs, and the judge that it makes."""

from __future__ import annotations

from collections.abc import Mapping

from agent.context import Emit, ProductionContext
from agent.critic.judge import Judge
from agent.events import Notice, Planning
from agent.folder.files import ANSWERS
from agent.folder.report import CAPTIONER, EyesReport
from agent.folder.request import Request
from agent.vision.eyes import read_pictures
from memory import RenditionRow
from planner.llm import may_see
from planner.llm.base import LanguageModel, LanguageModelError
from planner.llm.cache import CachedModel
from planner.read import looks


def read_photographs(request: Request, context: ProductionContext, emit: Emit) -> EyesReport | None:
    """Who sees in this production, and what every photograph shows; one that cannot be read is a failure.

    Without a model that sees, the captioner reads pictures of its world. Raises LanguageModelError when the model that
    was asked for cannot be opened.
    """
    eyes = context.eyes()
    if eyes is None:
        return read_pictures(request, context, emit)
    found = EyesReport(backend=eyes.backend, model=eyes.model, photographs={}, failures={})
    try:
        sees = eyes.sees
    except LanguageModelError as error:
        emit(Notice(f"the language model cannot be asked: {error}"))
        return found.model_copy(update={"failures": dict.fromkeys(request.images, str(error))})
    if sees:
        seen, failures = _read(request.images, cached(eyes, context), context, emit)
        return found.model_copy(update={"photographs": seen, "failures": failures})
    if request.images or may_see(request.llm):
        emit(Notice(f"{eyes.model} cannot see: it reads no photograph, and nobody judges beside the critic"))
    return read_pictures(request, context, emit)


def _read(
    images: Mapping[str, str], eyes: LanguageModel, context: ProductionContext, emit: Emit
) -> tuple[dict[str, looks.Look], dict[str, str]]:
    """The looks by name, and by name why a photograph has none."""
    seen, failures = {}, {}
    for name, image in images.items():
        emit(Planning(f"reading the photograph of @{name}"))
        try:
            seen[name] = looks.read(
                context.gallery.png(context.gallery.still(image)), eyes, context.generator.capabilities
            )
        except LanguageModelError as error:
            failures[name] = str(error)
            emit(Notice(f"the photograph of @{name} was not read: {error}"))
    return seen, failures


def judge_of(rendition: RenditionRow, context: ProductionContext) -> Judge | None:
    """The judge of a production: the model that could see when it was planned. None: there was none."""
    return Judge(lambda: _open(context)) if judges(rendition) else None


def judges(rendition: RenditionRow) -> bool:
    """Whether who sees can also judge: the captioner answers no questions."""
    return rendition.eyes is not None and rendition.eyes["backend"] != CAPTIONER


def _open(context: ProductionContext) -> LanguageModel:
    eyes = context.eyes()
    if eyes is None:
        raise LanguageModelError("there is no language model any more")
    return cached(eyes, context)


def cached(llm: LanguageModel, context: ProductionContext) -> LanguageModel:
    """The model with its answers kept: a killed production does not ask again."""
    return CachedModel(llm, context.folder / ANSWERS)
