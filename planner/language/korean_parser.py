"""Korean sentences as phrases and clauses.

Every predicate closes a clause and takes what stands before it and is still open; a topic stays open for the clauses
after it. A verb that stands before a noun describes it. Particles become the English prepositions that say the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from planner.language.document import Link, Parse, Phrase, Span
from planner.language.korean_clauses import ClauseWriter, KoreanArgument, KoreanDraft, cause, is_order
from planner.language.korean_morphemes import Morpheme, NounGroup, Predicate, items, korean_words, words
from planner.language.korean_nouns import (
    NounParts,
    has_only,
    head_word,
    is_joining,
    kind_of,
    name_phrase,
    role_of,
    take_apart,
)


def parse(sentences: Sequence[str]) -> list[Parse]:
    """What each sentence says; spans are places in it."""
    return [_Reader(sentence).parse() for sentence in sentences]


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.items = text, items(text)
        self.phrases: list[Phrase] = []
        self.clauses: list[KoreanDraft] = []
        self.open: list[KoreanArgument] = []
        self.waiting: list[int] = []
        """Clauses that hang on the one that follows."""
        self.describing: list[int] = []
        """Adnominal clauses that describe the noun that follows."""
        self.adjectives: list[str] = []
        self.start: int | None = None
        """Where the adjectives of the next noun begin."""
        self.owner: int | None = None
        self.joined: list[tuple[int, str]] = []
        self.alias: int | None = None
        self.count: int | None = None
        self.adverbs: list[str] = []
        self.last: int | None = None
        """The clause that the next one stands beside, and with what word."""
        self.beside = ""

    def parse(self) -> Parse:
        for item in self.items:
            if isinstance(item, NounGroup):
                self._noun(item)
            elif isinstance(item, Predicate):
                self._predicate(item)
            else:
                self._single(item)
        self._share_subjects()
        writer = ClauseWriter(self.text, self.phrases)
        return Parse(tuple(words(self.text)), tuple(self.phrases), tuple(writer.clause(c) for c in self.clauses))

    def _single(self, morpheme: Morpheme) -> None:
        if morpheme.tag in ("MAG", "MAJ"):
            self.adverbs.append(morpheme.form)
        elif morpheme.tag == "MM":
            self._adjective(morpheme.form, morpheme.span)
        elif morpheme.tag in ("SF", "SE"):
            self.adjectives, self.start, self.owner = [], None, None

    def _adjective(self, word: str, span: Span) -> None:
        """Something said of the noun that follows, with its adverbs: '아주 작은'."""
        before = [a for a in self.adverbs if a not in korean_words()["denying"]]
        self.adjectives.append(" ".join([*before, word]))
        self.start = span.start if self.start is None else self.start
        self.adverbs = []

    # ---- nouns

    def _noun(self, group: NounGroup) -> None:
        """A group becomes a phrase, unless it says how the clause before it hangs on the next."""
        if self._joins_clause(group) or self._names(group):
            return
        if len(group.morphemes) == 1 and not group.particles and group.morphemes[0].form in korean_words()["adverbs"]:
            self.adverbs.append(group.morphemes[0].form)
            return
        parted = take_apart(group.morphemes)
        if not parted.core:
            self._loose(group)
            return
        if parted.count is not None and parted.core[0].form in korean_words()["counters"] and has_only(group, "의"):
            self.count = parted.count
            return
        first = self.joined[0][0] if self.joined else None
        number = self._enter(parted, group)
        number = number if first is None else first
        particles = [p.form for p in group.particles]
        if has_only(group, "의"):
            self.owner = number
            return
        role = role_of(group, parted)
        if role == "joined":
            self.joined.append((len(self.phrases) - 1 if first is not None else number, particles[-1]))
            return
        self.open.append(KoreanArgument(number, role))

    def _enter(self, parted: NounParts, group: NounGroup) -> int:
        """Adds a phrase with what was said before it of it."""
        number = len(self.phrases)
        head = head_word(self.text, parted)
        start = min(s for s in (self.start, parted.core[0].span.start) if s is not None)
        described, self.describing = self.describing, []
        joined = tuple(n for n, _ in self.joined)
        phrase = Phrase(
            span=Span(start, group.span.end),
            core=Span(start, parted.core[-1].span.end),
            head=head,
            kind=kind_of(parted),
            determiner=parted.determiner,
            count=parted.count if self.count is None else self.count,
            plural=any(m.form == "들" for m in parted.core) or (parted.count or self.count or 1) > 1,
            adjectives=tuple([*self.adjectives, *parted.ordinals]),
            compounds=parted.compounds,
            owner=self.owner,
        )
        self.phrases.append(phrase)
        for clause in described:
            self._describe(clause, number)
        if self.alias is not None:
            self.phrases[number] = self.phrases[number]._replace(alias=self.alias)
        elif parted.name is not None:
            self.phrases[number] = self.phrases[number]._replace(alias=number + 1)
            self.phrases.append(name_phrase(self.text, parted.name))
        if joined:
            first = joined[0]
            self.phrases[first] = self.phrases[first]._replace(joined=(*joined[1:], number))
        self.adjectives, self.start, self.owner, self.alias, self.count = [], None, None, None, None
        self.joined = [] if not is_joining(group) else self.joined
        return number

    def _loose(self, group: NounGroup) -> None:
        """'앞으로', '하나가': a word of place, or a number, by itself."""
        if any(m.tag in ("NR", "SN", "NNB", "NP") for m in group.morphemes):
            return
        self.adverbs.append(self.text[group.span.start : group.span.end])

    def _joins_clause(self, group: NounGroup) -> bool:
        """'비가 온 뒤에', '종이 울릴 때', '지기 전에', '내리는 것을': the noun says how the clause hangs."""
        if not self.describing or self.adjectives:
            return False
        clause, first = self.describing[-1], group.morphemes[0].form
        if self.clauses[clause].predicate.span.end > group.span.start or len(group.morphemes) > 2:
            return False
        marker = korean_words()["times"].get(first, "")
        draft = self.clauses[clause]
        ending = draft.predicate.ending
        if first in ("것", "거", "게", "줄", "데", "채", "듯", "만큼"):
            draft.link, draft.marker = "inner", ""
        elif marker and ending is not None and (marker != "before" or ending.form == "기" or first != "전"):
            until = any(p.form == "까지" for p in group.particles)
            draft.link, draft.marker = "when", "until" if until else marker
        else:
            return False
        self.describing.pop()
        self._give_back(draft)
        self.waiting.append(clause)
        return True

    def _give_back(self, draft: KoreanDraft) -> None:
        """A clause of time takes all that is open, as a describing one does not; but for a topic."""
        kept = [a for a in self.open if a.role in ("topic", "also") or (a.role == "subject" and draft.subjects)]
        draft.arguments = [a for a in self.open if a not in kept] + draft.arguments
        draft.subjects = draft.subjects or [a.phrase for a in draft.arguments if a.role == "subject"]
        self.open = kept

    def _names(self, group: NounGroup) -> bool:
        """'루나라는 이름의 고양이': the name was said, '이름' only says that it is one."""
        return self.alias is not None and group.morphemes[0].form == "이름" and has_only(group, "의")

    def _describe(self, clause: int, number: int) -> None:
        """Fills a describing clause with the noun that it describes: its subject, or its object."""
        draft = self.clauses[clause]
        draft.of = number
        has_object = any(a.role == "object" for a in draft.arguments)
        needs = draft.predicate.lemma in korean_words()["transitive"] and not draft.predicate.auxiliaries
        if not draft.subjects and (has_object or not needs):
            draft.subjects.append(number)
        elif self.phrases[number].head.lemma in korean_words()["hours"]:
            return
        elif draft.predicate.lemma in korean_words()["intransitive"]:
            draft.arguments.append(KoreanArgument(number, "in"))
        elif not has_object and not draft.predicate.adjective:
            draft.arguments.append(KoreanArgument(number, "object"))

    # ---- predicates

    def _predicate(self, predicate: Predicate) -> None:
        ending = predicate.ending
        if self._hangs_by_verb(predicate):
            return
        if predicate.copula:
            self._copula()
        names = ending is not None and predicate.copula and ending.form in ("라는", "다는")
        if names and self.open and self.open[-1].role == "complement":
            self.alias = self.open.pop().phrase
            return
        describing = ending is not None and ending.tag in ("ETM", "ETN")
        says_how = predicate.adjective or (predicate.lemma in korean_words()["states"] and not predicate.auxiliaries)
        if ending is not None and ending.tag == "ETM" and says_how and not self._has_own_subject(predicate):
            self._as_adjective(predicate)
            return
        if self._is_serial(predicate):
            return
        if predicate.adjective and ending is not None and ending.form == "게" and self._follows(predicate) is not None:
            self.adverbs.append(self.text[predicate.span.start : predicate.span.end])
            return
        draft = KoreanDraft(predicate)
        draft.adverbs, self.adverbs = self.adverbs, []
        self.clauses.append(draft)
        number = len(self.clauses) - 1
        self._take(draft, describing and ending is not None and ending.tag == "ETM")
        if describing:
            draft.link = "relative" if ending is not None and ending.tag == "ETM" else "inner"
            (self.describing if self._noun_follows(predicate) else self.waiting).append(number)
            if ending is not None and ending.tag == "ETN" and not self._noun_follows(predicate):
                draft.link = "inner"
            return
        self._close(number, ending)

    def _noun_follows(self, predicate: Predicate) -> bool:
        at = self.items.index(predicate) + 1
        while at < len(self.items) and isinstance(self.items[at], Predicate):
            other = self.items[at]
            assert isinstance(other, Predicate)
            if other.ending is None or other.ending.tag not in ("ETM", "ETN"):
                return False
            at += 1
        return at < len(self.items) and not (isinstance(m := self.items[at], Morpheme) and m.tag == "SF")

    def _hangs_by_verb(self, predicate: Predicate) -> bool:
        """'바다를 향해', '숲을 따라', '여우를 위해': a verb that says no more than a preposition."""
        table = korean_words()["postpositions"]
        stem = predicate.lemma[:-1]
        word = {"향하": "향해", "통하": "통해", "따르": "따라", "위하": "위해", "대하": "대해"}.get(stem, "")
        if not word or predicate.ending is None or predicate.ending.tag not in ("EC", "ETM") or not self.open:
            return False
        if predicate.ending.form not in ("어", "아", "여", "어서", "아서", "여서", "ᆫ"):
            return False
        self.open[-1].role = str(table[word])
        return True

    def _is_serial(self, predicate: Predicate) -> bool:
        """'뛰어 내려간다': two verbs that say one thing; the second is kept."""
        following, ending = self._follows(predicate), predicate.ending
        return (
            following is not None and ending is not None and ending.tag == "EC"
            and ending.form in ("어", "아", "여") and not predicate.adjective and not following.adjective
        )  # fmt: skip

    def _follows(self, predicate: Predicate) -> Predicate | None:
        """The predicate right after one."""
        at = self.items.index(predicate) + 1
        following = self.items[at] if at < len(self.items) else None
        return following if isinstance(following, Predicate) else None

    def _copula(self) -> None:
        """The noun right before '이다' is what the subject is."""
        if self.open and self.open[-1].role in ("bare", "time", "topic", "also"):
            self.open[-1].role = "complement"

    def _has_own_subject(self, predicate: Predicate) -> bool:
        """'머리가 긴 소녀': an adjective with a subject of its own is a clause."""
        last = self.open[-1] if self.open else None
        if last is None or last.role != "subject" or predicate.lemma in ("있다", "없다"):
            return predicate.lemma in ("있다", "없다")
        return self.phrases[last.phrase].head.lemma in korean_words()["attributes"]

    def _as_adjective(self, predicate: Predicate) -> None:
        """'작은', and what hangs on it: '비 없이 조용한'."""
        denied = "안 " if "안" in self.adverbs else ""
        self._adjective(denied + self.text[predicate.span.start : predicate.span.end], predicate.span)

    def _take(self, draft: KoreanDraft, describing: bool) -> None:
        """Gives a predicate what is open: to a describing one the nearest of each kind, to others nearly all."""
        if describing:
            self._take_nearest(draft)
            return
        ending = draft.predicate.ending
        told = ending is not None and ending.form in ("라고", "으라고")
        told = told and any(a.role in ("@에게", "@한테") for a in self.open)
        causative = told or any(a.split()[0] == "게" for a in draft.predicate.auxiliaries)
        self._join_equals()
        subjects = [a for a in self.open if a.role == "subject"]
        named = [a for a in self.open if a.role == "complement"]
        if named and not subjects and self.phrases[named[0].phrase].head.lemma in korean_words()["hours"]:
            named[0].role = "subject" if draft.predicate.lemma == "되다" else "complement"
            subjects = [a for a in self.open if a.role == "subject"]
        if len(subjects) > 1 and draft.predicate.lemma in ("되다", "아니다"):
            subjects[-1].role = "complement"
            subjects = subjects[:-1]
        later = subjects[:-1]
        kept = [a for a in self.open if a in later]
        topics = [a for a in self.open if a.role in ("topic", "also")]
        draft.arguments = [a for a in self.open if a not in kept and a not in topics]
        if causative:
            cause(draft)
        draft.subjects = [a.phrase for a in draft.arguments if a.role == "subject"]
        self._resolve_topics(draft, topics)
        self.open = kept + (topics if self._goes_on(draft) else [])

    def _goes_on(self, draft: KoreanDraft) -> bool:
        """Whether more of the sentence follows."""
        ending = draft.predicate.ending
        return ending is not None and ending.tag != "EF"

    def _resolve_topics(self, draft: KoreanDraft, topics: Sequence[KoreanArgument]) -> None:
        """A topic is the subject, unless somebody else is; then the object, where the clause has none."""
        for topic in reversed(topics):
            if not draft.subjects and is_order(draft) and self._lacks_object(draft):
                draft.arguments.append(KoreanArgument(topic.phrase, "object"))
                return
            if not draft.subjects:
                draft.subjects = [topic.phrase]
            elif topic.phrase in draft.subjects:
                continue
            elif not self._goes_on(draft) and self._lacks_object(draft):
                draft.arguments.append(KoreanArgument(topic.phrase, "object"))

    def _lacks_object(self, draft: KoreanDraft) -> bool:
        """Whether a verb that needs an object has none."""
        needs = draft.predicate.lemma in korean_words()["transitive"]
        return needs and not any(a.role == "object" for a in draft.arguments)

    def _take_nearest(self, draft: KoreanDraft) -> None:
        taken: list[KoreanArgument] = []
        self._join_equals()
        roles: set[str] = set()
        for argument in reversed(self.open):
            if argument.role == "also" and not roles and draft.predicate.lemma in ("있다", "없다"):
                argument.role = "subject"
            bare = argument.role == "bare" and draft.predicate.lemma not in korean_words()["transitive"]
            if bare and not roles and not taken:
                argument.role = "subject"
            core = argument.role in ("subject", "object")
            if argument.role in ("topic", "also") or (core and argument.role in roles) or (not core and roles):
                break
            if core:
                roles.add(argument.role)
            taken.insert(0, argument)
        self.open = [a for a in self.open if a not in taken]
        draft.arguments = taken
        draft.subjects = [a.phrase for a in taken if a.role == "subject"]

    def _join_equals(self) -> None:
        """'곰이랑 여우랑 춤춘다': two who do it with each other both do it."""
        if any(a.role in ("subject", "topic", "also") for a in self.open):
            return
        for argument in self.open:
            if argument.role in ("@랑", "@이랑", "@하고", "@와", "@과") and self.phrases[argument.phrase].joined:
                argument.role = "subject"

    def _close(self, number: int, ending: Morpheme | None) -> None:
        """Links a finished clause with those before it, and says how the next will hang on it."""
        draft = self.clauses[number]
        for clause in self.waiting:
            self.clauses[clause].parent = number
        self.waiting = []
        ways: dict[str, tuple[Link, str]] = korean_words()["endings"]
        link, marker = ways.get(ending.form, ("and", "and")) if ending else ("main", "")
        final = ending is None or ending.tag == "EF"
        if not final and link != "and":
            draft.link, draft.marker = link, marker
            self.waiting.append(number)
            return
        if self.last is not None:
            draft.link, draft.marker, draft.parent = "and", self.beside, self.last
        self.last, self.beside = (None, "") if final else (number if self.last is None else self.last, marker)

    def _share_subjects(self) -> None:
        """A clause without a subject has that of the clause that it hangs on or stands beside, or that hangs on it."""
        for n, draft in enumerate(self.clauses):
            if draft.subjects or is_order(draft):
                continue
            before = self.clauses[:n]
            if draft.link in ("when", "inner") and draft.parent is not None:
                outer = self.clauses[draft.parent]
                draft.subjects = list(outer.subjects)
            elif draft.link != "relative" and draft.predicate.lemma not in ("이다",):
                near = [c for c in reversed(before) if c.subjects and c.of not in c.subjects and c.link != "said"]
                near.sort(key=lambda clause: clause.link == "relative")
                draft.subjects = list(near[0].subjects) if near else []
