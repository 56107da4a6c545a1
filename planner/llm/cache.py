"""A language model whose answers are kept: planning that was killed goes on without asking again."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omni_model.spec.conditioning import canonical_json, sha256
from planner.llm.base import LanguageModel, Message, T, slots_of


class CachedModel:
    """Asks ``llm`` what it was not asked before; every answer is a file in ``folder``, written whole or not at all."""

    def __init__(self, llm: LanguageModel, folder: Path) -> None:
        self.backend, self.model = llm.backend, llm.model
        self._llm, self._folder = llm, folder
        self.slots = slots_of(llm)

    @property
    def sees(self) -> bool:
        """As :attr:`LanguageModel.sees`."""
        return self._llm.sees

    def generate_object(
        self, messages: Sequence[Message], schema: type[T], *, max_tokens: int = 512, seed: int = 0
    ) -> T:
        """As :meth:`LanguageModel.generate_object`."""
        file = self._file(messages, schema.model_json_schema(), max_tokens, seed)
        if file.is_file():
            return schema.model_validate_json(file.read_bytes())
        answer = self._llm.generate_object(messages, schema, max_tokens=max_tokens, seed=seed)
        self._store(file, answer.model_dump_json())
        return answer

    def generate_lines(
        self, messages: Sequence[Message], grammar: str, *, max_tokens: int = 256, seed: int = 0
    ) -> list[str]:
        """As :meth:`LanguageModel.generate_lines`."""
        file = self._file(messages, grammar, max_tokens, seed)
        if file.is_file():
            lines: list[str] = json.loads(file.read_bytes())
            return lines
        answer = self._llm.generate_lines(messages, grammar, max_tokens=max_tokens, seed=seed)
        self._store(file, json.dumps(answer, ensure_ascii=False))
        return answer

    def first_token_probabilities(self, messages: Sequence[Message], words: Sequence[str]) -> dict[str, float]:
        """As :meth:`LanguageModel.first_token_probabilities`."""
        file = self._file(messages, ["first_token_probabilities", *words], 1, 0)
        if file.is_file():
            probabilities: dict[str, float] = json.loads(file.read_bytes())
            return probabilities
        answer = self._llm.first_token_probabilities(messages, words)
        self._store(file, json.dumps(answer))
        return answer

    def _file(self, messages: Sequence[Message], form: Any, max_tokens: int, seed: int) -> Path:
        """Where the answer to a question lies: by everything that decides it."""
        turns = [[m.role, m.text, [sha256(image) for image in m.images]] for m in messages]
        question = [self.backend, self.model, turns, form, max_tokens, seed]
        return self._folder / f"{sha256(canonical_json(question))[:32]}.json"

    def _store(self, file: Path, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(name).replace(file)
