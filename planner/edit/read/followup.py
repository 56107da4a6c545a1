"""Clauses that only speak of what another has just brought: 'Give Bruno a hat. Make it yellow.'"""

from __future__ import annotations

from collections.abc import Sequence

from planner.edit.read.clauses import EditClause
from planner.story.patch import Operation, Scope


def follows(
    clause: EditClause,
    places: tuple[Scope, ...],
    operations: list[Operation],
    complaints: Sequence[Operation],
    begun: int,
) -> bool:
    """Whether a clause only changes what was asked for before; ``operations`` is then changed in place.

    ``begun`` is how many operations there were when the sentence began.
    """
    return (
        _recoloured(clause, operations)
        or _placed(clause, places, operations)
        or _repeated(clause, places, operations, begun)
        or _taken(clause, operations, complaints)
        or _passed_on(clause, operations)
    )


def _recoloured(clause: EditClause, operations: list[Operation]) -> bool:
    """'Give Bruno a hat. Make it yellow.': whether a clause gives what just came its colour."""
    last = operations[-1] if operations else None
    colours = clause.of("colour")
    other = clause.has("who", "thing", "wardrobe", "species", "prop", "quote", "place")
    bare = not clause.opens and all(m.kind == "colour" for m in clause.said)
    if not colours or other or last is None or last.op != "add" or last.field not in ("wardrobe", "prop", "cast"):
        return False
    if last.value is None or not (bare or any(m.value == "it" for m in clause.of("pronoun"))):
        return False
    operations[-1] = last.model_copy(update={"value": f"{colours[0].value} {last.value}"})
    return True


def _placed(clause: EditClause, places: tuple[Scope, ...], operations: list[Operation]) -> bool:
    """'More penguins: put one at the beach.': whether a clause says where that goes which just came."""
    last = operations[-1] if operations else None
    plain = all(m.kind in ("add", "move", "one", "pronoun", "place", "setting", "should") for m in clause.said)
    if not (plain and clause.has("one", "pronoun") and len(places) == 1 and last and last.value):
        return False
    if last.op != "add" or last.field not in ("cast", "prop"):
        return False
    operations[-1] = last.model_copy(update={"scope": places[0]})
    return True


def _taken(clause: EditClause, operations: list[Operation], complaints: Sequence[Operation]) -> bool:
    """'What's with the backpack? Lose it.': whether a clause takes off what was spoken of last."""
    plain = all(m.kind in ("remove", "unwear", "pronoun", "should", "make") for m in clause.said)
    last = next(iter(complaints[-1:] or operations[-1:]), None)
    if not (plain and clause.has("remove", "unwear") and any(m.value == "it" for m in clause.of("pronoun"))):
        return False
    if last is None or last.field != "wardrobe" or last.op != "remove":
        return False
    operations.append(last)
    return True


def _passed_on(clause: EditClause, operations: list[Operation]) -> bool:
    """'여우 목도리 벗기고 유령한테 둘러줘': whether a clause gives somebody what another took off."""
    last = operations[-1] if operations else None
    other = clause.has("wardrobe", "thing", "species", "colour")
    if last is None or other or (last.op, last.field) != ("remove", "wardrobe") or not clause.has("wear", "add"):
        return False
    new = [m.value for m in clause.of("who") if m.value != last.scope.entity]
    operations += [last.model_copy(update={"op": "add", "scope": last.scope.of(i)}) for i in new]
    return bool(new)


def _repeated(clause: EditClause, places: tuple[Scope, ...], operations: list[Operation], begun: int) -> bool:
    """'Night, rain: do that in shots 6 and 7', 'the same for shot 3': whether a clause only says where else."""
    said = operations[begun:]
    if not (clause.has("do_that", "same") and places and said):
        return False
    if all(o.scope.where == "film" for o in said):
        del operations[-len(said) :]
    operations += [o.model_copy(update={"scope": s.of(o.scope.entity)}) for o in said for s in places]
    return True
