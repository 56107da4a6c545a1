"""The continuity ledger: what the plan says must hold, and apart from it what review saw on the pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import delete, select

from memory.convert import from_orm, values_of
from memory.database import Database
from memory.rows import Contradiction, FactRow, Kind, Measure, StoreError
from memory.schema import Fact

_Slot = tuple[str, str]


class Ledger:
    """Facts by shot. Film order is read from the current story, so a reordered film needs no rewrite."""

    def __init__(self, database: Database, shots: Callable[[], list[str]]) -> None:
        self._database = database
        self._shots = shots

    def plan(self, facts: Iterable[FactRow]) -> None:
        """Replace everything that is planned. Raises StoreError when a slot is planned twice in one shot."""
        with self._database.write() as session:
            session.execute(delete(Fact).where(Fact.kind == "planned"))
            session.add_all(Fact(kind="planned", **values_of(fact)) for fact in facts)

    def see(self, facts: Iterable[FactRow], shots: Iterable[str] = ()) -> None:
        """Replace what was seen in the shots of ``facts``, and in ``shots``, of which nothing may be left."""
        seen = list(facts)
        with self._database.write() as session:
            old = {fact.shot for fact in seen} | set(shots)
            session.execute(delete(Fact).where(Fact.kind == "seen", Fact.shot.in_(old)))
            session.add_all(Fact(kind="seen", **values_of(fact)) for fact in seen)

    def facts(self, kind: Kind) -> list[FactRow]:
        """All facts about shots of the current story, in film order; those of removed shots are left out."""
        place = self._places()
        with self._database.read() as session:
            rows = session.scalars(select(Fact).where(Fact.kind == kind).order_by(Fact.id))
            known = [from_orm(FactRow, row) for row in rows if row.shot in place]
        return sorted(known, key=lambda fact: place[fact.shot])

    def at(self, kind: Kind, shot: str) -> list[FactRow]:
        """The facts in force in a shot, one for each entity and attribute, in order of these names.

        Raises StoreError when the current story has no such shot.
        """
        place = self._places()
        if shot not in place:
            raise StoreError(f"the story has no shot {shot!r}")
        force = _in_force(self.facts(kind), place, shot)
        return [force[slot] for slot in sorted(force)]

    def contradictions(self) -> list[Contradiction]:
        """Seen facts that differ from the planned ones in force in their shot, in film order."""
        return [
            Contradiction(seen.entity, seen.attribute, planned.value, seen.value, seen.shot, seen.evidence)
            for planned, seen in self._pairs()
            if planned and planned.value and seen.value and planned.value != seen.value
        ]

    def agreement(self) -> Measure:
        """The share of seen facts that agree with the plan, of those that could be compared.

        Failed: looked and could not tell. Skipped: seen, but nothing was planned.
        """
        pairs = self._pairs()
        asked = [(planned.value, seen.value) for planned, seen in pairs if planned and planned.value]
        told = [planned == seen for planned, seen in asked if seen]
        share = sum(told) / len(told) if told else None
        return Measure(share, len(told), n_failed=len(asked) - len(told), n_skipped=len(pairs) - len(asked))

    def _pairs(self) -> list[tuple[FactRow | None, FactRow]]:
        place, planned = self._places(), self.facts("planned")
        force = {shot: _in_force(planned, place, shot) for shot in place}
        seen = self.facts("seen")
        return [(force[fact.shot].get((fact.entity, fact.attribute)), fact) for fact in seen]

    def _places(self) -> dict[str, int]:
        return {shot: index for index, shot in enumerate(self._shots())}


def _in_force(facts: list[FactRow], place: dict[str, int], shot: str) -> dict[_Slot, FactRow]:
    """The last fact of each slot at ``shot``; ``facts`` are in film order."""
    now = place[shot]
    force: dict[_Slot, FactRow] = {}
    for fact in facts:
        if place[fact.shot] <= now:
            force[fact.entity, fact.attribute] = fact
    # An ``until`` whose shot was removed from the story binds nothing any more.
    return {slot: fact for slot, fact in force.items() if now < place.get(fact.until or "", now + 1)}
