"""One of those whom a text mentions: somebody, something or a place, with what is said of it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

from planner.language.text import lexicon
from planner.read.headings import Heading

Sort = Literal["person", "thing", "place"]


@dataclass(eq=False)
class Referent:
    """Somebody, something or a place, and the phrases that stand for it."""

    sort: Sort
    mentions: list[int] = field(default_factory=list)
    name: str = ""
    kind: str = ""
    looks: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    compounds: tuple[str, ...] = ()
    count: int = 1
    crowd: bool = False
    id: str = ""
    heading: Heading | None = None
    """Of a place that a heading names."""
    pronoun: str = ""
    """'she' or 'he', where the text has called it so."""

    @property
    def gender(self) -> str:
        """'she', 'he' or nothing, as far as its words tell."""
        if self.pronoun:
            return self.pronoun
        said = {w.lower() for w in (*self.kind.split(), *self.name.split()[:1], *self.aliases)}
        if said & (lexicon("female") | lexicon("female_names")):
            return "she"
        return "he" if said & (lexicon("male") | lexicon("male_names")) else ""

    def add(self, text: str, into: list[str]) -> None:
        """Adds what is said once."""
        short = " ".join(text.split())[:200]
        if short and short not in into:
            into.append(short)


def slug(words: str) -> str:
    """Words as an id: 'Old Tom' -> 'old-tom'; empty for what has no Latin letter."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:48].strip("-")
