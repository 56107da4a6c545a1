"""Where a story is: the places that it names, each once, and the one where it is now."""

from __future__ import annotations

from planner.film.ground import find
from planner.language.english import is_noun
from planner.language.text import Tag, located, noun, phrase, slug
from planner.story.story import Location


class Places:
    """Resolves mentions of places to ids, in reading order."""

    def __init__(self) -> None:
        self.known: dict[str, Location] = {}
        self.now: str | None = None
        """None before any place was named."""

    def enter(self, text: str, tag: Tag) -> None:
        """Goes to the place that a tag names, new or known."""
        self.now = self._of(text, tag)

    def enter_called(self, name: str) -> None:
        """Goes to the place of a screenplay's heading, whatever it is."""
        same = (i for i, p in self.known.items() if p.kind == name)
        self.now = next(same, None) or self._add(slug(name, "place", self.known), name)

    def _of(self, text: str, tag: Tag) -> str:
        current = self.known.get(self.now or "")
        drawn = find("setting", current.kind)[-1:] if current else ()
        same_drawn = current and tag.mention.fit == "near" and drawn and drawn[0].word == tag.mention.word
        if current and same_drawn and not located(text, tag.start):
            return current.id
        head = noun("setting", tag.mention.text)
        same = (i for i, p in self.known.items() if noun("setting", p.kind).lower().endswith(head.lower()))
        if known := next(same, None):
            return known
        if not is_noun(head):  # 'coastal' stands for a coast
            head = words = tag.mention.word
        else:
            words = phrase(text, tag, keep=("time", "weather", "mood"))
        return self._add(slug(head, tag.mention.word, self.known), words)

    def _add(self, identity: str, words: str) -> str:
        self.known[identity] = Location(id=identity, name=words[:120], kind=words[:80])
        return identity
