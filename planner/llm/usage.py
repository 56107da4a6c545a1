"""What a language model was asked, and what it cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock


@dataclass
class Usage:
    """Counts of one model since it was opened. ``seconds`` are those of all calls, side by side or not.

    A failed call gave no valid answer. Tokens are 0 where a server does not tell them.
    """

    calls: int = 0
    failures: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    @contextmanager
    def call(self) -> Iterator[None]:
        """Counts what happens inside as one call; it failed when it raises."""
        began, failures = time.monotonic(), 1
        try:
            yield
            failures = 0
        finally:
            with self._lock:
                self.calls += 1
                self.failures += failures
                self.seconds += time.monotonic() - began

    def add_tokens(self, prompt: int, completion: int) -> None:
        """Counts the tokens that were read and written in a call."""
        with self._lock:
            self.prompt_tokens += prompt
            self.completion_tokens += completion

    def __str__(self) -> str:
        tokens = f"{self.prompt_tokens:,} tokens read and {self.completion_tokens:,} written"
        return f"{self.calls} calls ({self.failures} failed), {tokens}, {self.seconds:.0f} s"
