"""Korean sentences as phrases and clauses.

Every predicate closes a clause and takes what stands before it and is still open; a topic stays open for the clauses
after it. A verb that stands before a noun describes it. Particles become the English prepositions that say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from planner.language.document import Attachment, Clause, Kind, Link, Parse, Phrase, Span, Word
from planner.language.korean_morphemes import Morpheme, NounGroup, Predicate, is_being, items, korean_words, words

_SUBJECT = frozenset({"이", "가", "께서", "에서가"})
_TOPIC = frozenset({"은", "는", "도", "만", "마저", "조차", "ᆫ", "이야", "야말로"})
_ROLES = ("subject", "topic", "also", "object", "complement", "bare")
_ORDERS = (
    "세요",
    "으세요",
    "십시오",
    "으십시오",
    "시어요",
    "어라",
    "아라",
    "여라",
    "라",
    "으라",
    "자",
    "ᆯ래",
    "ᆯ까",
    "ᆸ시다",
    "읍시다",
)
_DENYING = frozenset({"않", "못하", "말", "못"})


@dataclass(eq=False)
class _Argument:
    """A noun group that waits for its predicate: its phrase, and as what it stands there."""

    phrase: int
    role: str
    """subject, topic ('은'), also ('도'), object, complement, bare, time, a particle ('@에서') or a preposition."""


@dataclass(eq=False)
class _Draft:
    """A clause that is being filled."""

    predicate: Predicate
    arguments: list[_Argument] = field(default_factory=list)
    link: Link = "main"
    marker: str = ""
    parent: int | None = None
    of: int | None = None
    subjects: list[int] = field(default_factory=list)
    topic: int | None = None
    adverbs: list[str] = field(default_factory=list)


def parse(sentences: Sequence[str]) -> list[Parse]:
    """What each sentence says; spans are places in it."""
    return [_Reader(sentence).parse() for sentence in sentences]


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.items = text, items(text)
        self.phrases: list[Phrase] = []
        self.clauses: list[_Draft] = []
        self.open: list[_Argument] = []
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
        clauses = tuple(self._clause(n) for n in range(len(self.clauses)))
        return Parse(tuple(words(self.text)), tuple(self.phrases), clauses)

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
        parted = _part(group.morphemes)
        if not parted.core:
            self._loose(group)
            return
        if parted.count is not None and parted.core[0].form in korean_words()["counters"] and _is(group, "의"):
            self.count = parted.count
            return
        first = self.joined[0][0] if self.joined else None
        number = self._enter(parted, group)
        number = number if first is None else first
        particles = [p.form for p in group.particles]
        if _is(group, "의"):
            self.owner = number
            return
        role = self._role(group, parted)
        if role == "joined":
            self.joined.append((len(self.phrases) - 1 if first is not None else number, particles[-1]))
            return
        self.open.append(_Argument(number, role))

    def _enter(self, parted: _Parts, group: NounGroup) -> int:
        """Adds a phrase with what was said before it of it."""
        number = len(self.phrases)
        head = _head_word(self.text, parted)
        start = min(s for s in (self.start, parted.core[0].span.start) if s is not None)
        described, self.describing = self.describing, []
        joined = tuple(n for n, _ in self.joined)
        phrase = Phrase(
            span=Span(start, group.span.end),
            core=Span(start, parted.core[-1].span.end),
            head=head,
            kind=_kind(parted),
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
            self.phrases.append(_name_phrase(self.text, parted.name))
        if joined:
            first = joined[0]
            self.phrases[first] = self.phrases[first]._replace(joined=(*joined[1:], number))
        self.adjectives, self.start, self.owner, self.alias, self.count = [], None, None, None, None
        self.joined = [] if not self._is_joining(group) else self.joined
        return number

    def _is_joining(self, group: NounGroup) -> bool:
        return bool(group.particles) and group.particles[-1].tag == "JC" and not group.postposition

    def _role(self, group: NounGroup, parted: _Parts) -> str:
        """As what a noun group stands in its clause, by its particles."""
        forms = [p.form for p in group.particles]
        if group.postposition:
            return group.postposition
        if parted.later:
            return parted.later
        if self._is_joining(group):
            return "joined"
        if parted.position:
            going = bool(set(forms) & {"으로", "로"})
            return f"@{parted.position} {int(going)}"
        if any(p.tag == "JKC" for p in group.particles):
            return "complement"
        if set(forms) & _SUBJECT:
            return "subject"
        if set(forms) & {"을", "를", "ᆯ"}:
            return "object"
        by = next((f for f in forms if f in korean_words()["particles"]), "")
        if by:
            return (
                f"@{by}" if not {"부터", "까지"} & set(forms) else f"@{next(f for f in forms if f in ('부터', '까지'))}"
            )
        if set(forms) & _TOPIC:
            return "topic" if {"은", "는", "ᆫ"} & set(forms) else "also"
        return "time" if parted.is_time or parted.is_measure else "bare"

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

    def _give_back(self, draft: _Draft) -> None:
        """A clause of time takes all that is open, as a describing one does not; but for a topic."""
        kept = [a for a in self.open if a.role in ("topic", "also") or (a.role == "subject" and draft.subjects)]
        draft.arguments = [a for a in self.open if a not in kept] + draft.arguments
        draft.subjects = draft.subjects or [a.phrase for a in draft.arguments if a.role == "subject"]
        self.open = kept

    def _names(self, group: NounGroup) -> bool:
        """'루나라는 이름의 고양이': the name was said, '이름' only says that it is one."""
        return self.alias is not None and group.morphemes[0].form == "이름" and _is(group, "의")

    def _describe(self, clause: int, number: int) -> None:
        """Fills a describing clause with the noun that it describes: its subject, or its object."""
        draft = self.clauses[clause]
        draft.of = number
        has_object = any(a.role == "object" for a in draft.arguments)
        needs = draft.predicate.lemma in korean_words()["transitive"] and not draft.predicate.auxiliaries
        if not draft.subjects and (has_object or not needs):
            draft.subjects.append(number)
        elif not has_object and not draft.predicate.adjective and draft.predicate.lemma not in ("있다", "없다"):
            draft.arguments.append(_Argument(number, "object"))

    # ---- predicates

    def _predicate(self, predicate: Predicate) -> None:
        ending = predicate.ending
        if self._hangs_by_verb(predicate):
            return
        if predicate.copula:
            self._copula()
        if ending is not None and ending.tag == "ETM" and predicate.copula and ending.form in ("라는", "다는"):
            if self.open and self.open[-1].role == "complement":
                self.alias = self.open.pop().phrase
                return
        describing = ending is not None and ending.tag in ("ETM", "ETN")
        says_how = predicate.adjective or (predicate.lemma in korean_words()["states"] and not predicate.auxiliaries)
        if ending is not None and ending.tag == "ETM" and says_how and not self._has_own_subject(predicate):
            self._as_adjective(predicate)
            return
        if self._is_serial(predicate):
            return
        draft = _Draft(predicate)
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
        at = self.items.index(predicate)
        following = self.items[at + 1] if at + 1 < len(self.items) else None
        ending = predicate.ending
        return (
            isinstance(following, Predicate) and ending is not None and ending.tag == "EC"
            and ending.form in ("어", "아", "여") and not predicate.adjective and not following.adjective
        )  # fmt: skip

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

    def _take(self, draft: _Draft, describing: bool) -> None:
        """Gives a predicate its arguments: a describing one the nearest of each kind, another all but a second subject."""
        if describing:
            self._take_nearest(draft)
            return
        causative = any(a.split()[0] == "게" for a in draft.predicate.auxiliaries)
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
            _cause(draft)
        draft.subjects = [a.phrase for a in draft.arguments if a.role == "subject"]
        self._resolve_topics(draft, topics)
        self.open = kept + (topics if self._goes_on(draft) else [])

    def _goes_on(self, draft: _Draft) -> bool:
        """Whether more of the sentence follows."""
        ending = draft.predicate.ending
        return ending is not None and ending.tag != "EF"

    def _resolve_topics(self, draft: _Draft, topics: Sequence[_Argument]) -> None:
        """A topic is the subject, unless somebody else is; then the object, where the clause has none."""
        for topic in reversed(topics):
            if not draft.subjects:
                draft.subjects = [topic.phrase]
                draft.topic = topic.phrase
            elif topic.phrase in draft.subjects:
                continue
            elif not self._goes_on(draft) and draft.predicate.lemma in korean_words()["transitive"]:
                if not any(a.role == "object" for a in draft.arguments):
                    draft.arguments.append(_Argument(topic.phrase, "object"))

    def _take_nearest(self, draft: _Draft) -> None:
        taken: list[_Argument] = []
        roles: set[str] = set()
        for argument in reversed(self.open):
            if argument.role == "also" and not roles and draft.predicate.lemma in ("있다", "없다"):
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

    def _close(self, number: int, ending: Morpheme | None) -> None:
        """Links a finished clause with those before it, and says how the next will hang on it."""
        draft = self.clauses[number]
        for clause in self.waiting:
            self.clauses[clause].parent = number
        self.waiting = []
        link, marker = korean_words()["endings"].get(ending.form, ("and", "and")) if ending else ("main", "")
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
            if draft.subjects or self._is_order(draft):
                continue
            before = self.clauses[:n]
            if draft.link in ("when", "inner") and draft.parent is not None:
                outer = self.clauses[draft.parent]
                draft.subjects = list(outer.subjects)
            elif draft.link != "relative" and draft.predicate.lemma not in ("이다",):
                near = [c for c in reversed(before) if c.subjects and c.of not in c.subjects and c.link != "said"]
                draft.subjects = list(near[0].subjects) if near else []

    def _is_order(self, draft: _Draft) -> bool:
        predicate = draft.predicate
        ending = predicate.ending
        stems = [a.split()[-1] for a in predicate.auxiliaries]
        if any(a.split()[0] in ("면", "으면") and a.endswith("좋") for a in predicate.auxiliaries):
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

    # ---- writing it down

    def _clause(self, number: int) -> Clause:
        draft = self.clauses[number]
        predicate, arguments = draft.predicate, draft.arguments
        complements = [a.phrase for a in arguments if a.role == "complement"]
        objects = [a for a in arguments if a.role == "object" or (a.role == "bare" and draft.subjects)]
        subjects = [*draft.subjects, *(a.phrase for a in arguments if a.role == "bare" and not draft.subjects)]
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
            order=self._is_order(draft),
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

    def _span(self, draft: _Draft) -> Span:
        inside = [self.phrases[a.phrase].span for a in draft.arguments if a.phrase != draft.of]
        inside += [self.phrases[s].span for s in draft.subjects if s != draft.of]
        starts = [s.start for s in inside if s.start <= draft.predicate.span.start]
        return Span(min([*starts, draft.predicate.span.start]), draft.predicate.span.end)

    def _is_receiver(self, argument: _Argument, draft: _Draft) -> bool:
        given = any(a.role == "object" for a in draft.arguments)
        return argument.role in ("@에게", "@한테", "@께", "@더러") and given

    def _attached(self, draft: _Draft) -> Iterator[Attachment]:
        for argument in draft.arguments:
            by = self._preposition(argument, draft.predicate.lemma)
            if by is not None and not self._is_receiver(argument, draft):
                yield from (Attachment(by, i) for i in self._members(argument.phrase))

    def _preposition(self, argument: _Argument, verb: str) -> str | None:
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


def _is(group: NounGroup, particle: str) -> bool:
    return [p.form for p in group.particles] == [particle]


@dataclass(eq=False)
class _Parts:
    """A noun group taken apart."""

    core: list[Morpheme]
    """The noun itself, with its suffix for several or its title."""
    count: int | None = None
    determiner: str = ""
    position: str = ""
    later: str = ""
    compounds: tuple[str, ...] = ()
    ordinals: tuple[str, ...] = ()
    name: Morpheme | None = None
    is_time: bool = False
    is_measure: bool = False


def _part(group: Sequence[Morpheme]) -> _Parts:
    """'펭귄 일곱 마리', '나무 아래', '한 시간 뒤', '두 번째 샷', '토끼 뭉치' by their parts."""
    table = korean_words()
    row, parts = list(group), _Parts([])
    if len(row) > 1 and row[-1].form in ("뒤", "후", "전") and row[-2].form in table["units"]:
        parts.later = {"전": "ago"}.get(row.pop().form, "later")
    elif len(row) > 1 and row[-1].form in table["positions"] and row[-1].tag in ("NNG", "NNB"):
        parts.position = row.pop().form
    row = _without_ordinal(row, parts)
    row = _without_number(row, parts)
    while row and row[0].tag == "MM":
        parts.determiner = table["determiners"].get(row.pop(0).form, "")
    _divide(row, parts)
    last = parts.core[-1].form if parts.core else ""
    parts.is_time = bool(parts.core) and parts.core[0].form in table["hours"]
    parts.is_measure = last in table["units"] and parts.count is not None
    return parts


def _without_ordinal(row: list[Morpheme], parts: _Parts) -> list[Morpheme]:
    """Takes '두 번째' off the front."""
    at = next((n for n, m in enumerate(row) if m.form in ("째", "번째")), None)
    if at is None or at + 1 >= len(row):
        return row
    parts.ordinals = (" ".join(_written(row[: at + 1])),)
    return row[at + 1 :]


def _written(row: Sequence[Morpheme]) -> Iterator[str]:
    """Morphemes as words: what touches is one."""
    word = row[0].form
    for before, morpheme in zip(row, row[1:], strict=False):
        if morpheme.span.start > before.span.end:
            yield word
            word = ""
        word += morpheme.form
    yield word


def _without_number(row: list[Morpheme], parts: _Parts) -> list[Morpheme]:
    """Takes a number with its counter off: '곰 두 마리', '세 명의', '2초' (which stays a measure)."""
    table = korean_words()
    for n, morpheme in enumerate(row):
        count = int(morpheme.form) if morpheme.form.isdecimal() else table["numbers"].get(morpheme.form)
        if count is None or morpheme.tag not in ("NR", "MM", "SN"):
            continue
        counter = row[n + 1].form if n + 1 < len(row) else ""
        if counter in table["counters"] and (n or len(row) > n + 2):
            parts.count = count
            return row[:n] + row[n + 2 :]
        if counter or n:
            parts.count = count
            return row[:n] + row[n + 1 :]
    return row


def _divide(row: list[Morpheme], parts: _Parts) -> None:
    """The noun of a group, nouns before it, and a name after it."""
    if not row:
        return
    blocks: list[list[Morpheme]] = [[row[0]]]
    for before, morpheme in zip(row, row[1:], strict=False):
        if morpheme.span.start == before.span.end or morpheme.tag == "XSN":
            blocks[-1].append(morpheme)
        else:
            blocks.append([morpheme])
    kind = "".join(m.form for m in blocks[-2]) if len(blocks) > 1 else ""
    if kind and is_being(kind) and len(blocks[-1]) <= 2 and blocks[-1][0].tag in ("NNG", "NNP", "SL", "NNB"):
        parts.name = _merged(blocks.pop())
    parts.core = blocks[-1]
    parts.compounds = tuple("".join(m.form for m in block) for block in blocks[:-1])


def _merged(block: Sequence[Morpheme]) -> Morpheme:
    span = Span(block[0].span.start, block[-1].span.end)
    return Morpheme("".join(m.form for m in block), "NNP", span)


def _head_word(text: str, parted: _Parts) -> Word:
    """The noun as one word; its plural suffix belongs to it."""
    span = Span(parted.core[0].span.start, parted.core[-1].span.end)
    lemma = "".join(m.form for m in parted.core if m.form != "들")
    part = {"NNP": "PROPN", "SL": "PROPN", "NP": "PRON"}.get(parted.core[-1].tag, "NOUN")
    return Word(span, text[span.start : span.end], lemma, part)


def _name_phrase(text: str, name: Morpheme) -> Phrase:
    return Phrase(name.span, name.span, Word(name.span, text[slice(*name.span)], name.form, "PROPN"), "name")


def _kind(parted: _Parts) -> Kind:
    tags: dict[str, Kind] = {"NNP": "name", "NP": "pronoun", "SL": "name"}
    return tags.get(parted.core[0].tag, "noun")


def _cause(draft: _Draft) -> None:
    """'개구리를 뛰게 해': whom somebody makes do it is who does it."""
    objects = [a for a in draft.arguments if a.role == "object"]
    others = [a for a in draft.arguments if a.role in ("@에게", "@한테")]
    if others:
        others[0].role = "subject"
    elif objects and draft.predicate.lemma not in korean_words()["transitive"]:
        objects[0].role = "subject"


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
