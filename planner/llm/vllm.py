"""A vLLM engine in this process (Linux, GPU)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from PIL import Image

from planner.llm.base import LanguageModelError, Message, T
from planner.llm.chat import parse, split_lines


class Vllm:
    """vLLM's offline ``LLM`` with structured outputs; ``model`` is a hub name or a folder."""

    backend = "vllm"

    def __init__(self, model: str, **engine: Any) -> None:
        """``engine`` goes to ``vllm.LLM``. Raises LanguageModelError."""
        try:
            vllm = import_module("vllm")
        except ImportError:
            raise LanguageModelError('vLLM is not installed: pip install "omnireel[vllm]"') from None
        self.model = model
        try:
            self._engine = vllm.LLM(model=model, **engine)
        except (OSError, ValueError, RuntimeError) as error:
            raise LanguageModelError(f"vLLM cannot load {model}: {str(error).splitlines()[0]}") from None

    def complete(self, messages: Sequence[Message], schema: type[T], *, max_tokens: int = 512, seed: int = 0) -> T:
        """See :class:`planner.llm.base.LanguageModel`."""
        return parse(self._chat(messages, max_tokens, seed, json=schema.model_json_schema()), schema)

    def lines(self, messages: Sequence[Message], grammar: str, *, max_tokens: int = 256, seed: int = 0) -> list[str]:
        """See :class:`planner.llm.base.LanguageModel`."""
        return split_lines(self._chat(messages, max_tokens, seed, grammar=grammar))

    def _chat(self, messages: Sequence[Message], max_tokens: int, seed: int, **structure: Any) -> str:
        structured = import_module("vllm.sampling_params").StructuredOutputsParams
        sampling = import_module("vllm").SamplingParams(
            temperature=0.0,
            seed=seed,
            max_tokens=max_tokens,
            structured_outputs=structured(**structure),
        )
        turns = [{"role": m.role, "content": _content(m)} for m in messages]
        answer = self._engine.chat(turns, sampling, use_tqdm=False)[0].outputs[0]
        if answer.finish_reason == "length":
            raise LanguageModelError("the answer was cut off: raise max_tokens or ask for less")
        return str(answer.text)


def _content(message: Message) -> list[dict[str, Any]]:
    images = [{"type": "image_pil", "image_pil": Image.open(io.BytesIO(image))} for image in message.images]
    return [*images, {"type": "text", "text": message.text}]
