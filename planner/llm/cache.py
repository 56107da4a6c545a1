"""A language model whose answers are remembered: planning that was killed goes on without asking again."""

from __future__ import annotations

import logging
import re
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field, TypeAdapter
from pydantic_core import to_json

from omni_model.spec.conditioning import canonical_json, sha256
from planner.llm.base import LanguageModel, Message, T, slots_of
from planner.llm.completion import validate_json

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 2**20
"""Of all answers in a folder; the oldest go first. A film's are about a kilobyte each."""

MOST_BYTES_EACH = 4 * 2**20

_NAME = re.compile(r"[0-9a-f]{32}\.(json|part)")
_WRITING = Lock()
_LINES = TypeAdapter(list[str])

A = TypeVar("A")


class CachedModel:
    """Asks ``llm`` what it was not asked before; every answer is a file in ``folder``, written whole or not at all.

    A file that is damaged, or no answer to its question, is asked for again and written anew. Where nothing can be
    written, the answer is used all the same.
    """

    def __init__(self, llm: LanguageModel, folder: Path) -> None:
        self.backend, self.model, self.usage = llm.backend, llm.model, llm.usage
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

        def ask() -> T:
            return self._llm.generate_object(messages, schema, max_tokens=max_tokens, seed=seed)

        return _remembered(self._file(messages, schema.model_json_schema(), max_tokens, seed), TypeAdapter(schema), ask)

    def generate_lines(
        self, messages: Sequence[Message], grammar: str, *, max_tokens: int = 256, seed: int = 0
    ) -> list[str]:
        """As :meth:`LanguageModel.generate_lines`."""

        def ask() -> list[str]:
            return self._llm.generate_lines(messages, grammar, max_tokens=max_tokens, seed=seed)

        return _remembered(self._file(messages, grammar, max_tokens, seed), _LINES, ask)

    def first_token_probabilities(self, messages: Sequence[Message], words: Sequence[str]) -> dict[str, float]:
        """As :meth:`LanguageModel.first_token_probabilities`."""

        def ask() -> dict[str, float]:
            return self._llm.first_token_probabilities(messages, words)

        file = self._file(messages, ["first_token_probabilities", *words], 1, 0)
        return _remembered(file, _probabilities_of(words), ask)

    def _file(self, messages: Sequence[Message], form: Any, max_tokens: int, seed: int) -> Path:
        """Where the answer to a question lies: by everything that decides it."""
        turns = [
            [m.role, m.text, [sha256(i) for i in m.images], [[f.seconds, sha256(f.image)] for f in m.clip]]
            for m in messages
        ]
        question = [self.backend, self.model, turns, form, max_tokens, seed]
        return self._folder / f"{sha256(canonical_json(question))[:32]}.json"


def _probabilities_of(words: Sequence[str]) -> TypeAdapter[dict[str, float]]:
    """The form of an answer about these words."""

    def complete(answer: dict[str, float]) -> dict[str, float]:
        if set(answer) != set(words):
            raise ValueError("not of the words that were asked for")
        return answer

    rounded = Annotated[float, Field(ge=0, le=1.01)]
    return TypeAdapter(Annotated[dict[str, rounded], AfterValidator(complete)])


def _remembered(file: Path, form: TypeAdapter[A], ask: Callable[[], A]) -> A:
    """The answer in a file, or what ``ask`` gives, which is written there."""
    held = _read(file, form)
    if held is not None:
        return held
    answer = ask()
    try:
        with _WRITING:
            _write(file, to_json(answer))
    except OSError as error:
        log.warning("an answer of the language model could not be kept: %s", error)
    return answer


def _read(file: Path, form: TypeAdapter[A]) -> A | None:
    """The answer in a file; None where there is none, or none of this form."""
    try:
        found = file.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES_EACH:
            return None
        return validate_json(file.read_bytes(), form)
    except (OSError, ValueError):
        return None


def _write(file: Path, answer: bytes) -> None:
    """Writes a file whole or not at all. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    _clear(file.parent)
    fresh = file.with_suffix(".part")
    with fresh.open("xb") as out:
        out.write(answer)
    fresh.replace(file)


def _clear(folder: Path) -> None:
    """Removes what a kill left half-written and the oldest answers beyond MOST_BYTES, of files named as ours alone."""
    ours = [(path, path.lstat()) for path in folder.iterdir() if _NAME.fullmatch(path.name)]
    answers = [(found.st_mtime_ns, path.name, found.st_size, path) for path, found in ours if path.suffix == ".json"]
    room = MOST_BYTES
    for _, _, size, path in sorted(answers, reverse=True):
        room -= size
        if room < 0:
            path.unlink()
    for path, _ in ours:
        if path.suffix == ".part":
            path.unlink()
