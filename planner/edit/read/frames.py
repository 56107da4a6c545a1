"""Requests with a frame of their own: new and moved shots, titles, names, lines, captions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from planner.edit.read.clauses import EditClause
from planner.edit.read.mentions import Mention
from planner.film.ground import find
from planner.story.patch import FILM, Aspect, Op, Operation, Scope, shots_matching
from planner.story.story import Story

_ADDS = re.compile(
    "add|insert|includ|introduc|append|squeeze|slip|slot|wedge|sneak|pop|splice|tuck|work|cut|need|throw|put|there|show|come|goes"
    "|follow|추가|넣|삽입|더해|끼|붙|보태",
    re.I,
)
_TOLD = re.compile(r"\s+(?:of|where|in which|with|showing|that shows?|after|before)\b", re.I)
_LEAD = re.compile(r"^[\s,:·]*(?:(?:of|where|in which|with|that shows?|showing|when|as)\b\s*)?", re.I)
_NAMED = re.compile(
    r"(?:\b(?i:go(?:es)? by(?: the name(?: of)?)?|known as|dubbed|christen(?:ed)?|answers? to"
    r"|called|call(?: (?:it|him|her|the \w+|(?-i:[A-Z])\w+))?|named?|rename(?:d)?|titled?|title"
    r"|name)\b[^A-Z]*?"
    r"(?:\b(?:should (?:be|read)|is|to|as|into|:)\s+)?)(?P<name>[A-Z][^.!?\"]*)"
)
_KOREAN_NAMED = re.compile(
    r"(?:이름|제목)(?:을|은|를|는)? ?(?:이제(?:부터)? )?(?P<name>.+?)"
    r"(?:(?:으로|로|이라고|라고)\s?(?:바꿔|바꾸|하|해|변경|지어|불러|가자)|(?:이야|야|이에요|예요|입니다)[.! ]*$)"
)
_PLACES = re.compile(r"\b(?:places|positions|sides|seats|around)\b|자리|위치", re.I)
_ORDERING = {"place", "after", "before", "make", "should", "stage", "more", "field"}
_INSERTS = re.compile("add|insert|includ|introduc|append|squeeze|slip|slot|wedge|sneak|splice|drop|stick", re.I)
_MARKS = ("after", "before", "between")
MIDDLE = 0.5
#: Where a part goes that is put first or last.
_EDGES = re.compile(
    r"\b(?:(?P<first>first)|last|to the (?:very )?end)\s*[.!]?$|(?:맨|제일|가장) ?(?P<korean>앞|처음|뒤|끝|마지막)",
    re.I,
)


def new_parts(text: str, said: list[Mention], story: Story) -> list[Operation]:
    """A shot or scene that is to be written: 'add a close-up of the hat after shot 6'."""
    new = next((m for m in said if m.kind in ("new_shot", "new_scene")), None)
    starts, finishes = (any(m.kind == kind for m in said) for kind in ("start", "finish"))
    added = any(m.kind == "add" and (_ADDS.match(m.text) or _TOLD.match(text[new.end :])) for m in said if new)
    if new is None and (starts or finishes):
        return _edge_shot(text, said, starts)
    if new is None or not (starts or finishes or added):
        return []
    if not (starts or finishes) and _frames(text, said, new):
        return []
    field: Aspect = "shot" if new.kind == "new_shot" else "scene"
    anchor, taken = _anchor(text, said, story, starts, finishes)
    told = "".join(c for i, c in enumerate(text) if not any(m.start <= i < m.end for m in taken))
    at = new.start - sum(min(m.end, new.start) - m.start for m in taken if m.start < new.start)
    content = told[at + (len(new.text) if field == "scene" else 0) :]
    if re.search("[가-힣]", new.text):
        content = told[:at]
    words = _LEAD.sub("", content).strip(" .,!?") or new.text
    words = re.sub(r"^(?:an?|another|one more|a new|an extra)\s+(?:(?:shot|view)s? of\s+)?", "", words, flags=re.I)
    words = re.sub(r"\s{2,}", " ", re.sub(r"\s*,\s*,?\s*$", "", words)).strip()
    return [Operation(op="add", scope=anchor, field=field, value=words, reason=text)]


def _frames(text: str, said: list[Mention], new: Mention) -> bool:
    """Whether a shot is only to be of another size: 'give me a long shot of the beach in shot 6'."""
    place = next((m for m in said if m.kind == "place" and m.scopes and m.scopes[0].where == "shot"), None)
    inside = place and re.search(r"\b(?:in|for)\s+(?:the\s+)?$", text[: place.start])
    explicit = any(m.kind == "add" and _INSERTS.match(m.text) for m in said) or any(m.kind in _MARKS for m in said)
    return bool(inside) and not explicit and bool(find("size", new.text))


def _edge_shot(text: str, said: list[Mention], starts: bool) -> list[Operation]:
    """'Start the film with Ann asleep': a shot of what somebody does."""
    mark = next(m for m in said if m.kind in ("start", "finish"))
    after = [m for m in said if m.start >= mark.end]
    deed = any(m.kind == "action" for m in after) and any(m.kind in ("who", "species") for m in after)
    scope = Scope(where="opening" if starts else "ending")
    words = text[mark.end :].strip(" .,!?")
    return [Operation(op="add", scope=scope, field="shot", value=words, reason=text)] if deed else []


def _anchor(text: str, said: list[Mention], story: Story, starts: bool, finishes: bool) -> tuple[Scope, list[Mention]]:
    """The place that the new part follows, and the words that say so."""
    if starts:
        return Scope(where="opening"), []
    for mark, place in pairwise(said):
        if place.scopes and mark.kind == "between":
            return place.scopes[0], [mark, place]
        if mark.scopes and place.kind == "between" and re.search("[가-힣]", place.text):
            return mark.scopes[0], [mark, place]
        if mark.kind in ("after", "before") and place.scopes:
            shots = [s for _, s in shots_matching(story, place.scopes[-1])]
            scope = place.scopes[-1]
            return (scope if mark.kind == "after" else _ahead(story, scope), [mark, place]) if shots else (scope, [])
        if place.kind in ("after", "before") and mark.scopes and re.search("[가-힣]", place.text):
            return (mark.scopes[-1] if place.kind == "after" else _ahead(story, mark.scopes[-1])), [mark, place]
    named = next((m for m in said if m.kind == "place" and m.scopes and m.scopes[0] != FILM), None)
    if named and not finishes:
        return named.scopes[0], [named]
    return Scope(where="ending"), []


def _ahead(story: Story, scope: Scope) -> Scope:
    """What comes right before a place: a part that is to come before it follows this one."""
    if scope.where == "scene":
        ids = [scene.id for scene in story.scenes]
        at = ids.index(scope.id)
        return Scope(where="scene", id=ids[at - 1]) if at else Scope(where="opening")
    first = shots_matching(story, scope)[0][1].id
    shots = [shot.id for _, shot in story.shots]
    at = shots.index(first)
    return Scope(where="shot", id=shots[at - 1]) if at else Scope(where="opening")


def moved_parts(clause: EditClause, story: Story) -> list[Operation]:
    """Shots and scenes in another order: 'swap shots 4 and 5', 'put shot 6 after shot 3'."""
    scopes = [s for m in clause.of("place") for s in m.scopes]
    edge = _EDGES.search(clause.text) if len(scopes) == 1 else None
    if edge:
        scopes.append(Scope(where="opening" if edge["first"] or edge["korean"] in ("앞", "처음") else "ending"))
    if len(scopes) != 2 or scopes[0].where not in ("shot", "scene"):
        return []
    field: Aspect = "shot" if scopes[0].where == "shot" else "scene"
    if clause.has("exchange", "replace") and scopes[0].where == scopes[1].where:
        return [Operation(op="swap", scope=scopes[0], field=field, value=str(scopes[1]), reason=clause.text)]
    plain = clause.has("after", "before") and {m.kind for m in clause.said} <= _ORDERING
    if clause.has("who", "thing", "setting", "species", "prop", "left", "right"):
        return []
    if not (plain or clause.has("move", "add")):
        return []
    behind = _ahead(story, scopes[1]) if clause.has("before") and not edge else scopes[1]
    return [Operation(op="move", scope=scopes[0], field=field, value=str(behind), reason=clause.text)]


def sides(clause: EditClause, scopes: list[Scope], who: list[str], story: Story) -> list[Operation]:
    """Two who change places: each goes to the side where the other stands."""
    if not (clause.has("exchange", "replace") and len(who) == 2) or not _PLACES.search(clause.text):
        return []
    found = []
    for scope in scopes:
        for one, other in (who, who[::-1]):
            stands = [s.x for _, shot in shots_matching(story, scope) for s in shot.staging if s.entity == other]
            side = "left" if stands and stands[0] < MIDDLE else "right"
            found.append(Operation(op="set", scope=scope.of(one), field="position", value=side, reason=clause.text))
    return found


def lines(clause: EditClause, scopes: list[Scope], who: list[str]) -> list[Operation]:
    """What is said or shown as text."""
    quote = next((m.value for m in clause.of("quote")), None)
    speaks = clause.has("line", "hide_line", "say") or bool(quote and who and not clause.has("rename", "undo"))
    takes_away = quote is None and clause.has("remove", "nobody", "unwear", "protect")
    field: Aspect = "dialogue"
    speakers: list[str | None] = [*who[:1]] or [None]
    if clause.has("caption") and not (clause.has("say") and who):
        field, speakers = "caption", [None]
    adds = any(m.text.lower() != "with" for m in clause.of("add"))
    instead = bool(re.search(r"\binstead\b|대신", clause.text, re.I))
    changes = field == "caption" or instead or (clause.has("line") and not adds)
    op: Op = "set" if changes else "add"
    if takes_away and (speaks or field == "caption"):
        op, speakers = "remove", [None] if clause.has("everyone") else [*who] or [None]
    elif quote is None or not (speaks or field == "caption"):
        return []
    return [
        Operation(op=op, scope=s.of(i), field=field, value=quote, reason=clause.text) for s in scopes for i in speakers
    ]


def names(clause: EditClause, who: list[str]) -> Iterator[Operation]:
    """A new title, or a new name for somebody."""
    if not clause.has("rename"):
        return
    quote = next(iter(clause.of("quote")), None)
    found = _NAMED.search(clause.text) or _KOREAN_NAMED.search(clause.text)
    name = quote.value if quote else found["name"].strip(" '’,") if found else ""
    if not quote and who and " to " in name:
        name = name.rsplit(" to ", 1)[1]
    name = re.sub(r"\s+(?:now|please|instead|from now on|and|but|then)$", "", name.strip())
    if name and not (who and name.lower() in who):
        titled = any(w in clause.text.lower() for w in ("title", "film", "movie", "제목")) or not who
        scope = FILM if titled else FILM.of(who[0])
        yield Operation(
            op="set", scope=scope, field="title" if titled else "name", value=name[:120], reason=clause.text
        )
