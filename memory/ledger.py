"""The continuity ledger: what the plan says must hold, and apart from it what review saw on the pixels."""

from __future__ import annotations

import json

from sqlalchemy import select

from memory import queries
from memory.convert import from_orm
from memory.database import Database
from memory.rows import Contradiction, FactKind, FactRow, Measure, StoreError
from memory.schema import FactRecord

_Slot = tuple[str, str]


class Ledger:
    """Facts by shot, of the version and the takes in force; film order is that of the current story.

    They are written by :class:`memory.unit.Unit`.
    """

    def __init__(self, database: Database, production: int) -> None:
        self._database = database
        self._production = production

    def facts(self, kind: FactKind) -> list[FactRow]:
        """All facts about shots of the current story, in film order; those of removed shots are left out."""
        place = self._places()
        with self._database.read() as session:
            now = queries.production(session, self._production)
            force = queries.accepted(session, self._production, now.rendition)
            query = select(FactRecord).filter_by(production=self._production, kind=kind).order_by(FactRecord.id)
            rows = (row for row in session.scalars(query) if row.shot in place)
            known = [from_orm(FactRow, row) for row in rows if row.basis in (str(now.version), force.get(row.shot))]
        return sorted(known, key=lambda fact: place[fact.shot])

    def at(self, kind: FactKind, shot: str) -> list[FactRow]:
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
        with self._database.read() as session:
            row = queries.story(session, self._production)
            story = json.loads(row.body) if row else {}
        shots = (shot["id"] for scene in story.get("scenes", ()) for shot in scene.get("shots", ()))
        return {shot: index for index, shot in enumerate(shots)}


def _in_force(facts: list[FactRow], place: dict[str, int], shot: str) -> dict[_Slot, FactRow]:
    """The last fact of each slot at ``shot``; ``facts`` are in film order."""
    now = place[shot]
    force: dict[_Slot, FactRow] = {}
    for fact in facts:
        if place[fact.shot] <= now:
            force[fact.entity, fact.attribute] = fact
    # An ``until`` whose shot was removed from the story binds nothing any more.
    return {slot: fact for slot, fact in force.items() if now < place.get(fact.until or "", now + 1)}
