"""Language models behind one protocol, opened by a short spec."""

from __future__ import annotations

from pathlib import Path

from planner.llm import weights
from planner.llm.base import LanguageModel, LanguageModelError, Message, ModelUnavailable, TimedFrame
from planner.llm.usage import Usage

__all__ = [
    "LanguageModel",
    "LanguageModelError",
    "Message",
    "ModelUnavailable",
    "TimedFrame",
    "Usage",
    "may_see",
    "open_model",
]

SPECS = "auto, none, llamacpp, llamacpp:FILE.gguf, openai:URL#MODEL, vllm:MODEL, transformers:MODEL"


def open_model(spec: str | None = "auto", *, threads: int | None = None) -> LanguageModel | None:
    """The language model that a spec names; backends are imported only when named.

    ``auto`` is the local model when its weights are installed, else None; ``none`` (or None) is None.
    ``threads`` is how many cores the local model may use (None: the idle ones, at most two).
    Raises LanguageModelError.
    """
    kind, _, rest = (spec or "none").partition(":")
    match kind:
        case "none":
            return None
        case "auto" if weights.missing():
            return None
        case "auto" | "llamacpp":
            from planner.llm.llamacpp import LlamaCpp

            return LlamaCpp(Path(rest) if rest else weights.ensure(), threads=threads)
        case "openai" if rest:
            from planner.llm.openai import OpenAICompatible

            url, _, model = rest.partition("#")
            return OpenAICompatible(url, model)
        case "vllm" if rest:
            from planner.llm.vllm import Vllm

            return Vllm(rest)
        case "transformers" if rest:
            from planner.llm.transformers import Transformers

            return Transformers(rest)
    raise LanguageModelError(f"no language model {spec!r}: use one of {SPECS}")


def may_see(spec: str) -> bool:
    """Whether the model that a spec names could take images; an opened one knows (``sees``)."""
    return spec.partition(":")[0] in ("openai", "vllm", "transformers")
