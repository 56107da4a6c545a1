"""Opening a production: what was said now, what is remembered, and the models that follow from both, made once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from agent.budget import Budget
from agent.context import ProductionContext
from agent.critic.critic import Critic
from agent.errors import UnknownGenerator
from agent.folder.adopt import adopt
from agent.folder.gallery import Gallery
from agent.folder.settings import ProductionSettings
from agent.models import language_model, open_captioner, open_critic, open_generator
from memory import Memory
from omni_model.adapters import KINDS
from omni_model.spec.generator import Generator
from planner.llm.base import LanguageModel


@dataclass(frozen=True)
class Choices:
    """What a command says of how the film is made; None: as it was before."""

    generator: str | Generator | None = None
    llm: str | LanguageModel | None = None
    critic: Critic | None = None
    budget: Budget | None = None
    memory_plan: str | None = None
    """GiB of GPU memory for open weights."""


@dataclass(frozen=True)
class Production:
    """An open production."""

    context: ProductionContext
    settings: ProductionSettings
    remembered: ProductionSettings | None
    """What the folder was made with so far; None for a new one."""
    choices: Choices

    def by_generator(self, name: str) -> Production:
        """The same production with the generator that made a version which is come back to."""
        generator = open_generator(name)
        critic = self.choices.critic or open_critic(generator.capabilities)
        captioner = partial(open_captioner, generator.capabilities)
        context = replace(self.context, generator=generator, critic=critic, captioner=captioner, generator_name=name)
        return replace(self, context=context, settings=self.settings.model_copy(update={"generator": name}))


def open_production(
    folder: Path, choices: Choices, defaults: ProductionSettings, database_url: str | None
) -> Production:
    """Raises UnknownGenerator, WeightsError, StoreError, FolderTaken."""
    named = choices.generator or defaults.generator
    generator = open_generator(_planned(named, choices)) if isinstance(named, str) and choices.generator else None
    memory = Memory.open(folder, database_url)
    try:
        return _open(memory, folder, choices, defaults, generator)
    except BaseException:
        memory.close()
        raise


def _open(
    memory: Memory, folder: Path, choices: Choices, defaults: ProductionSettings, generator: Generator | None
) -> Production:
    adopt(folder, memory)
    held = memory.production().settings
    remembered = ProductionSettings.model_validate(held) if held else None
    settings = _settings(choices, remembered or defaults)
    if generator is None:
        generator = (
            choices.generator if isinstance(choices.generator, Generator) else open_generator(settings.generator)
        )
    opener, eyes = language_model(settings.llm if choices.llm is None else choices.llm)
    context = ProductionContext(
        folder=folder,
        memory=memory,
        gallery=Gallery(memory),
        generator=generator,
        critic=choices.critic or open_critic(generator.capabilities),
        llm=opener,
        eyes=eyes,
        captioner=partial(open_captioner, generator.capabilities),
        budget=settings.budget,
        generator_name=settings.generator,
    )
    return Production(context, settings, remembered, choices)


def _settings(choices: Choices, before: ProductionSettings) -> ProductionSettings:
    """What is said now, over what was."""
    named = choices.generator or before.generator
    name = _planned(named, choices) if isinstance(named, str) else named.capabilities.name
    llm = before.llm if choices.llm is None else choices.llm
    spec = llm if isinstance(llm, str) else f"{llm.backend}:{llm.model}"
    return ProductionSettings(generator=name, llm=spec, budget=choices.budget or before.budget)


def _planned(name: str, choices: Choices) -> str:
    """A generator's name with the memory plan that was asked for. Raises UnknownGenerator."""
    if choices.memory_plan is None:
        return name
    if name.partition(":")[0] not in KINDS:
        raise UnknownGenerator(f"{name} is no open weights: --memory is for those")
    return f"{name}{'&' if '?' in name else '?'}memory={choices.memory_plan}"
