"""Opening the models that a production works with, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from agent.critic.critic import Critic
from agent.errors import MissingWeights, UnknownGenerator
from omni_model.adapters import KINDS, Spec, WeightsError, open_weights
from omni_model.eyes.perception import Perception
from omni_model.spec.conditioning import Capabilities
from omni_model.spec.generator import Generator
from planner.llm import may_see, open_model
from planner.llm.base import LanguageModel

Opener = Callable[[], LanguageModel | None]

EMBEDDED = ("omni-mini", "oracle")

GENERATORS = (*EMBEDDED, *(f"{kind}:PATH" for kind in KINDS))


def open_generator(name: str) -> Generator:
    """The generator of that name, or of open weights (``wan-vace:PATH``). Raises UnknownGenerator, MissingWeights."""
    if name == "omni-mini":
        from omni_model.mini.engine import OmniMini

        try:
            return OmniMini.load()
        except (FileNotFoundError, ValueError) as error:
            raise MissingWeights(str(error)) from None
    if name == "oracle":
        from omni_model.world.oracle import OracleGenerator

        return OracleGenerator()
    if name.partition(":")[0] in KINDS:
        try:
            return open_weights(Spec.parse(name))
        except WeightsError as error:
            raise MissingWeights(str(error)) from None
    raise UnknownGenerator(f"no generator {name!r}: use one of {', '.join(GENERATORS)}")


def open_critic(capabilities: Capabilities) -> Critic:
    """The critic, with its network when the weights are here, and with plain measures alone when not.

    The network has seen one world: of a generator that draws anything (an open vocabulary) it would say nonsense.
    """
    try:
        return Critic(Perception.load("critic") if capabilities.vocabulary else None)
    except FileNotFoundError:
        return Critic(None)


def language_model(spec: str | LanguageModel) -> tuple[Opener, Opener]:
    """What opens the language model for the planner, and what opens it as eyes: None where it cannot be any.

    A model that may see is opened once, for it goes on as a judge; another is let go of when the plan stands.
    """
    if not isinstance(spec, str):
        return (lambda: spec), (lambda: spec)
    if not may_see(spec):
        return partial(open_model, spec), (lambda: None)
    opened = cache(partial(open_model, spec))
    return opened, opened
