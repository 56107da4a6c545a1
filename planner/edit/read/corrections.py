"""What a speaker takes back in the same breath: 'make it dawn, no, wait, dusk' asks for dusk."""

from __future__ import annotations

from collections.abc import Sequence

from planner.edit.read.mentions import Mention, mentions
from planner.story.story import Story

#: Kinds that may stand for each other when somebody corrects himself.
_ALIKE = (
    frozenset({"species", "prop", "wardrobe", "who", "thing"}),
    *(
        frozenset({kind})
        for kind in ("place", "colour", "time", "weather", "mood", "style", "light", "pace", "duration", "camera",
                     "size", "angle", "transition", "action", "setting", "seconds", "quote", "left", "right")
    ),
)  # fmt: skip
_SIDES = frozenset({"left", "right", "middle"})


def corrected(text: str, story: Story) -> str:
    """The text as it was meant: each correction in the place of what it corrects."""
    for _ in range(text.count(",") + text.count(".") + 1):
        said = mentions(text, story)
        mark = next((m for m in said if m.kind == "correct" and m.start), None)
        pair = _pair(said, mark) if mark else None
        if mark is None:
            return text
        if pair is None and (mark.text.lower() != "no" or text[mark.end :].startswith(",")):
            text = text[: mark.start] + text[mark.end :].lstrip(" ,")
            continue
        if pair is None:
            return text
        old, first, new = pair
        text = (
            text[: old.start]
            + text[first.start : new.end]
            + text[old.end : mark.start].rstrip(" ,.;-—…")
            + text[new.end :]
        )
    return text


def _pair(said: Sequence[Mention], mark: Mention) -> tuple[Mention, Mention, Mention] | None:
    """What is corrected, and the first and last word of what stands for it."""
    after = [m for m in said if m.start >= mark.end]
    before = [m for m in said if m.end <= mark.start][::-1]
    for at, new in enumerate(after):
        kinds = next((kinds for kinds in _ALIKE if new.kind in kinds), _SIDES if new.kind in _SIDES else frozenset())
        if old := next((m for m in before if m.kind in kinds), None):
            coloured = at and after[at - 1].kind == "colour" and new.start - after[at - 1].end < 2
            return old, after[at - 1] if coloured else new, new
    return None
