"""A Hugging Face model in this process, text or vision-language; llguidance keeps it to the grammar."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from planner.llm.base import LanguageModelError, Message, T, refuse_if_blind
from planner.llm.chat import split_lines
from planner.llm.completion import one_line, parse
from planner.llm.pictures import content_parts, open_image
from planner.llm.scoring import word_probabilities
from planner.llm.usage import Usage


class Transformers:
    """Greedy, constrained generation with ``AutoModel`` classes; ``model`` is a hub name or a folder."""

    backend = "transformers"

    def __init__(self, model: str, *, device: str | None = None) -> None:
        """Loads the model on ``device`` (the first GPU, or the CPU). Raises LanguageModelError."""
        try:
            transformers = import_module("transformers")
        except ImportError:
            raise LanguageModelError('transformers is not installed: pip install "omnireel[hf]"') from None
        self.model, self.usage = model, Usage()
        place = device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            config = transformers.AutoConfig.from_pretrained(model)
            self.sees = type(config) in transformers.AutoModelForImageTextToText._model_mapping
            kind = "ImageTextToText" if self.sees else "CausalLM"
            network = getattr(transformers, f"AutoModelFor{kind}").from_pretrained(model, dtype="auto")
            tokenizer = transformers.AutoTokenizer.from_pretrained
            self._reader = _processor(model, config) if self.sees else tokenizer(model)
        except (OSError, ValueError, ImportError, KeyError) as error:
            raise LanguageModelError(f"cannot load {model}: {one_line(error)}") from None
        self._network = network.to(place).eval()
        self._tokenizer = self._reader.tokenizer if self.sees else self._reader

    def generate_object(
        self, messages: Sequence[Message], schema: type[T], *, max_tokens: int = 512, seed: int = 0
    ) -> T:
        """See :class:`planner.llm.base.LanguageModel`."""
        grammar = json.dumps(schema.model_json_schema())
        with self.usage.call():
            return parse(self.constrained(messages, "json_schema", grammar, max_tokens), schema)

    def generate_lines(
        self, messages: Sequence[Message], grammar: str, *, max_tokens: int = 256, seed: int = 0
    ) -> list[str]:
        """See :class:`planner.llm.base.LanguageModel`."""
        with self.usage.call():
            return split_lines(self.constrained(messages, "gbnf", grammar, max_tokens))

    def first_token_probabilities(self, messages: Sequence[Message], words: Sequence[str]) -> dict[str, float]:
        """See :class:`planner.llm.base.LanguageModel`."""
        with self.usage.call():
            probabilities = self.next_token(messages).tolist()
        return word_probabilities(((token, probabilities[i]) for token, i in self._vocabulary.items()), words)

    def next_token(self, messages: Sequence[Message]) -> Tensor:
        """The probability of every token to be the answer's first, by its id: float [V]."""
        output, _ = self._run(messages, 1, output_logits=True)
        return torch.softmax(output.logits[0][0].float(), dim=-1).cpu()

    def constrained(self, messages: Sequence[Message], form: str, grammar: str, max_tokens: int) -> str:
        """A greedy answer that obeys a ``json_schema`` or ``gbnf`` grammar. Raises LanguageModelError."""
        output, begin = self._run(messages, max_tokens, logits_processor=[_Guide(self._tokenizer, form, grammar)])
        answer = output.sequences[0, begin:]
        if answer[-1].item() != self._tokenizer.eos_token_id:
            raise LanguageModelError("the answer was cut off: raise max_tokens or ask for less")
        return str(self._tokenizer.decode(answer, skip_special_tokens=True))

    @cached_property
    def _vocabulary(self) -> dict[str, int]:
        vocabulary: dict[str, int] = self._tokenizer.get_vocab()
        return vocabulary

    def _inputs(self, messages: Sequence[Message]) -> Any:
        return self._reader.apply_chat_template(
            [{"role": m.role, "content": self._content(m)} for m in messages],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        ).to(self._network.device)

    def _run(self, messages: Sequence[Message], tokens: int, **options: Any) -> tuple[Any, int]:
        """What the network generates, and how many tokens of it are the question's. Raises LanguageModelError."""
        refuse_if_blind(self, messages)
        try:
            inputs = self._inputs(messages)
            with torch.inference_mode():
                options |= {"max_new_tokens": tokens, "do_sample": False, "return_dict_in_generate": True}
                output = self._network.generate(**inputs, **options)
        except (RuntimeError, ValueError, IndexError) as error:  # no memory, a question that is too long
            raise LanguageModelError(f"{self.model} failed: {one_line(error)}") from None
        begin = inputs["input_ids"].shape[1]
        self.usage.add_tokens(begin, output.sequences.shape[1] - begin)
        return output, begin

    def _content(self, message: Message) -> Any:
        if not self.sees:
            return message.text
        return content_parts(message, lambda image: {"type": "image", "image": open_image(image)})


def _processor(model: str, config: Any) -> Any:
    """The model's processor of text and images; one that also takes films loads without torchvision."""
    transformers = import_module("transformers")
    try:
        return transformers.AutoProcessor.from_pretrained(model)
    except ImportError:  # only its video part needs torchvision, and takes are shown as stills
        kind = import_module("transformers.models.auto.processing_auto").PROCESSOR_MAPPING[type(config)]
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    images = transformers.AutoImageProcessor.from_pretrained(model)
    checks = {"check_argument_for_proper_class": lambda self, name, argument: None}
    blank = dict.fromkeys(kind.get_attributes()) | {"image_processor": images, "tokenizer": tokenizer}
    return type(kind.__name__, (kind,), checks)(**blank, chat_template=tokenizer.chat_template)


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
            # White space without end is where a weak model loses itself.
            rules = matcher.grammar_from_json_schema(grammar, overrides={"whitespace_flexible": False})
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
