"""A Hugging Face model in this process, text or vision-language; llguidance keeps it to the grammar."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from planner.llm.base import LanguageModelError, Message, T
from planner.llm.chat import parse, split_lines


class Transformers:
    """Greedy, constrained generation with ``AutoModel`` classes; ``model`` is a hub name or a folder."""

    backend = "transformers"

    def __init__(self, model: str, *, device: str | None = None) -> None:
        """Loads the model on ``device`` (the first GPU, or the CPU). Raises LanguageModelError."""
        try:
            transformers = import_module("transformers")
        except ImportError:
            raise LanguageModelError('transformers is not installed: pip install "omnireel[hf]"') from None
        self.model = model
        place = device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            config = transformers.AutoConfig.from_pretrained(model)
            self._sees = type(config) in transformers.AutoModelForImageTextToText._model_mapping
            kind = "ImageTextToText" if self._sees else "CausalLM"
            network = getattr(transformers, f"AutoModelFor{kind}").from_pretrained(model, dtype="auto")
            reader = transformers.AutoProcessor if self._sees else transformers.AutoTokenizer
            self._reader = reader.from_pretrained(model)
        except (OSError, ValueError, ImportError) as error:
            raise LanguageModelError(f"cannot load {model}: {str(error).splitlines()[0]}") from None
        self._network = network.to(place).eval()
        self._tokenizer = self._reader.tokenizer if self._sees else self._reader

    def complete(self, messages: Sequence[Message], schema: type[T], *, max_tokens: int = 512, seed: int = 0) -> T:
        """See :class:`planner.llm.base.LanguageModel`."""
        grammar = json.dumps(schema.model_json_schema())
        return parse(self._generate(messages, "json_schema", grammar, max_tokens), schema)

    def lines(self, messages: Sequence[Message], grammar: str, *, max_tokens: int = 256, seed: int = 0) -> list[str]:
        """See :class:`planner.llm.base.LanguageModel`."""
        return split_lines(self._generate(messages, "gbnf", grammar, max_tokens))

    def _generate(self, messages: Sequence[Message], form: str, grammar: str, max_tokens: int) -> str:
        inputs = self._reader.apply_chat_template(
            [{"role": m.role, "content": self._content(m)} for m in messages],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        ).to(self._network.device)
        guide = _Guide(self._tokenizer, form, grammar)
        with torch.inference_mode():
            output = self._network.generate(
                **inputs, max_new_tokens=max_tokens, do_sample=False, logits_processor=[guide]
            )
        answer = output[0, inputs["input_ids"].shape[1] :]
        if answer[-1].item() != self._tokenizer.eos_token_id:
            raise LanguageModelError("the answer was cut off: raise max_tokens or ask for less")
        return str(self._tokenizer.decode(answer, skip_special_tokens=True))

    def _content(self, message: Message) -> Any:
        if not self._sees:
            if message.images:
                raise LanguageModelError(f"{self.model} cannot see images")
            return message.text
        images = [{"type": "image", "image": Image.open(io.BytesIO(image))} for image in message.images]
        return [*images, {"type": "text", "text": message.text}]


class _Guide:
    """A logits processor that forbids every token that the grammar does not allow next."""

    def __init__(self, tokenizer: Any, form: str, grammar: str) -> None:
        try:
            guidance = import_module("llguidance")
            from_gbnf = import_module("llguidance.gbnf_to_lark").any_to_lark
            read = import_module("llguidance.hf").from_tokenizer
        except ImportError:
            raise LanguageModelError('llguidance is not installed: pip install "omnireel[hf]"') from None
        matcher = guidance.LLMatcher
        if form == "gbnf":
            rules = matcher.grammar_from_lark(from_gbnf(grammar))
        else:
            rules = matcher.grammar_from_json_schema(grammar)
        self._matcher = matcher(read(tokenizer), rules, log_level=0)
        if self._matcher.is_error():
            raise LanguageModelError(f"not a usable grammar: {self._matcher.get_error().splitlines()[0]}")
        self._read: int | None = None

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Takes the ids so far [1, N] and the logits of the next token [1, V]; returns logits [1, V]."""
        if self._read is not None:
            self._matcher.consume_tokens(input_ids[0, self._read :].tolist())
        self._read = input_ids.shape[1]
        allowed = torch.frombuffer(bytearray(self._matcher.compute_logit_bias()), dtype=torch.uint8) > 0
        mask = torch.zeros(scores.shape[1], dtype=torch.bool)
        mask[: len(allowed)] = allowed[: scores.shape[1]]
        return scores.masked_fill(~mask.to(scores.device), float("-inf"))
