"""Whether an edit did what its gold says: each expected change, what must stay, and nothing beside them.

A change has ``what`` (the field, as editors call it), ``where`` (shots, the film, or the place of a new shot),
``becomes`` (synonyms, or bounds of a length), and where there are any ``of`` (whose) and ``loses`` (what must be gone).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from planner.evaluate.lemmas import asserts, says
from planner.evaluate.sheets import Key, Sheet, changed, sheets
from planner.film.ground import find
from planner.story.story import Story

Change = Mapping[str, Any]

GONE = frozenset({"removed", "absent", "gone"})
#: What is written where: the fields of a sheet that can hold a change of this name; of the entity, or of the shot.
FIELDS: dict[str, tuple[str, ...]] = {
    "action": ("action", "description", "picture"), "carries": ("action", "description", "picture"),
    "position": ("action", "description", "picture"), "direction": ("action", "description", "picture"),
    "features": ("features", "wardrobe", "name", "kind", "description", "picture"),
    "wardrobe": ("wardrobe", "features"), "look": ("features", "wardrobe", "style", "description", "picture"),
    "colour": ("colour", "features", "kind"), "kind": ("kind", "name"), "name": ("name",),
    "light": ("light", "time", "mood", "style", "description", "picture"), "pace": ("pace", "camera", "action",
    "description", "picture"), "sound": ("sound", "description", "picture"), "place": ("place", "description"),
    "mood": ("mood",), "time": ("time",), "weather": ("weather",), "style": ("style",), "title": ("title",),
    "size": ("size",), "angle": ("angle", "camera", "description", "picture"), "camera": ("camera",),
    "transition": ("transition",), "caption": ("caption",), "dialogue": ("dialogue",),
    "new shot": ("description", "picture", "action"), "split shot": ("description", "picture", "action"),
}  # fmt: skip
#: What follows from a change and may change with it in the same shots; description, picture and sound always may.
FOLLOWS: dict[str, tuple[str, ...]] = {
    "action": ("position", "prop", "cast", "colour", "name", "kind", "features", "wardrobe"),
    "carries": ("action", "position", "prop", "colour", "name", "kind"),
    "cast": ("action", "position", "name", "kind", "colour", "features", "wardrobe", "dialogue"),
    "prop": ("action", "position", "name", "kind", "colour"), "position": ("action",),
    "direction": ("action", "position"), "features": ("wardrobe", "colour", "kind"),
    "wardrobe": ("features",), "look": ("style", "features", "wardrobe"), "colour": ("features",),
    "kind": ("name", "features", "action", "colour"), "pace": ("duration", "camera", "action"),
    "light": ("time", "mood", "style"), "duration": ("pace",), "place": ("time",), "angle": ("camera", "position"),
    "size": ("position",), "camera": ("position",),
}  # fmt: skip
_ALWAYS = ("description", "picture", "sound")
_REMADE = frozenset(
    {
        "duration",
        "action",
        "position",
        "cast",
        "prop",
        "dialogue",
        "caption",
        "transition",
        "camera",
        "size",
        "angle",
        "kind",
        "name",
        "colour",
        "features",
        "wardrobe",
    }
)
"""What may differ in shots that become one or several."""
_STRUCTURE = ("new shot", "move shot", "merge shots", "split shot", "remove shot")
_GROUNDED = {"mood": "mood", "time": "time", "weather": "weather", "colour": "colour", "style": "style",
             "place": "setting", "kind": "species", "wardrobe": "wardrobe", "action": "action"}  # fmt: skip
_LENGTH = 0.05
"""Seconds that a length may differ from its bounds: less than a frame."""


def unjudged(change: Change) -> bool:
    """Whether a change is of a sort that nothing here knows: it never counts as done."""
    return change["what"] not in (*FIELDS, *_STRUCTURE, "duration", "cast", "prop")


class Versions:
    """A story before and after an edit, as sheets."""

    def __init__(self, before: Story, after: Story) -> None:
        self.before, self.after = sheets(before), sheets(after)
        self.story = after

    @property
    def is_same(self) -> bool:
        """Whether nothing changed at all."""
        return list(self.before) == list(self.after) and self.before == self.after

    @property
    def new(self) -> list[str]:
        """Shots that were not there."""
        return [i for i in self.after if i not in self.before]

    def shots(self, where: Sequence[str] | Mapping[str, str]) -> list[str]:
        """The shots of a place: some by id, all of a film, or the new one that follows or precedes another."""
        if not isinstance(where, Mapping):
            return list(self.after) if list(where) == ["film"] else [i for i in where if i in self.after]
        order = list(self.after)
        side, anchor = next(iter(where.items()))
        if anchor not in order:
            return []
        step = -1 if side == "before" else 1
        at = order.index(anchor) + step
        return order[at : at + 1] if 0 <= at < len(order) and order[at] in self.new else []


def is_done(change: Change, versions: Versions) -> bool:
    """Whether an expected change is there, in every shot where it is to be."""
    what = change["what"]
    if what in _STRUCTURE:
        return _is_restructured(change, versions)
    shots = versions.shots(change["where"])
    if isinstance(change["where"], list) and change["where"] != ["film"] and len(shots) < len(change["where"]):
        return False
    if what in ("kind", "name") and change["where"] == ["film"]:
        shots = [i for i in shots if ("kind", change.get("of", "")) in versions.after[i]] or shots
    if _is_removal(change) and not any(changed(versions.before.get(i, {}), versions.after[i]) for i in shots):
        return False
    somewhere = what == "place" and change["where"] == ["film"]
    return bool(shots) and (any if somewhere else all)(_is_so(change, i, versions) for i in shots)


def _is_so(change: Change, shot: str, versions: Versions) -> bool:
    what, of, after = change["what"], change.get("of", ""), versions.after[shot]
    before = versions.before.get(shot, {})
    if what == "duration":
        return any(_is_as_long(bound, before, after) for bound in change["becomes"])
    if what in ("cast", "prop"):
        return _is_staged(change, after) != _is_removal(change)
    if what == "pace" and {"less": True} in change["becomes"] and after[("duration", "")] > _length(before):
        return True
    signs = [sign for sign in change["becomes"] if isinstance(sign, str)]
    texts = _values(what, of, after)
    emptied = texts if what != "kind" else [str(after.get(("kind", of), ""))]  # a name may outlive its kind
    lost = any(asserts(text, gone) for text in emptied for gone in change.get("loses", ()))
    if _is_removal(change):
        return not lost
    if what == "position" and not any(says(text, sign) for text in texts for sign in signs):
        return not lost and _has_moved(of, before, after)
    return not lost and any(_means(what, text, sign) for text in texts for sign in signs)


def _is_removal(change: Change) -> bool:
    return bool(GONE & {sign for sign in change["becomes"] if isinstance(sign, str)}) and "loses" in change


def _values(what: str, of: str, sheet: Sheet) -> list[str]:
    """The texts of a shot in which a change of this name can stand."""
    fields = FIELDS.get(what, (what,))
    found = [str(v) for (field, entity), v in sheet.items() if field in fields and entity in (of, "")]
    if not of or what == "new shot":
        found = [str(v) for (field, _), v in sheet.items() if field in fields]
    known = any(entity == of for _, entity in sheet)
    return found if known or not of else [str(v) for (field, _), v in sheet.items() if field in fields]


def _means(what: str, text: str, sign: str) -> bool:
    """Whether a value says a sign, in its own words or in another language's word for the same picture."""
    if what in ("dialogue", "caption"):
        return " ".join(text.split()).strip() == " ".join(sign.split()).strip()
    if says(text, sign):
        return True
    kind = _GROUNDED.get(what)
    if kind is None:
        return False
    one, other = ({m.word for m in find(kind, t) if m.fit != "near"} for t in (text, sign))
    return bool(one & other)


