"""A vLLM engine in this process (Linux, GPU)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from planner.llm.base import LanguageModelError, Message, T, refuse_if_blind
from planner.llm.chat import split_lines
from planner.llm.completion import one_line, parse
from planner.llm.pictures import content_parts, open_image
from planner.llm.scoring import MOST_TOKENS, word_probabilities
from planner.llm.usage import Usage


class Vllm:
    """vLLM's offline ``LLM`` with structured outputs; ``model`` is a hub name or a folder."""

    backend = "vllm"

    def __init__(self, model: str, **engine: Any) -> None:
        """``engine`` goes to ``vllm.LLM``. Raises LanguageModelError."""
        try:
            vllm = import_module("vllm")
        except ImportError:
            raise LanguageModelError('vLLM is not installed: pip install "omnireel[vllm]"') from None
        self.model, self.usage = model, Usage()
        try:
            self._engine = vllm.LLM(model=model, **engine)
        except (OSError, ValueError, RuntimeError) as error:
            raise LanguageModelError(f"vLLM cannot load {model}: {one_line(error)}") from None

    @property
    def sees(self) -> bool:
        """See :class:`planner.llm.base.LanguageModel`."""
        return bool(self._engine.model_config.is_multimodal_model)

    def generate_object(
        self, messages: Sequence[Message], schema: type[T], *, max_tokens: int = 512, seed: int = 0
    ) -> T:
        """See :class:`planner.llm.base.LanguageModel`."""
        with self.usage.call():
            return parse(self._constrained(messages, max_tokens, seed, json=schema.model_json_schema()), schema)

    def generate_lines(
        self, messages: Sequence[Message], grammar: str, *, max_tokens: int = 256, seed: int = 0
    ) -> list[str]:
        """See :class:`planner.llm.base.LanguageModel`."""
        with self.usage.call():
            return split_lines(self._constrained(messages, max_tokens, seed, grammar=grammar))

    def first_token_probabilities(self, messages: Sequence[Message], words: Sequence[str]) -> dict[str, float]:
        """See :class:`planner.llm.base.LanguageModel`; a word that is not among the likeliest tokens counts 0."""
        with self.usage.call():
            likeliest = self._chat(messages, max_tokens=1, logprobs=MOST_TOKENS).logprobs[0]
        return word_probabilities(((str(p.decoded_token), math.exp(p.logprob)) for p in likeliest.values()), words)

    def _constrained(self, messages: Sequence[Message], max_tokens: int, seed: int, **structure: Any) -> str:
        structured = import_module("vllm.sampling_params").StructuredOutputsParams(**structure)
        answer = self._chat(messages, max_tokens=max_tokens, seed=seed, structured_outputs=structured)
        if answer.finish_reason == "length":
            raise LanguageModelError("the answer was cut off: raise max_tokens or ask for less")
        return str(answer.text)

    def _chat(self, messages: Sequence[Message], **sampling: Any) -> Any:
        """The one greedy completion; ``sampling`` as of ``vllm.SamplingParams``."""
        refuse_if_blind(self, messages)
        turns = [{"role": m.role, "content": _content(m)} for m in messages]
        wanted = import_module("vllm").SamplingParams(temperature=0.0, **sampling)
        try:
            done = self._engine.chat(turns, wanted, use_tqdm=False)[0]
        except (RuntimeError, ValueError) as error:  # no memory, a question that is too long
            raise LanguageModelError(f"{self.model} failed: {one_line(error)}") from None
        self.usage.add_tokens(len(done.prompt_token_ids), len(done.outputs[0].token_ids))
        return done.outputs[0]


def _content(message: Message) -> list[dict[str, Any]]:
    return content_parts(message, lambda image: {"type": "image_pil", "image_pil": open_image(image)})
