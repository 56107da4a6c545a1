"""A sentence read from its grammar: who is to do or wear what, what goes, what something becomes, and where.

A clause asks for one thing. Its verb says what sort of thing it is; a verb that is in no list says what somebody does.
Values stay in the words of the sentence. What cannot be resolved becomes the question of the patch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from planner.edit.read.coverage import doubt, listed, tables, uncovered
from planner.edit.read.moments import Moments, tokens
from planner.edit.read.reach import runs
from planner.edit.read.whereabouts import PlaceReader, Whereabouts
from planner.film.ground import find
from planner.language.analysis import analyse
from planner.language.document import Clause, Document, Phrase, Span, Word
from planner.language.english import third_person
from planner.story.patch import FILM, Aspect, Op, Operation, Patch, PatchValue, Scope
from planner.story.story import Story

_LASTING = frozenset({"wardrobe", "features", "colour", "kind", "name"})
_INSTEAD = re.compile(r"\s*,?\s*\b(?:instead(?! of)|rather(?! than)|now|please|too|as well|just|again)\b", re.I)
_GIVES_WAY = re.compile(r"\b(?:instead of|rather than|not)\b|대신|말고|아니라", re.I)
_POSSESSIVE = {"her": "she", "his": "he", "their": "they", "its": "it", "him": "he", "them": "they", "she": "she",
               "he": "he", "they": "they", "it": "it", "그녀": "she", "그": "he"}  # fmt: skip


class _Doubt(Exception):
    """Something that cannot be told; the message is the question."""


class Grammatical:
    """Reads one sentence."""

    def __init__(self, text: str, story: Story, at: str = "") -> None:
        self.document: Document = analyse(text)
        self.story, self.at = story, at
        self.moments = Moments(story)
        self.places = PlaceReader(self.document, self.moments)
        self.operations: list[Operation] = []
        self.spans: list[Span] = []
        self.named: list[str] = []

    def patch(self) -> Patch:
        """What the sentence asks for; a question where a part of it was not understood."""
        try:
            for number, clause in enumerate(self.document.clauses):
                if self._asks(number, clause):
                    self._read(number, clause)
            if not self.document.clauses and self.document.words:
                self._without_verb()
        except _Doubt as question:
            return Patch(question=str(question))
        left = [w for w in uncovered(self.document, self.spans) if w.lemma not in listed("parts")]
        if left or not self.operations:
            return Patch(question=doubt(left, self.operations, self.story) if left else "")
        return Patch(operations=tuple(dict.fromkeys(self.operations)))

    def _asks(self, number: int, clause: Clause) -> bool:
        """Whether a clause asks for something of its own: no circumstance, description, or verb of wishing."""
        if clause.link in ("relative", "when", "said") or _GIVES_WAY.match(self.document.at(clause.span)):
            return False
        if clause.marker in ("before", "after", "until", "than", "when", "once", "while", "as", "because", "so"):
            return False
        return not (self._is(clause, "cause") and any(c.link == "inner" for c in self._below(number)))

    def _below(self, number: int) -> Iterator[Clause]:
        return (self.document.clauses[i] for i in self.document.hanging(number))

    def _is(self, clause: Clause, sort: str) -> bool:
        return clause.verb.lemma in listed("verbs", sort)

    # who and where -----------------------------------------------------------------------------------------------

    def _where(self, leave: Span | None = None) -> Whereabouts:
        """Where all of the sentence holds; the words that say so count as understood."""
        found = self.places.of(Span(0, len(self.document.text)), self.named, leave)
        if found.doubt:
            raise _Doubt(found.doubt)
        self.spans += found.spans
        return found

    def _entity(self, number: int, shots: Sequence[str] = ()) -> str | None:
        """Whom or what a phrase means; None where it names nobody of the film. Raises where several fit."""
        phrase = self.document.phrases[number]
        pronoun = _POSSESSIVE.get(phrase.head.lemma.lower()) if phrase.kind == "pronoun" else None
        looked = [self.at] if self.at else list(shots)
        found = (
            self.moments.meant(pronoun, self.named, looked) if pronoun else self.moments.called(self.document, phrase)
        )
        if len(found) > 1 and looked:
            found = [i for i in found if i in self.moments.present(looked)] or found
        if len(found) > 1:
            raise _Doubt(self._which(self.document.at(phrase.core), found))
        if found:
            self.named += found
            self.spans.append(phrase.core)
        return found[0] if found else None

    def _which(self, words: str, found: Sequence[str]) -> str:
        names = [e.name for e in self.story.entities if e.id in found]
        return f"Who or what is meant by “{words}”: {', '.join(names[:-1])} or {names[-1]}?"

    def _absent(self, phrase: Phrase) -> str:
        """What is told of something that the film does not have; a question where it may have another name."""
        core = self.document.at(phrase.core)
        drawn = any(m.fit != "near" for kind in ("species", "prop") for m in find(kind, phrase.head.text))
        if drawn and not self.moments.telling(core):
            return f"There is no “{core}” in this film."
        return f"I do not find “{core}” in this film: what is meant by it?"

    def _is_person(self, entity: str | None) -> bool:
        return any(c.id == entity for c in self.story.cast)

    # clauses -----------------------------------------------------------------------------------------------------

    def _read(self, number: int, clause: Clause) -> None:
        if self._treated(clause) or self._merged(clause) or self._moved(clause) or self._plain_cuts(clause):
            return
        subjects, objects = list(clause.subjects), list(clause.objects)
        objects = [o for o in objects if not self._is_given_up(o, objects)]
        if clause.order and not subjects and self._is(clause, "cause") and objects:
            subjects, objects = objects[:1], objects[1:]
        self.spans.append(clause.verb.span) if any(self._is(clause, s) for s in tables()["verbs"]) else None
        if self._is(clause, "remove") and (objects or (subjects and not clause.order)):
            self._remove(clause, objects or subjects)
        elif self._is(clause, "change") and (objects or subjects):
            self._become(clause, (objects or subjects)[0])
        elif self._is(clause, "wear") or (self._is(clause, "give") and self._garment(objects)):
            self._dress(clause, [*clause.receivers, *subjects], objects)
        elif (
            (clause.receivers or subjects)
            and objects
            and (self._is(clause, "hold") or (self._is(clause, "give") and clause.receivers))
        ):
            self._hand(clause, (clause.receivers or subjects)[0], objects[0])
        elif subjects and clause.verb.lemma in ("be", "이다", "get", "look", "stay", *listed("verbs", "cause")):
            self._state(clause, subjects[0])
        elif subjects:
            self._do(clause, subjects[0])
        elif objects and clause.modal and not clause.order and not clause.negated:
            where = self._where(leave=self.document.phrases[objects[0]].core)
            self.spans.append(clause.verb.span)
            self._set(clause, objects[0], clause.verb.text, where, noun=False)
        else:
            raise _Doubt("")

    def _is_given_up(self, number: int, among: Sequence[int]) -> bool:
        """Whether a phrase only says what another takes the place of: 'a wooden crown instead of a silver one'."""
        phrase = self.document.phrases[number]
        before = self.document.text[max(0, phrase.core.start - 14) : phrase.core.start]
        alike = {self.document.phrases[o].head.lemma for o in among if o != number}
        same = phrase.head.lemma == "one" or phrase.head.lemma in alike
        given_up = same and re.search(r"\b(?:instead of|rather than)\s+$", before, re.I) is not None
        if given_up:
            self.spans.append(phrase.core)
        return given_up

    def _treated(self, clause: Clause) -> bool:
        """'Speed up the chase': what a verb alone asks of a part of the film."""
        treat = tables()["treats"].get(f"{clause.verb.lemma} {clause.particle}".strip())
        if treat is None or not (clause.objects or self.at):
            return False
        where = self._where()
        things = [self.document.phrases[o] for o in clause.objects]
        self.spans += [clause.verb.span, *(p.core for p in things if not self.moments.called(self.document, p))]
        self._add("set", treat[0], treat[1], clause, where)
        return True

    def _merged(self, clause: Clause) -> bool:
        """'The nap and the theft can be one shot': no cut between what is named."""
        whole = next((self.document.phrases[c] for c in clause.complements), None)
        single = whole is not None and (whole.count == 1 or {"single", "same"} & set(whole.adjectives))
        if whole is None or not single or whole.head.lemma not in listed("takes"):
            return False
        found = [self._shots_of(n) for n in clause.subjects]
        shots = [i for i in self.moments.order if any(i in some for some in found)]
        if len(shots) < 2 or not all(found):
            raise _Doubt(f"Which shots should be one: {self.document.at(clause.span)}?")
        self.spans.append(clause.span)
        self._add("merge", "shot", None, clause, Whereabouts(tuple(shots)))
        return True

    def _moved(self, clause: Clause) -> bool:
        """'The scene with the giant ought to come after the one with the moths.'"""
        goal = next((a for a in clause.attached if a.by in ("after", "before")), None)
        mover = next(iter((*clause.objects, *clause.subjects)), None)
        if goal is None or mover is None or clause.verb.lemma not in listed("moves"):
            return False
        mine, other = self._shots_of(mover), self._shots_of(goal.phrase)
        if not mine or not other or set(mine) & set(other):
            return False
        order = self.moments.order
        at = order.index(other[-1]) if goal.by == "after" else order.index(other[0]) - 1
        behind = str(Scope(where="opening")) if at < 0 else str(Scope(where="shot", id=order[at]))
        self.spans += [clause.verb.span, self.document.phrases[mover].span, self.document.phrases[goal.phrase].span]
        self._add("move", "shot", behind, clause, Whereabouts(tuple(mine)))
        return True

    def _shots_of(self, number: int) -> list[str]:
        """The part of the film that one phrase names; none where it names none. Raises where several fit."""
        phrase = self.document.phrases[number]
        described = [self.document.clauses[c].span for c in self.document.describing(number)]
        span = Span(phrase.span.start, max([phrase.span.end, *(s.end for s in described)]))
        found = self.places.of(span, self.named)
        if found.doubt:
            raise _Doubt(found.doubt)
        return list(found.shots) or self.moments.telling(self.document.at(span))

    def _plain_cuts(self, clause: Clause) -> bool:
        """'Neither of the dissolves is needed': a plain cut where there is a way from shot to shot."""
        named = [
            p for p in self.document.phrases if p.head.lemma in listed("transitions") and clause.span.holds(p.core)
        ]
        away = (
            self._is(clause, "remove")
            or clause.negated
            or re.search(r"\b(?:neither|no|without)\b", self.document.text, re.I)
        )
        if not named or not away:
            return False
        kind = named[0].head.lemma
        where = self._where(leave=named[0].core)
        shots = [s.id for _, s in self.story.shots if s.transition not in ("cut", "continue")
                 and (s.transition == kind or kind in ("transition", "디졸브", "페이드"))
                 and s.id in (where.shots or self.moments.order)]  # fmt: skip
        if not shots:
            raise _Doubt(f"There is no {kind} there.")
        self.spans.append(clause.span)
        self._add("set", "transition", "cut", clause, Whereabouts(tuple(shots)))
        return True

    def _remove(self, clause: Clause, things: Sequence[int]) -> None:
        for number in things:
            phrase = self.document.phrases[number]
            where = self._where(leave=phrase.core)
            owner = self._owner(phrase, where)
            entity = None if owner else self._entity(number, where.shots)
            if entity:
                self._add("remove", "cast" if self._is_person(entity) else "prop", None, clause, where, entity)
                continue
            self._take_off(clause, phrase, owner, where)

    def _take_off(self, clause: Clause, phrase: Phrase, owner: str | None, where: Whereabouts) -> None:
        """A garment or a feature goes, of its owner or of the only one who has it."""
        core = self.document.at(phrase.core)
        people = [owner] if owner else [c.id for c in self.story.cast]
        for field, find_ in (("wardrobe", self.moments.wears), ("features", self.moments.feature)):
            having = [(i, found) for i in people if (found := find_(i, core))]
            if len(having) > 1:
                raise _Doubt(self._which(core, [i for i, _ in having]))
            for entity, found in having:
                self.spans.append(phrase.span)
                value = found if field == "wardrobe" else phrase.head.text
                self._add("remove", field, value, clause, where, entity)  # type: ignore[arg-type]
                return
        raise _Doubt(self._absent(phrase))

    def _owner(self, phrase: Phrase, where: Whereabouts) -> str | None:
        return None if phrase.owner is None else self._entity(phrase.owner, where.shots)

    def _become(self, clause: Clause, number: int) -> None:
        """'Swap the goblet for a glass dove', 'turn her hair white'."""
        phrase = self.document.phrases[number]
        new = next(
            (self.document.phrases[a.phrase] for a in clause.attached if a.by in ("for", "into", "to", "with")), None
        )
        words = self.document.at(new.span) if new else clause.complement or self._loose(clause)
        if not words:
            raise _Doubt(f"What should “{self.document.at(phrase.core)}” become?")
        where = self._where(leave=phrase.core)
        self._set(clause, number, _bare(words), where, noun=new is not None or bool(clause.complements))
        self.spans += [new.span] if new else []

    def _state(self, clause: Clause, number: int) -> None:
        """'The kid's jacket should be teal', 'make the chase shorter', 'she is drenched when they meet'."""
        phrase = self.document.phrases[number]
        words = clause.complement or self._loose(clause)
        if clause.negated or not _bare(words):
            raise _Doubt("")
        if part := self._part(phrase):
            return self._treat(clause, words, part)
        where = self._where(leave=phrase.core)
        self._set(clause, number, _bare(words), where, noun=bool(clause.complements))
        return None

    def _part(self, phrase: Phrase) -> Whereabouts | None:
        """The part of the film that a phrase names, with all other circumstances."""
        if phrase.head.lemma in listed("wholes"):
            self.spans.append(phrase.core)
            others = self._where(leave=phrase.core)
            return others if others.shots else Whereabouts(tuple(self.moments.order), (phrase.core,))
        if self.at and phrase.head.lemma in ("it", "this", "that"):
            return Whereabouts((self.at,), (phrase.core,))
        found = self._where()
        return found if any(s.meets(phrase.core) for s in found.spans) else None

    def _set(self, clause: Clause, number: int, words: str, where: Whereabouts, *, noun: bool) -> None:
        """Somebody, something, or what belongs to somebody, becomes what words say."""
        phrase = self.document.phrases[number]
        owner = self._owner(phrase, where)
        part = phrase.head.text
        self.spans += [phrase.core, *self._spans_of(clause, words)]
        if owner:
            garment = self.moments.wears(owner, part) or (part if find("wardrobe", part) else None)
            value = words if noun else f"{words} {part}"
            if garment and noun:
                self._add("remove", "wardrobe", garment, clause, where, owner)
            self._add("add" if garment else "set", "wardrobe" if garment else "features", value, clause, where, owner)
            return
        entity = self._entity(number, where.shots)
        if entity is None and phrase.kind == "pronoun":
            raise _Doubt("")
        if entity is None:
            return self._worn(clause, phrase, words, where, noun=noun)
        field: Aspect = "kind" if noun else "colour" if find("colour", words) else "features"
        self._add("set", field, words, clause, where, entity)
        return None

    def _worn(self, clause: Clause, phrase: Phrase, words: str, where: Whereabouts, *, noun: bool) -> None:
        """Something that only one of the cast wears or has becomes another."""
        core = self.document.at(phrase.core)
        wearing = [(c.id, g) for c in self.story.cast if (g := self.moments.wears(c.id, core))]
        if len(wearing) != 1:
            raise _Doubt(self._which(core, [i for i, _ in wearing]) if wearing else self._absent(phrase))
        (entity, garment), value = wearing[0], words if noun else f"{words} {phrase.head.text}"
        if noun:
            self._add("remove", "wardrobe", garment, clause, where, entity)
        self._add("add", "wardrobe", value, clause, where, entity)

    def _dress(self, clause: Clause, wearers: Sequence[int], garments: Sequence[int]) -> None:
        covered = [self.document.phrases[g].core for g in garments]
        where = self._where(leave=covered[0] if covered else None)
        who = [e for w in wearers if (e := self._entity(w, where.shots))]
        if not who or not garments:
            raise _Doubt("Who should wear it?" if garments else "What should be worn?")
        for entity in who:
            for number in garments:
                self.spans.append(self.document.phrases[number].span)
                value = _bare(self.document.at(self.document.phrases[number].span))
                self._add("add", "wardrobe", value, clause, where, entity)

    def _hand(self, clause: Clause, holder: int, thing: int) -> None:
        """'Hand the fox a lantern', 'she carries the bag': it comes into somebody's hands in some shots."""
        phrase = self.document.phrases[thing]
        where = self._where(leave=phrase.core)
        entity = self._entity(holder, where.shots)
        if not self._is_person(entity) or not (where.shots or self.at):
            raise _Doubt(f"Who should hold “{self.document.at(phrase.core)}”, and in which shot?")
        known = self.moments.called(self.document, phrase)
        self.spans += [phrase.span, clause.verb.span]
        words = self.document.at(phrase.core)
        there = [i for i in where.shots or (self.at,) if i in self.moments.showing(entity or "")]
        if not there:
            raise _Doubt(f"Who holds “{words}” is not seen there: should they come into the shot?")
        held = Whereabouts(tuple(there), where.spans)
        self._add("add", "prop", None if known else _bare(words), clause, held, known[0] if known else None)
        self._add("set", "features", f"holding {words}", clause, held, entity)

    def _garment(self, objects: Sequence[int]) -> bool:
        """Whether something of what is named can be worn: film grammar knows it, or somebody wears such a thing."""
        nouns = [self.document.phrases[o].head.text for o in objects]
        return any(find("wardrobe", n) or any(self.moments.wears(c.id, n) for c in self.story.cast) for n in nouns)

    def _do(self, clause: Clause, number: int) -> None:
        """Somebody does something else than before: in the shots that are named, or where it does the old thing."""
        old = next((c for c in self.document.clauses if c is not clause and self._gives_way(c)), None)
        where = self._where(leave=clause.verb.span)
        entity = self._entity(number, where.shots)
        if not self._is_person(entity):
            raise _Doubt("")
        shots = list(where.shots) or ([self.at] if self.at else [])
        if old and entity:
            self.spans.append(old.span)
            doing = [
                i for i in self.moments.showing(entity) if tokens(old.verb.lemma) & tokens(self._action(entity, i))
            ]
            told = self.moments.telling(self.document.at(old.span), [entity], self.moments.showing(entity))
            shots = shots or doing or told
        shots = shots or [i for i in self.moments.showing(entity or "")][:2]
        if len(shots) != 1 and not where.spans:
            raise _Doubt(f"In which shot should that be: {', '.join(self.moments.showing(entity or ''))}?")
        words = self._deed(clause, old, where)
        self.spans.append(clause.span)
        self._add("set", "action", words, clause, Whereabouts(tuple(shots)), entity)

    def _gives_way(self, clause: Clause) -> bool:
        text = self.document.text
        before = text[max(0, clause.span.start - 14) : clause.span.start]
        return bool(_GIVES_WAY.match(self.document.at(clause.span)) or _GIVES_WAY.search(before)
                    or re.match(r"\s*(?:대신|말고|것? ?말고)", text[clause.span.end :]))  # fmt: skip

    def _action(self, entity: str, shot: str) -> str:
        found = next(s for _, s in self.story.shots if s.id == shot)
        return " ".join(s.action for s in found.staging if s.entity == entity)

    def _deed(self, clause: Clause, old: Clause | None, where: Whereabouts) -> str:
        """What is done, in the words of the sentence, as a sentence about one tells it."""
        text, end = self.document.text, clause.span.end
        cuts = [s.start for s in (*where.spans, *([old.span] if old else ())) if clause.verb.span.end <= s.start]
        words = text[clause.verb.span.end : min([end, *cuts])]
        words = re.sub(
            r"\s*,?\s*\b(?:instead of|rather than|when|once|while|in|at|on|as soon as)\s*$", "", words.rstrip()
        )
        words = _INSTEAD.sub("", words).strip(" .,!?")
        if re.search("[가-힣]", text):
            return re.sub(r"(?:게|도록)?\s*(?:해|하)\s*(?:줘|주세요|자).*$", "", text[clause.span.start : end]).strip(
                " .,"
            )[:80]
        return f"{third_person(clause.verb.lemma)} {words}".strip()[:80]

    # parts of the film -------------------------------------------------------------------------------------------

    def _treat(self, clause: Clause, words: str, where: Whereabouts) -> None:
        """A part of the film becomes as words say: its mood, weather, hour, look, length or picture."""
        for word in self._adjectives(clause, words):
            field, value = self._manner(word)
            self.spans.append(word.span)
            self._add("set", field, value, clause, where)

    def _adjectives(self, clause: Clause, words: str) -> list[Word]:
        inside = self._spans_of(clause, words)
        return [
            w
            for w in self.document.words
            if w.part in ("ADJ", "VERB", "NOUN", "ADV") and any(s.holds(w.span) for s in inside)
        ]

    def _manner(self, word: Word) -> tuple[Aspect, str]:
        said = word.text.lower()
        for field, values in tables()["manners"].items():
            if value := values.get(said) or values.get(word.lemma):
                return field, value
        for kind in ("weather", "time", "mood", "style"):
            if any(m.fit != "near" for m in find(kind, said)):
                return kind, said
        visual = find("colour", said) or find("colour", word.lemma) or word.lemma in listed("looks")
        return ("picture", said) if visual else ("mood", word.lemma)

    def _without_verb(self) -> None:
        """'Less triumphant up there on the roof, more bittersweet': what a part of the film is to be."""
        whole = Span(0, len(self.document.text))
        if self._plain_cuts(Clause(whole, self.document.words[0])):
            return
        where = self._where()
        if not where.spans and not self.at:
            raise _Doubt("")
        shots = where if where.spans else Whereabouts((self.at,))
        free = [w for w in self.document.words if not any(w.span.meets(s) for s in where.spans)]
        wanted = [w for n, w in enumerate(free) if w.part == "ADJ" and w.text.lower() not in ("more", "less")]
        lessened = [w for w in wanted if _is_lessened(self.document.text, w)]
        self.spans += [w.span for w in wanted]
        for word in (w for w in wanted if w not in lessened):
            field, value = self._manner(word)
            self.operations += [
                Operation(op="set", scope=s, field=field, value=value, reason=self.document.text)
                for s in runs(self.story, shots.shots)
            ]

    # values ------------------------------------------------------------------------------------------------------

    def _loose(self, clause: Clause) -> str:
        """The adjectives of a clause that belong to no phrase: 'make the chase SHORTER'."""
        free = [
            w for w in self.document.words
            if clause.span.holds(w.span) and w.part in ("ADJ", "ADV") and w.span.start > clause.verb.span.start
            and not any(p.core.holds(w.span) for p in self.document.phrases)
            and w.text.lower() not in ("more", "less", "then", "now", "just")
        ]  # fmt: skip
        return self.document.text[free[0].span.start : free[-1].span.end] if free else ""

    def _spans_of(self, clause: Clause, words: str) -> list[Span]:
        at = self.document.text.find(words, clause.span.start)
        return [Span(at, at + len(words))] if at >= 0 else [clause.span] if words else []

    def _add(
        self, op: Op, field: Aspect, value: PatchValue, clause: Clause, where: Whereabouts, entity: str | None = None
    ) -> None:
        """One operation for each run of shots; what lasts holds in the whole film where no part of it is named."""
        shots = where.shots or ((self.at,) if self.at and field not in _LASTING and entity is None else ())
        if not shots and entity is None and field not in ("style", "title"):
            raise _Doubt(f"In which shot or scene should that be: {self.document.at(clause.span)}?")
        whole = not shots or len(shots) == len(self.moments.order)
        reason = self.document.at(clause.span)
        for scope in (FILM,) if whole else runs(self.story, shots):
            self.operations.append(Operation(op=op, scope=scope.of(entity), field=field, value=value, reason=reason))


def _bare(words: str) -> str:
    """Words without article and courtesy."""
    return re.sub(r"^(?:the|an?|some|more|rather)\s+", "", _INSTEAD.sub("", words).strip(" .,!?"), flags=re.I)


def _is_lessened(text: str, word: Word) -> bool:
    return bool(re.search(r"\b(?:less|not(?: so)?|no)\s+(?:\w+\s+)?$", text[: word.span.start], re.I))


def read_grammar(text: str, story: Story, at: str = "") -> Patch:
    """The patch that a sentence's grammar tells; a question, or nothing at all, where it does not."""
    return Grammatical(text, story, at).patch()
