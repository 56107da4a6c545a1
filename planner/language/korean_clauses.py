"""Korean clauses: a predicate with its arguments, and what it says in the terms of a Document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from planner.language.document import Attachment, Clause, Link, Phrase, Span
from planner.language.korean_morphemes import Predicate, korean_words

_ROLES = ("subject", "topic", "also", "object", "complement", "bare")
_ORDERS = (
    "세요", "십시오", "시어요", "어라", "아라", "여라", "라", "자", "ᆯ래", "ᆯ까", "ᆸ시다", "읍시다",
)  # fmt: skip
_DENYING = frozenset({"않", "못하", "말", "못"})


@dataclass(eq=False)
class KoreanArgument:
    """A noun group that waits for its predicate: its phrase, and as what it stands there."""

    phrase: int
    role: str
    """subject, topic ('은'), also ('도'), object, complement, bare, time, a particle ('@에서') or a preposition."""


@dataclass(eq=False)
class KoreanDraft:
    """A clause that is being filled."""

    predicate: Predicate
    arguments: list[KoreanArgument] = field(default_factory=list)
    link: Link = "main"
    marker: str = ""
    parent: int | None = None
    of: int | None = None
    subjects: list[int] = field(default_factory=list)
    adverbs: list[str] = field(default_factory=list)


def is_order(draft: KoreanDraft) -> bool:
    """Whether a clause tells somebody to do it, or wishes it: '-아 줘', '-세요', '-자', '-았으면 좋겠어'."""
    predicate = draft.predicate
    ending = predicate.ending
    stems = [a.split()[-1] for a in predicate.auxiliaries]
    if any(a.split()[0] in ("면", "으면") and a.endswith(("좋", "하")) for a in predicate.auxiliaries):
        return True
    if ending is None or ending.tag != "EF":
        return False
    if ending.form.endswith(_ORDERS):
        return True
    informal = ending.form in ("어", "아", "여", "어요", "아요", "지")
    asks = "주" in stems or predicate.lemma == "주다" or "말" in stems
    return (
        informal
        and "겠" not in predicate.prefinals
        and "었" not in predicate.prefinals
        and (asks or not draft.subjects)
    )


def cause(draft: KoreanDraft) -> None:
    """'개구리를 뛰게 해', '기사에게 잡으라고': whom somebody makes or tells to do it is who does it."""
    objects = [a for a in draft.arguments if a.role == "object"]
    others = [a for a in draft.arguments if a.role in ("@에게", "@한테")]
    if others:
        others[0].role = "subject"
    elif objects and draft.predicate.lemma not in korean_words()["transitive"]:
        objects[0].role = "subject"


class ClauseWriter:
    """Writes drafts as clauses; ``phrases`` are all of the sentence."""

    def __init__(self, text: str, phrases: Sequence[Phrase]) -> None:
        self.text, self.phrases = text, phrases

    # ---- writing it down

    def clause(self, draft: KoreanDraft) -> Clause:
        """What a draft says."""
        predicate, arguments = draft.predicate, draft.arguments
        complements = [a.phrase for a in arguments if a.role == "complement"]
        # Without a particle, a noun is whom it is done to where somebody else acts or is told to.
        acts = bool(draft.subjects) or is_order(draft)
        objects = [a for a in arguments if a.role == "object" or (a.role == "bare" and acts)]
        subjects = [*draft.subjects, *(a.phrase for a in arguments if a.role == "bare" and not acts)]
        passive = bool({"어 지", "아 지", "여 지"} & set(predicate.auxiliaries))
        who = tuple(dict.fromkeys(i for s in subjects for i in self._members(s, draft.of)))
        whom = tuple(dict.fromkeys(i for a in objects for i in self._members(a.phrase, draft.of)))
        ending = predicate.ending
        stems = [a.split()[-1] for a in predicate.auxiliaries]
        denied = {"안", "못"} & set(draft.adverbs) or set(stems) & _DENYING or predicate.lemma in ("없다", "아니다")
        return Clause(
            span=self._span(draft),
            verb=predicate.stem,
            subjects=() if passive else who,
            objects=tuple(dict.fromkeys((*(who if passive else ()), *whom))),
            receivers=tuple(i for a in arguments if self._is_receiver(a, draft) for i in self._members(a.phrase)),
            complement=" ".join(self.text[slice(*self.phrases[c].core)] for c in complements),
            complements=tuple(complements),
            attached=tuple(self._attached(draft)),
            adverbs=tuple(a for a in draft.adverbs if a not in ("안", "못")),
            negated=bool(denied) or "수 없" in " ".join(predicate.auxiliaries),
            passive=passive,
            order=is_order(draft),
            past=any(p in ("었", "았", "였") for p in predicate.prefinals)
            or (ending is not None and ending.form == "던"),
            modal=_modal(predicate),
            link=draft.link if draft.parent is not None or draft.of is not None or draft.link == "main" else "main",
            marker=draft.marker,
            parent=draft.parent,
            of=draft.of,
        )

    def _members(self, phrase: int, described: int | None = None) -> tuple[int, ...]:
        """A phrase with those joined to it; what a clause describes is the one that it stands before."""
        return (phrase, *(() if phrase == described else self.phrases[phrase].joined))

    def _span(self, draft: KoreanDraft) -> Span:
        inside = [self.phrases[a.phrase].span for a in draft.arguments if a.phrase != draft.of]
        inside += [self.phrases[s].span for s in draft.subjects if s != draft.of]
        starts = [s.start for s in inside if s.start <= draft.predicate.span.start]
        return Span(min([*starts, draft.predicate.span.start]), draft.predicate.span.end)

    def _is_receiver(self, argument: KoreanArgument, draft: KoreanDraft) -> bool:
        given = any(a.role == "object" for a in draft.arguments)
        return argument.role in ("@에게", "@한테", "@께", "@더러") and given

    def _attached(self, draft: KoreanDraft) -> Iterator[Attachment]:
        for argument in draft.arguments:
            by = self._preposition(argument, draft.predicate.lemma)
            if by is not None and not self._is_receiver(argument, draft):
                yield from (Attachment(by, i) for i in self._members(argument.phrase))

    def _preposition(self, argument: KoreanArgument, verb: str) -> str | None:
        """The English preposition for a particle; where it depends on the verb, by what the verb does."""
        role, tables = argument.role, korean_words()
        if role == "time":
            return ""
        if not role.startswith("@"):
            return None if role in _ROLES else role
        form = role[1:].split()[0]
        if form in tables["positions"]:
            return str(tables["positions"][form][int(role[-1])])
        moves = verb in tables["motion"] or verb.endswith(("가다", "오다", "오르다"))
        is_time = self.phrases[argument.phrase].head.text in tables["hours"]
        if form == "에":
            return "at" if is_time else "to" if moves else "in"
        if form == "에서":
            return "from" if verb in tables["leaving"] else "in"
        if form in ("로", "으로"):
            return "to" if moves else "with"
        if form == "까지":
            return "until" if is_time else "to"
        return str(tables["particles"].get(form, ""))


def _modal(predicate: Predicate) -> str:
    for auxiliary in predicate.auxiliaries:
        joined, _, stem = auxiliary.partition(" ")
        if stem.startswith("수 "):
            return "can"
        if stem == "싶":
            return "want"
        if joined in ("아야", "어야", "여야"):
            return "must"
    return "will" if "겠" in predicate.prefinals else ""
