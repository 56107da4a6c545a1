"""Where clauses work beside each other: what the place of one says about its neighbours."""

from __future__ import annotations

import re

from planner.edit.read.clauses import VERBS, EditClause
from planner.edit.read.mentions import Mention
from planner.story.patch import Scope, shots_matching
from planner.story.story import Story

_LOOKS = ("mood", "time", "weather", "light", "pace")
_IMPERATIVE = re.compile(r"slow|speed|pick|dim|bright|dark(?!er)|cheer|light|let|quicken|tighten|accelerate|take", re.I)


def shared(clause: EditClause, after: EditClause | None, later: tuple[Scope, ...]) -> tuple[Scope, ...]:
    """The place of 'darker and sadder in scene 2', which stands with the last of several looks.

    ``later`` is what the next clause shares with those after it.
    """
    if after is None or after.opens or after.stays or clause.has("place", "there"):
        return ()
    if _content(clause) == _content(after) and clause.has("who", "species", "prop"):
        return later or tuple(s for m in after.of("place") for s in m.scopes)
    if not clause.has(*_LOOKS):
        return ()
    there = [m for m in after.said if m.kind == "place" or (m.kind == "setting" and m.scopes)]
    plain = all(m.kind in (*_LOOKS, "more", "less", "remove", "pronoun") or m in there for m in after.said)
    said = [m.text.lower() for m in after.of(*_LOOKS)]
    alike = all(word.endswith("er") or not _IMPERATIVE.match(word) for word in said)
    return (later or tuple(s for m in there for s in m.scopes)) if plain and alike else ()


def _content(clause: EditClause) -> set[str]:
    """What kinds of things a clause speaks of, apart from verbs and places."""
    sides = {"left": "side", "right": "side", "middle": "side"}
    return {
        sides.get(m.kind, m.kind) for m in clause.said if m.kind not in {*VERBS, "place", "setting", "more", "colour"}
    }


def listed(clause: EditClause) -> bool:
    """Whether a place and somebody are named side by side: 'the room or Bolt', and not one in the other."""
    where, who = (clause.of(*kinds)[:1] for kinds in (("place", "setting"), ("who", "wardrobe", "thing")))
    at = sorted(clause.text.find(m.text) for m in (*where, *who))
    between = clause.text[at[0] : at[-1]] if where and who else ""
    return bool(re.search(r"\b(?:and|or|nor)\b|,|랑 |하고 |[와과] ", between))


def is_left(place: Mention, clause: EditClause) -> bool:
    """Whether another place stands for it: '마지막 샷 말고 8번 샷을', 'shot 3 instead of shot 2'."""
    return any(
        (m.kind == "drop_before" and 0 <= m.start - place.end < 3)
        or (m.kind == "drop_next" and 0 <= place.start - m.end < 5)
        for m in clause.said
    )


def latest(scopes: tuple[Scope, ...], story: Story) -> tuple[Scope, ...]:
    """The later of two parts that a transition leads from and to; all of more, or of parts that are the same."""
    order = [shot.id for _, shot in story.shots]
    first = {
        scope: order.index(shots_matching(story, scope)[0][1].id) for scope in scopes if shots_matching(story, scope)
    }
    return (max(first, key=lambda s: first[s]),) if len(first) == 2 else scopes


def keeps_doing(clause: EditClause) -> bool:
    """'Keep the camera still' asks for something; 'keep the camera' does not."""
    return clause.has("camera") and not clause.has("field", "place", "who") and clause.text.lower().startswith("keep")
