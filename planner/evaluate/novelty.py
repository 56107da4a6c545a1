"""What is on screen without being asked for, what a shot adds to those before it, and phrases of no story.

All are shares of shots. *Stock phrases* are what a director says in any story: :data:`stock.yaml` holds those that the
planner of 2026-12-01 used in the plans of :func:`own_intents`, thirty stories that have nothing in common.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Any

import yaml

from planner.evaluate.evidence import PlanEvidence, ShotEvidence, bodies, looks
from planner.evaluate.lemmas import content, nouns, plain, says
from planner.film.grammar import grammar
from planner.film.ground import find
from planner.story.story import Story

RECURS = 3
"""Unrelated stories in which a phrase must occur to be stock."""
_ASIDE = re.compile(r"\s*\(([^()]*)\)\s*$")
_STEADY = 0.1
"""Relative difference of two lengths that are the same."""


@lru_cache(maxsize=1)
def _stock_file() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(
        resources.files("planner.evaluate").joinpath("stock.yaml").read_text("utf-8")
    )
    return found


def own_intents() -> tuple[str, ...]:
    """Thirty unrelated stories."""
    return tuple(_stock_file()["intents"])


def stock() -> frozenset[str]:
    """The phrases that those stories' plans had in common."""
    return frozenset(_stock_file()["phrases"])


def unasked(text: str, evidence: PlanEvidence) -> list[bool]:
    """Of every shot, whether it shows somebody or something that neither the text nor an invention names.

    That is whoever is staged with none of its names among the nouns of the text, and in the prose whatever film
    grammar knows as somebody or as a prop.
    """
    told = (text, *evidence.inventions)
    named = frozenset(noun for one in told for noun in nouns(one))
    known = _kinds(" ".join(told))
    entities = {e.id: looks(e)[:2] for e in bodies(evidence.story)}
    strange = {i for i, names in entities.items() if not any(_is_named(name, named, text) for name in names)}
    return [
        any(s.entity in strange for s in shot.shot.staging) or bool(_kinds(" ".join(map(_bare, shot.prose))) - known)
        for shot in evidence.shots
    ]


def _is_named(name: str, named: frozenset[str], text: str) -> bool:
    """Whether a noun of the text, or a name that it writes with a capital, is in the name of somebody."""
    return any(says(name, noun) for noun in named) or (name[:1].isupper() and name in text)


def _kinds(text: str) -> frozenset[str]:
    """Everybody, everything and every place that film grammar knows and a text names, synonyms being one."""
    kinds = ("species", "prop", "setting")
    return frozenset(f"{kind}: {m.word}" for kind in kinds for m in find(kind, text) if m.fit != "near")


def news(evidence: PlanEvidence) -> list[bool]:
    """Of every shot, whether it brings something that no earlier shot of its scene had.

    That is a content word of its prose or caption, a line, or an action of somebody; not a word of film grammar, not a
    stock phrase, and not the sentence of an earlier shot seen from elsewhere, whatever its aside says.
    """
    shown: dict[str, set[object]] = {}
    found = []
    for shot in evidence.shots:
        before = shown.setdefault(shot.scene.id, set())
        brought = _brought(shot, evidence.story)
        found.append(not brought <= before)
        before |= brought
    return found


def _brought(shot: ShotEvidence, story: Story) -> frozenset[object]:
    used = stock()
    told = [text for text in map(_bare, shot.prose) if shape(text, story) not in used]
    words = {w for text in (*told, shot.shot.caption) for w in content(text) if w not in _film_words()}
    actions = {(s.entity, a) for s in shot.shot.staging if (a := shape(s.action, story)) and a not in used}
    lines = {(line.speaker, line.text) for line in shot.shot.dialogue}
    return frozenset((*words, *actions, *lines))


@lru_cache(maxsize=1)
def _film_words() -> frozenset[str]:
    """Words of how a picture is taken, which add nothing to what it shows."""
    kinds = ("size", "camera", "angle", "transition")
    known = (word for kind in kinds for words in grammar().words.get(kind, {}) for word in words.split())
    return frozenset((*known, "shot", "camera", "frame", "picture", "close-up"))


def _bare(text: str) -> str:
    """A description without its aside: 'She waits. (the face)'."""
    return _ASIDE.sub("", text)


def varied(story: Story) -> list[bool]:
    """Of every shot but the first, whether it is longer or shorter than the one before it by a tenth."""
    lengths = [shot.duration for _, shot in story.shots]
    return [abs(b - a) > _STEADY * a for a, b in pairwise(lengths)]


def phrases(shot: ShotEvidence, story: Story) -> Iterator[str]:
    """The sentences, asides and actions of a shot, with '_' for everybody, everything and every place of its story."""
    for text in shot.prose:
        if aside := _ASIDE.search(text):
            yield shape(aside[1], story)
        yield from (shape(s, story) for s in re.split(r"(?<=[.!?])\s+", _bare(text)))
    yield from (shape(s.action, story) for s in shot.shot.staging if s.action)


def shape(text: str, story: Story) -> str:
    """A phrase without what is its story's own."""
    return _shape(text, tuple(_names(story)))


@lru_cache(maxsize=50_000)
def _shape(text: str, names: tuple[str, ...]) -> str:
    text = plain(text).lower().strip(" .!?")
    for name in names:
        text = re.sub(rf"\b(?:the |an? )?{re.escape(name)}(?:'s|s)?\b", "_", text)
    return " ".join(text.split())


def _names(story: Story) -> list[str]:
    pairs = [(e.name, e.kind) for e in bodies(story)] + [(p.name, p.kind) for p in story.locations]
    return sorted({plain(n).lower() for pair in pairs for n in pair}, key=lambda n: (-len(n), n))


def recurring(plans: Iterable[PlanEvidence], least: int = RECURS) -> frozenset[str]:
    """The phrases that at least so many of some unrelated plans have in common."""
    count: Counter[str] = Counter()
    for evidence in plans:
        count.update({phrase for shot in evidence.shots for phrase in phrases(shot, evidence.story)})
    return frozenset(phrase for phrase, n in count.items() if n >= least and phrase.strip("_ "))


def stale(evidence: PlanEvidence, known: frozenset[str]) -> list[bool]:
    """Of every shot, whether it has a sentence or an aside that is one of some phrases.

    An action alone ('stands') is none: it only says what a body does meanwhile.
    """
    return [any(phrase in known for phrase in phrases(_unstaged(shot), evidence.story)) for shot in evidence.shots]


def _unstaged(shot: ShotEvidence) -> ShotEvidence:
    return shot._replace(shot=shot.shot.model_copy(update={"staging": ()}))
