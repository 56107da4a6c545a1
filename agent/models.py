"""Opening the models that a production works with, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from agent.critic.critic import Critic
from agent.errors import UnknownGenerator
from omni_model.adapters import KINDS, Spec, open_weights
from omni_model.eyes.captioner import Captioner
from omni_model.eyes.perception import Perception
from omni_model.spec.conditioning import Capabilities
from omni_model.spec.errors import MissingWeights
from omni_model.spec.generator import Generator
from planner.llm import may_see, open_model
from planner.llm.base import LanguageModel

Opener = Callable[[], LanguageModel | None]

EMBEDDED = ("omni-mini", "oracle")

GENERATORS = (*EMBEDDED, *(f"{kind}:PATH" for kind in KINDS))


def open_generator(name: str) -> Generator:
    """The generator of that name, or of open weights (``wan-vace:PATH``). Raises UnknownGenerator, WeightsError."""
    if name == "omni-mini":
        from omni_model.mini.engine import OmniMini

        return OmniMini.load()
    if name == "oracle":
        from omni_model.world.oracle import OracleGenerator

        return OracleGenerator()
    if name.partition(":")[0] in KINDS:
        return open_weights(Spec.parse(name))
    raise UnknownGenerator(f"no generator {name!r}: use one of {', '.join(GENERATORS)}")


def open_critic(capabilities: Capabilities) -> Critic:
    """The critic, with its network when the weights are here, and with plain measures alone when not.

    The network has seen one world: of a generator that draws anything (an open vocabulary) it would say nonsense.
    Raises WeightsError for weights that are broken.
    """
    try:
        return Critic(Perception.load("critic") if capabilities.vocabulary else None)
    except MissingWeights:
        return Critic(None)


def open_captioner(capabilities: Capabilities) -> Captioner | None:
    """What reads given pictures for a generator of its world; None for another, and where its weights are not here.

    Raises WeightsError for weights that are broken.
    """
    try:
        return Captioner.load() if capabilities.vocabulary else None
    except MissingWeights:
        return None


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
