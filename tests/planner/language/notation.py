"""Short notes of what a sentence says, compared with what a parser found; the files of sentences explain them.

'fox | open | door | with key, to bear, =X | not past @before' is a clause, 'fox: red, #2, with hat, ~Pip, 's Anna' a
phrase.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from planner.language.document import Clause, Document, Phrase

FLAGS = ("negated", "order", "passive", "past")
_SHORT = {"not": "negated"}


def sentences(name: str) -> list[tuple[str, list[str]]]:
    """The sentences of a file beside this one, each with its notes."""
    rows = yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return [pair for row in rows for pair in row.items()]


def faults(document: Document, notes: list[str]) -> list[str]:
    """What of the notes is not in the document, and which verbs are in the document alone."""
    clauses = [note for note in notes if "|" in note]
    wrong = [fault for note in clauses for fault in _clause_faults(document, note)]
    wrong += [fault for note in notes if "|" not in note for fault in _phrase_faults(document, note)]
    said = [_cells(note)[1] for note in clauses]
    return wrong + [f"no such verb: {c.verb.lemma}" for c in document.clauses if c.verb.lemma not in said]


def _cells(note: str) -> list[str]:
    cells = [cell.strip() for cell in note.split("|")]
    return [*cells, *[""] * (5 - len(cells))]


def _clause_faults(document: Document, note: str) -> list[str]:
    verb = _cells(note)[1]
    found = [_differences(document, clause, note) for clause in document.clauses if clause.verb.lemma == verb]
    return min(found, key=len, default=[f"missing: {note}"])


def _differences(document: Document, clause: Clause, note: str) -> list[str]:
    who, verb, whom, hung, flags = _cells(note)
    expected = {_SHORT.get(flag, flag) for flag in flags.split()}
    has = {flag for flag in FLAGS if getattr(clause, flag)}
    has -= {"past"} - expected
    found = {
        "who": (set(who.split()), _heads(document, clause.subjects)),
        "whom": (set(whom.split()), _heads(document, clause.objects)),
        "flags": (expected, has),
    }
    if any(flag.startswith("@") for flag in expected):
        found["flags"] = (expected, has | {f"@{clause.marker.replace(' ', '-')}"} if clause.marker else has)
    wrong = [f"{verb}: {name} {sorted(b)}, not {sorted(a)}" for name, (a, b) in found.items() if a != b]
    missing = [item for item in hung.split(", ") if item and item not in set(_hung(document, clause))]
    return wrong + [f"{verb}: no {item!r}, but {sorted(set(_hung(document, clause)))}" for item in missing]


def _hung(document: Document, clause: Clause) -> Iterator[str]:
    yield from (f"{a.by} {document.phrases[a.phrase].head.text}".strip() for a in clause.attached)
    yield from (f"to {name}" for name in _heads(document, clause.receivers))
    yield from (f"={name}" for name in _heads(document, clause.complements))
    yield f"={clause.complement}"


def _phrase_faults(document: Document, note: str) -> list[str]:
    head, _, items = note.partition(": ")
    found = [
        [f"{head}: no {item!r}, but {sorted(has)}" for item in items.split(", ") if item not in has]
        for phrase in document.phrases
        if phrase.head.text == head and (has := set(_said_of(document, phrase)))
    ]
    return min(found, key=len, default=[f"no phrase {head}"])


def _said_of(document: Document, phrase: Phrase) -> Iterator[str]:
    yield from (phrase.determiner, *phrase.adjectives, *(a.lower() for a in phrase.adjectives))
    yield f"#{phrase.count}"
    if phrase.owner is not None:
        yield f"'s {document.phrases[phrase.owner].head.text}"
    if phrase.alias is not None:
        yield f"~{document.phrases[phrase.alias].head.text}"
    yield from (f"{a.by} {document.phrases[a.phrase].head.text}" for a in phrase.attached)


def _heads(document: Document, phrases: tuple[int, ...]) -> set[str]:
    return {document.phrases[i].head.text for i in phrases}
