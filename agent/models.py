"""Opening the models that a production works with, by name."""

from __future__ import annotations

from agent.critic import Critic
from agent.errors import MissingWeights, UnknownGenerator
from omni_model.generator import Generator
from omni_model.perception import Perception

GENERATORS = ("omni-mini", "oracle")


def open_generator(name: str) -> Generator:
    """The generator of that name. Raises UnknownGenerator, MissingWeights."""
    if name == "omni-mini":
        from omni_model.mini import OmniMini

        try:
            return OmniMini.load()
        except (FileNotFoundError, ValueError) as error:
            raise MissingWeights(str(error)) from None
    if name == "oracle":
        from omni_model.world.oracle import OracleGenerator

        return OracleGenerator()
    raise UnknownGenerator(f"no generator {name!r}: use one of {', '.join(GENERATORS)}")


def open_critic() -> Critic:
    """The critic, with its network when the weights are here, and with plain measures alone when not."""
    try:
        return Critic(Perception.load("critic"))
    except FileNotFoundError:
        return Critic(None)