def _is_staged(change: Change, sheet: Sheet) -> bool:
    """Whether somebody or something is in a shot: by its id, else by one of the names that it may have."""
    of = change.get("of", "")
    if any(field in ("cast", "prop") and entity == of for field, entity in sheet):
        return True
    names = [sign for sign in change["becomes"] if isinstance(sign, str) and sign not in GONE] or [of]
    bodies = [str(v) for (field, entity), v in sheet.items() if field in ("name", "kind") and entity]
    return any(says(body, name) for body in bodies for name in names)


def _has_moved(of: str, before: Sheet, after: Sheet) -> bool:
    return before.get(("position", of)) != after.get(("position", of))


def _length(sheet: Sheet) -> float:
    return float(sheet.get(("duration", ""), 0.0))


def _is_as_long(bound: Any, before: Sheet, after: Sheet) -> bool:
    now = _length(after)
    if not isinstance(bound, Mapping):
        return False
    if "more" in bound or "less" in bound:
        return now > _length(before) if bound.get("more") else now < _length(before)
    return float(bound.get("at_least", 0.0)) - _LENGTH <= now <= float(bound.get("at_most", 7200.0)) + _LENGTH


def _is_restructured(change: Change, versions: Versions) -> bool:
    what, where, order = change["what"], change["where"], list(versions.after)
    if what == "new shot":
        shots = versions.shots(where)
        texts = _values(what, "", versions.after[shots[0]]) if shots else []
        return any(says(text, sign) for text in texts for sign in change["becomes"])
    if what == "remove shot":
        return not set(where) & set(order)
    if what == "split shot":
        texts = [text for i in versions.new for text in _values(what, "", versions.after[i])]
        return any(says(text, sign) for text in texts for sign in change["becomes"])
    if what == "merge shots":
        return _is_one_take(where, versions)
    side, anchor = next(iter(change["becomes"][0].items()))
    if anchor not in order or not set(where) <= set(order):
        return False
    at = order.index(anchor)
    return order[at - len(where) : at] == list(where) if side == "before" else order[at + 1 :][: len(where)] == where


