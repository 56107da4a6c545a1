"""Reading an edit: a sentence, clause by clause, to typed operations. Rules and grounding alone; no model.

A clause is read by what it mentions, not by its syntax: every value that film grammar knows asks for one
operation, the places and people around it say where and on whom, and the verbs whether it comes or goes.
What a clause leaves open is taken from the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from planner.edit.read import frames
from planner.edit.read.clause import ValueChange
from planner.edit.read.clauses import VERBS, EditClause, clauses
from planner.edit.read.corrections import corrected
from planner.edit.read.followup import follows
from planner.edit.read.history import again, taken_back
from planner.edit.read.llm import asked
from planner.edit.read.looks import WITHOUT
from planner.edit.read.mentions import Mention, mentions
from planner.edit.read.reach import runs
from planner.edit.read.replacements import dropped
from planner.edit.read.scope import is_called, scenes_at
from planner.edit.read.spelling import mended
from planner.edit.read.values import GONE, changes
from planner.edit.read.where import is_left, keeps_doing, latest, listed, shared
from planner.edit.read.who import People
from planner.edit.read.words import QUOTE
from planner.film.ground import find
from planner.language.korean import set_apart
from planner.language.text import clean, has_verb
from planner.llm.base import LanguageModel
from planner.story.patch import FILM, Operation, Patch, Protected, Scope, shots_matching
from planner.story.story import Story

#: Fields that a person keeps from then on: they take no place from the clause before.
_LASTING = frozenset({"wardrobe", "colour", "kind", "name", "title", "style"})
#: What may stand beside the shots and scenes that go.
_BESIDE_A_CUT = frozenset(
    {"place", "stage", "remove", "make", "less", "pronoun", "setting", "unwear", "should", "more"}
)
_KEPT = ("mood", "style", "time", "weather", "pace", "light", "camera", "action", "colour")
"""Values that, protected, stand for their field: 'keep the happy ending'."""
_BODIES = frozenset({"who", "thing", "species", "prop"})
NEXT = "this is read as what happens next: a shot at the end"
_LESS = re.compile(r"\b(?:less|tone|dial|ease|lower)\b|덜|줄|낮", re.I)
_INSTEAD = re.compile(r"\b(?:instead|rather|more)\b|대신", re.I)
#: What is said in a request, and not when telling what happens.
_REQUEST = re.compile(
    r"\b(?:i want|i'd|i would|please|could|can|should|let[’']?s?|make|must|get|ought|needs?|would|might|maybe"
    r"|perhaps|what if|how about|give|i think|i wish|too)\b|\?|[줘죠]|주세|으면|자[.!]*$|바[꿔꾸]",
    re.I,
)
#: What may stand before the one of whom something is told.
_SUBJECT = re.compile(
    r"(?:(?:and|then|now|next|later|finally|suddenly|at last|in the end|after that),? )*"
    r"(?:(?:an?|the|some|two|three|his|her|another|this|that)\s+(?:[\w-]+\s+){0,2})?",
    re.I,
)
_PAUSE = re.compile(r"\s*(?:\.{2,}|…)\s*(?=[^\s\"'”’])")
UNREAD = "I could not tell what to change: say, for example, 'make the last scene calmer' or 'let it rain in shot 2'."


def read_mentions(sentence: str, story: Story, past: Sequence[Patch] = (), llm: LanguageModel | None = None) -> Patch:
    """The patch that a sentence asks for. ``past`` are the patches before it, oldest first.

    A language model is asked only about a sentence in which the rules find nothing.
    """
    text, assumptions = mended(_unpaused(set_apart(clean(sentence))), story)
    text = corrected(text, story)
    said = mentions(text, story, leave=("correct",))
    if absent := next((m.text for m in said if m.kind == "place" and not m.scopes), ""):
        return Patch(
            question=f"There is no {absent}: this film has {len(story.scenes)} scenes, {len(story.shots)} shots."
        )
    if written := frames.new_parts(text, said, story):
        return Patch(operations=tuple(written), assumptions=tuple(assumptions))
    if any(m.kind in ("new_shot", "new_scene") for m in said):
        said = mentions(text, story, leave=("correct", "new_shot", "new_scene"))
    reader = EditReader(story, past)
    found = clauses(text, said)
    reader.people.hear(found)
    above: tuple[Scope, ...] = ()
    places: list[tuple[Scope, ...]] = []
    for clause, after in [*zip_longest(found, found[1:])][::-1]:
        above = shared(clause, after, above)
        places.insert(0, above)
    for clause, place in zip(found, places, strict=True):
        reader.clause(clause, place)
    patch = reader.patch(tuple(assumptions))
    if patch.operations or patch.question:
        return patch
    tells = len(found) == 1 and not _REQUEST.search(text)
    told_of = next((m for m in said if m.kind in _BODIES), None)
    if tells and not patch.protected and has_verb(text) and told_of and _SUBJECT.fullmatch(text[: told_of.start]):
        happens = Operation(op="add", scope=Scope(where="ending"), field="shot", value=text, reason=text)
        return patch.model_copy(update={"operations": (happens,), "assumptions": (*patch.assumptions, NEXT)})
    operations, told = asked(text, story, llm) if llm and not patch.protected else ((), "")
    said_so = (*patch.assumptions, told) if told else patch.assumptions
    return patch.model_copy(
        update={"operations": operations, "assumptions": said_so, "question": "" if operations else UNREAD}
    )


def _unpaused(text: str) -> str:
    """A comma for dots that only hesitate; what is quoted keeps its own."""
    quoted = [m.span() for m in QUOTE.finditer(text)]
    return _PAUSE.sub(lambda m: m.group() if any(a <= m.start() < b for a, b in quoted) else ", ", text)


def _inside(places: tuple[Scope, ...], narrower: tuple[Scope, ...], story: Story) -> tuple[Scope, ...]:
    """What of some places is also in others, where those are told and there is any."""
    ids = [{shot.id for s in scopes for _, shot in shots_matching(story, s)} for scopes in (places, narrower)]
    both = ids[0] & ids[1]
    return runs(story, [shot.id for _, shot in story.shots if shot.id in both]) if both < ids[0] and both else places


class EditReader:
    """Remembers, from clause to clause, where and on whom the last one worked and what it did."""

    def __init__(self, story: Story, past: Sequence[Patch]) -> None:
        self.story, self.past = story, past
        self.people = People(story)
        self._operations: list[Operation] = []
        self._protected: list[Protected] = []
        self._complained = False
        """The last clause said what is wrong, and the next may say what to do there."""
        self._begun = 0
        """How many operations there were when the sentence began."""
        self._complaints: list[tuple[Operation, frozenset[str]]] = []
        """What is too much of something, and of whom; a clause that says what to do instead answers it."""
        self._excepted: tuple[Scope, ...] = ()
        """Where the last edit is not to be, if that is all a sentence says."""
        self._question = ""
        self._places: tuple[Scope, ...] = ()
        self._named_last: tuple[Scope, ...] = ()
        """The place that was named last, even if only to be left out."""
        self._bare = False
        """The last place was named alone, for all that follows."""
        self._verb: Mention | None = None

    def patch(self, assumptions: tuple[str, ...]) -> Patch:
        """Everything read so far."""
        changed = {about for o in self._operations for about in (str(o.scope.of(None)), o.field, o.scope.entity)}
        unanswered = [o for o, who in self._complaints if not {str(o.scope.of(None)), o.field, *who} & changed]
        operations = tuple(dict.fromkeys(o for o in (*self._operations, *unanswered) if not self._replaced(o)))
        if not operations and self.past:
            operations = tuple(Operation(op="undo", scope=s, field="all") for s in self._excepted)
        question = "" if operations else self._question
        told = (*assumptions, *self.people.assumptions)
        return Patch(operations=operations[:64], protected=tuple(self._protected), assumptions=told, question=question)

    def _replaced(self, operation: Operation) -> bool:
        """Whether it only takes away what another puts something in the place of."""
        here = [o for o in self._operations if (o.scope, o.field) == (operation.scope, operation.field)]
        instead = [o for o in self._operations if o.field == operation.field and _INSTEAD.search(o.reason)]
        if operation.op == "lower" and not _LESS.search(operation.reason) and any(o.op == "set" for o in here):
            return True
        away = operation.value == WITHOUT.get(operation.field)
        if (
            away
            and operation.scope == FILM
            and any(
                o.scope != FILM and (o.field, o.value) == (operation.field, operation.value) for o in self._operations
            )
        ):
            return True
        return away and any(o.value != operation.value for o in (*here, *(instead if operation.scope == FILM else ())))

    def clause(self, clause: EditClause, shared: tuple[Scope, ...] = ()) -> None:
        """Takes in one clause; ``shared`` is where the next one works, when that speaks for both."""
        if clause.opens:
            self._begun = len(self._operations)
            kept = self._complained or clause.has("pronoun", "there")
            self._places, self._verb = self._places if kept else (), None
        self._complained = clause.complains
        if clause.has("reason", "aside"):
            return
        places = self._where(clause) or shared
        if clause.has("which") and not places:
            places = self._named_last
            self._protected = [p for p in self._protected if p.scope not in places]
        if places in ((), (FILM,)) and clause.has("start", "finish"):
            places = (Scope(where="opening" if clause.has("start") else "ending"),)
        if clause.has("between"):
            places = places[-1:]
        self._named_last = places or self._named_last
        if clause.stays and not keeps_doing(clause):
            self._protected += self._stay(clause, places)
            self._excepted += places if clause.excepts else ()
            self._places = places if clause.excepts and clause.has("who") and places else self._places
            return
        complained = [o for o, _ in self._complaints]
        if follows(clause, places, self._operations, complained, 0 if clause.opens else self._begun):
            return
        found = self._whole(clause, places) or list(self._changes(clause, places))
        if clause.complains or (clause.states and not clause.opens):
            self._complaints += [(o, frozenset(m.value for m in clause.of("who"))) for o in found]
        else:
            self._operations += found
        wearer = next((o.scope.entity for o in found if o.field == "wardrobe" and o.scope.entity), None)
        meant = wearer or next((m.value for m in clause.of("thing")), None)
        if meant and not clause.has("who", "pronoun", "everyone"):
            self.people.note(meant)
        if places:
            self._places, self._bare = places, not found
        own = [m for m in clause.said if m.kind in VERBS - {"less"} and not GONE.fullmatch(m.text)]
        self._verb = own[-1] if own else self._verb

    def _where(self, clause: EditClause) -> tuple[Scope, ...]:
        """The parts of the film that a clause names; of one inside another, the narrower."""
        named = [m for m in clause.said if m.scopes and (m.kind == "place" or self._stands(m, clause))]
        named = [m for m in named if not is_left(m, clause)] or named
        shown = {m: {shot.id for s in m.scopes for _, shot in shots_matching(self.story, s)} for m in named}
        wider = [
            m for m in named
            if any(shown[o] < shown[m] or (shown[o] == shown[m] and o.start < m.start) for o in named if shown[o])
        ]  # fmt: skip
        overlap = set.intersection(*shown.values()) if len(named) == 2 else set()
        if overlap and not wider and any(m.kind == "setting" for m in named):
            return runs(self.story, [shot.id for _, shot in self.story.shots if shot.id in overlap])
        return tuple(
            s for m in named if m not in wider or clause.has("move", "exchange", "transition") for s in m.scopes
        )

    def _stands(self, mention: Mention, clause: EditClause) -> bool:
        """Whether a place of the film says where, and not whereto."""
        return mention.kind == "setting" and not clause.has("move", "stage") and bool(mention.scopes)

    def _whole(self, clause: EditClause, places: tuple[Scope, ...]) -> list[Operation]:
        """What a clause asks for as a whole, with a frame of its own."""
        who = self.people.of(clause, places or self._carried())
        here = list(places or self._carried() or (FILM,))
        if clause.has("undo"):
            return taken_back(clause, places)
        if self.past and (repeated := again(clause, places, self.past, who)):
            return repeated
        return (
            list(frames.names(clause, who))
            or frames.lines(clause, here, who)
            or frames.sides(clause, here, who, self.story)
            or frames.moved_parts(clause, self.story)
            or self._cut_parts(clause, places)
        )

    def _cut_parts(self, clause: EditClause, places: tuple[Scope, ...]) -> list[Operation]:
        """Shots and scenes that go: 'delete shot 5'."""
        other = [m for m in clause.said if m.kind not in _BESIDE_A_CUT]
        cut = (
            clause.has("remove", "unwear") and not other and all(s.where in ("shot", "scene", "shots") for s in places)
        )
        return [
            Operation(op="remove", scope=s, field="scene" if s.where == "scene" else "shot", reason=clause.text)
            for s in (places if cut else ())
        ]

    def _changes(self, clause: EditClause, places: tuple[Scope, ...]) -> Iterator[Operation]:
        people = self.people.of(clause, places or self._carried())
        if self.people.question:
            self._question = self.people.question
        for change in changes(clause, self._verb, people, self.people, self.story):
            undone = self._stopped(clause, change) if change.field == "action" else ()
            here = (
                _inside(places, undone, self.story)
                or undone
                or self._carried(change.field in _LASTING and not (clause.has("there") or self._goes_on(change)))
                or (FILM,)
            )
            if change.field in ("title", "style"):
                here = (FILM,)
            if change.field == "transition":
                here = latest(here, self.story)
            for scope in here:
                absent = clause.has("nobody") and not shots_matching(self.story, scope.of(change.entity))
                if absent or (change.field == "location" and self._is_there(scope, str(change.value))):
                    continue
                yield Operation(
                    op=change.op,
                    scope=scope.of(change.entity),
                    field=change.field,
                    value=change.value,
                    reason=clause.text,
                )

    def _goes_on(self, change: ValueChange) -> bool:
        """Whether the same of the same one was changed just before: 'off with her hat in scene 2 and a scarf on'."""
        last = self._operations[-1] if len(self._operations) > self._begun else None
        return last is not None and (last.field, last.scope.entity) == (change.field, change.entity)

    def _is_there(self, scope: Scope, place: str) -> bool:
        """Whether all of a part is set in a place already."""
        return scope != FILM and all(is_called(self.story, s, place) for s, _ in shots_matching(self.story, scope))

    def _stopped(self, clause: EditClause, change: ValueChange) -> tuple[Scope, ...]:
        """Where somebody does what he is to do no longer: 'rather than dance'."""
        old = {m.value for m in dropped(clause) if m.kind == "action"}
        there = [
            shot.id for _, shot in self.story.shots
            if any(s.entity == change.entity and old & {m.word for m in find("action", s.action)} for s in shot.staging)
        ]  # fmt: skip
        return runs(self.story, there) if old else ()

    def _carried(self, lasting: bool = False) -> tuple[Scope, ...]:
        return () if lasting and not self._bare else self._places

    def _stay(self, clause: EditClause, places: tuple[Scope, ...]) -> Iterator[Protected]:
        """What a clause protects."""
        who: list[str | None] = [*self.people.of(clause)]
        named = [m for m in clause.of("setting") if not m.scopes]
        places += tuple(s for m in named for s in scenes_at(self.story, m.text))
        if places and listed(clause):
            yield from (Protected(scope=scope) for scope in places)
            places = ()
        garments = clause.of("wardrobe")
        things = [m.value for m in clause.of("thing")]
        if garments or things:
            worn = [(w, m) for m in (*garments, *clause.of("thing")) for w in (self.people.wearers(m.text, who) or who)]
            for wearer, mention in worn:
                yield Protected(scope=FILM.of(wearer), field="wardrobe", value=mention.text[:80])
            if worn:
                return
        fields = [m.value for m in clause.of("field")] + [m.kind for m in clause.of(*_KEPT)]
        fields += ["dialogue"] if clause.has("line") else []
        fields += ["title"] if clause.has("rename") else []
        here = places or ((FILM,) if who or things or fields else ())
        for scope in here:
            for entity in who or [*things] or [None]:
                for field in dict.fromkeys(fields or ["all"]):
                    yield Protected(scope=scope.of(entity), field=field)  # type: ignore[arg-type]
