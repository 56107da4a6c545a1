"""The lowering record of one shot while it is compiled."""

from __future__ import annotations

from omni_model.spec.conditioning import Capabilities
from planner.film.ground import ground
from planner.film.lowering import Lowering


class LoweringLog:
    """Collects the fate of every directive, and what only a generator with open words can read.

    A directive is named by its path in the story and the author's words: ``cast.fox.kind: wolf``.
    """

    def __init__(self, capabilities: Capabilities) -> None:
        self.vocabulary = capabilities.vocabulary
        self.entries: list[Lowering] = []
        self.prose: list[str] = []

    @property
    def open(self) -> bool:
        """Whether the generator reads any words at all."""
        return not self.vocabulary

    def honour(self, path: str, words: object, detail: str = "") -> None:
        self.entries.append(Lowering(directive=_directive(path, words), outcome="honoured", detail=detail))

    def approximate(self, path: str, words: object, detail: str) -> None:
        self.entries.append(Lowering(directive=_directive(path, words), outcome="approximated", detail=detail))

    def refuse(self, path: str, words: object, detail: str) -> None:
        self.entries.append(Lowering(directive=_directive(path, words), outcome="refused", detail=detail))

    def ground(self, path: str, kind: str, words: str) -> str | None:
        """Grounds ``words`` and records how; empty words are no directive and take the default."""
        grounded = ground(kind, words, self.vocabulary)
        if words:
            entry = Lowering(directive=_directive(path, words), outcome=grounded.outcome, detail=grounded.detail)
            self.entries.append(entry)
        return grounded.word

    def require(self, path: str, kind: str, words: str) -> str:
        """Like :meth:`ground` for a kind that always has a value."""
        return self.ground(path, kind, words) or ""

    def tell(self, path: str, words: str, otherwise: str) -> None:
        """Free text: an open generator reads it; for any other ``otherwise`` says what is lost."""
        if not words:
            return
        if self.open:
            self.prose.append(words)
            self.honour(path, words)
        else:
            self.refuse(path, words, otherwise)


def _directive(path: str, words: object) -> str:
    text = str(words)
    return f"{path}: {text if len(text) <= 100 else text[:99] + '…'}"