def _is_one_take(where: Sequence[str], versions: Versions) -> bool:
    """Whether of some shots one is left, or each goes on from the one before."""
    left = [i for i in where if i in versions.after]
    joined = {s.id for _, s in versions.story.shots if s.continues or s.transition == "continue"}
    return len(left) == 1 or (len(left) == len(where) and set(left[1:]) <= joined)


def disturbed(stays: Iterable[Change], versions: Versions) -> list[Change]:
    """What should have stayed as it is and did not."""
    return [stay for stay in stays if not _stays(stay, versions)]


def _stays(stay: Change, versions: Versions) -> bool:
    what, of = stay["what"], stay.get("of", "")
    where = list(versions.before) if stay["where"] == ["film"] else [i for i in stay["where"] if i in versions.before]
    for shot in where:
        if shot not in versions.after:
            return False
        different = changed(versions.before[shot], versions.after[shot])
        if what == "everything" and different:
            return False
        fields = {what, *({"position"} if what == "direction" else {"action"} if what == "carries" else ())}
        if any(field in fields and (not of or entity == of) for field, entity in different):
            return False
    return True


def beside(changes: Sequence[Change], versions: Versions) -> list[tuple[str, Key]]:
    """What changed without being expected and without following from what was: (shot, field)."""
    allowed = {i: _allowed(i, changes, versions) for i in versions.after}
    found = [
        (shot, key)
        for shot, sheet in versions.after.items()
        if shot in versions.before
        for key in sorted(changed(versions.before[shot], sheet))
        if key[0] not in allowed[shot]
    ]
    return [*found, *_restructured(changes, versions)]


def _restructured(changes: Sequence[Change], versions: Versions) -> list[tuple[str, Key]]:
    """Shots that came, went or moved without being expected to."""
    what = {change["what"] for change in changes}
    coming = {i for c in changes if isinstance(c["where"], Mapping) for i in versions.shots(c["where"])}
    coming |= set(versions.new) if "split shot" in what else set()
    going = {i for c in changes if c["what"] in ("merge shots", "remove shot") for i in c["where"]}
    gone = {i for i in versions.before if i not in versions.after}
    kept = ([i for i in versions.before if i not in gone], [i for i in versions.after if i not in versions.new])
    moved = ["film"] if kept[0] != kept[1] and "move shot" not in what else []
    return [(i, ("shot", "")) for i in (*sorted({*versions.new} - coming), *sorted(gone - going), *moved)]


def _allowed(shot: str, changes: Sequence[Change], versions: Versions) -> frozenset[str]:
    found: set[str] = set()
    for change in changes:
        if shot in versions.shots(change["where"]):
            what = change["what"]
            found |= {what, *FIELDS.get(what, ()), *FOLLOWS.get(what, ()), *_ALWAYS}
            found |= (
                _REMADE if what in ("merge shots", "split shot") else {"transition"} if what == "move shot" else set()
            )
    return frozenset(found)
