"""English sentences as phrases and clauses: spaCy's small model reads them, and what it misreads is mended.

Subjects are always those who do it and objects those to whom it is done: of 'the key is lost by Mia', Mia and the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from planner.language.document import Attachment, Clause, Kind, Link, Parse, Phrase, Span, Word
from planner.language.english_reading import EnglishReading, read
from planner.language.english_repair import repair
from planner.language.english_tree import SUBJECTS, Node, tree
from planner.language.english_words import words_of

_UP_TO_TWENTY = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty"""
NUMBERS = {word: number for number, word in enumerate(_UP_TO_TWENTY.split())} | {
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    "dozen": 12, "pair": 2, "couple": 2, "both": 2, "hundred": 100, "thousand": 1000,
}  # fmt: skip
_BEFORE_NOUNS = ("det", "predet", "amod", "compound", "nummod", "poss", "quantmod", "nmod")
_APART = ("relcl", "conj", "cc", "punct", "appos", "acl", "preconj", "naming", "except", "instead")
"""What hangs on a noun and is no part of its phrase."""
_LINKS: dict[str, Link] = {
    "advcl": "when", "relcl": "relative", "acl": "relative", "xcomp": "inner", "pcomp": "inner", "ccomp": "said",
}  # fmt: skip
_PERCEIVES = frozenset(
    {"see", "watch", "hear", "feel", "let", "make", "have", "help", "want", "start", "begin", "try", "keep"}
    | {"find", "catch", "spot", "notice", "leave", "get", "stop", "like", "love", "enjoy", "finish", "continue"}
)
"""Verbs whose clause is what somebody sees done, begins or makes somebody do, and not what is said."""
_TIMED = frozenset({"later", "ago", "before", "after", "earlier", "afterwards", "afterward"})
_PREPOSITIONS = ("ADP", "SCONJ", "VERB", "ADV", "ADJ")
_EXCEPT = frozenset({"but", "except", "excepting", "save"})


def parse(sentences: Sequence[str]) -> list[Parse]:
    """What each sentence says; spans are places in it."""
    return [_Reader(reading).parse() for reading in read(sentences)]


class _Reader:
    """Numbers the phrases and clauses of a sentence, then describes each."""

    def __init__(self, reading: EnglishReading) -> None:
        self.text = str(reading.written.text)
        self.nodes = tree(reading)
        repair(self.nodes)
        self.heads = [node for node in self.nodes if _is_mention(node)]
        self.verbs = [node for node in self.nodes if _is_predicate(node)]
        self.phrase_of = {node.i: n for n, node in enumerate(self.heads)}
        self.clause_of = {node.i: n for n, node in enumerate(self.verbs)}

    def parse(self) -> Parse:
        return Parse(
            tuple(_word(n) for n in self.nodes if n.is_word),
            tuple(self._phrase(n) for n in self.heads),
            tuple(self._clause(n) for n in self.verbs),
        )

    def _phrase(self, head: Node) -> Phrase:
        before = [n for n in head.children if n.i < head.i and n.dep in _BEFORE_NOUNS]
        kinds: dict[str, Kind] = {"PROPN": "name", "PRON": "pronoun"}
        return Phrase(
            span=_span(_bare_subtree(head)),
            core=_span([head, *(m for n in before for m in n.subtree())]),
            head=_word(head),
            kind=kinds.get(head.part, "noun"),
            determiner=next((n.lower for n in before if n.dep in ("det", "predet") and n.lower not in NUMBERS), ""),
            count=_count(before),
            plural=head.tag in ("NNS", "NNPS") or head.lower in ("they", "them", "we", "us", "both"),
            adjectives=tuple(self._texts(n) for n in before if _is_adjective(n)),
            compounds=tuple(n.text for n in before if n.dep == "compound" and not _is_adjective(n)),
            owner=self._owner(head, before),
            attached=tuple(self._attached(head)),
            alias=next(self._known(n for n in head.having("appos") if not n.has("no")), None),
            joined=() if head.dep == "conj" else tuple(self._known(head.conjuncts())),
        )

    def _owner(self, head: Node, before: Sequence[Node]) -> int | None:
        """Whose it is; of 'whose dog', who is described."""
        owners = (self._described(head) if n.tag == "WP$" else n for n in before if n.dep == "poss")
        return next((self.phrase_of[n.i] for n in owners if n is not None and n.i in self.phrase_of), None)

    def _clause(self, verb: Node) -> Clause:
        complements = verb.having("attr", "acomp", "oprd")
        subjects, objects = self._roles(verb)
        link, parent, of = self._link(verb)
        return Clause(
            span=_span(verb.subtree()),
            verb=_word(verb),
            particle=next((n.lower for n in verb.having("prt")), ""),
            subjects=tuple(dict.fromkeys(subjects)),
            objects=tuple(dict.fromkeys(objects)),
            receivers=tuple(self._with_joined(n for n in verb.having("dative") if n.part != "ADP")),
            complement=" ".join(self._texts(n) for n in complements),
            complements=tuple(self._with_joined(complements)),
            attached=tuple(self._attached(verb)),
            adverbs=tuple(n.lower for n in verb.having("advmod", "neg") if n.part == "ADV" and n.tag != "WRB"),
            negated=self._is_negated(verb, (*subjects, *objects)),
            passive=_is_passive(verb),
            order=self._is_order(verb),
            past=verb.tag in ("VBD", "VBN") or any(n.tag == "VBD" for n in verb.having("aux", "auxpass")),
            modal=next((n.lower for n in verb.having("aux") if n.tag == "MD"), ""),
            link=link,
            marker=_marker(verb),
            parent=parent,
            of=of,
        )

    def _roles(self, verb: Node) -> tuple[list[int], list[int]]:
        """Who does it and to whom, whatever stands first."""
        surface, objects = self._surface_subjects(verb), self._objects(verb)
        if not _is_passive(verb):
            return surface, objects
        agents = [n for by in verb.having("agent") for n in by.having("pobj")]
        return list(self._with_joined(agents)), [*surface, *objects]

    def _objects(self, verb: Node) -> list[int]:
        named = [n for n in verb.having("dobj") if n.tag not in ("WDT", "WP")]
        objects = list(self._with_joined(named))
        described = self._described(verb)
        asked = [n for n in verb.having("dobj") if n.tag in ("WDT", "WP")]
        if described is not None and (asked or self._has_gap(verb)):
            objects = [self.phrase_of[described.i], *objects] if described.i in self.phrase_of else objects
        return objects

    def _has_gap(self, verb: Node) -> bool:
        """Whether a relative clause lacks its object: 'a man she loved', 'the boy that the bear saved'."""
        inner = [n for v in [verb, *verb.having("xcomp")] for n in v.having("dobj", "acomp", "attr", "ccomp")]
        pending = any(not list(n.children) for n in verb.having("prep"))
        whole = any(n.tag in ("WDT", "WP") and n.dep in SUBJECTS for n in verb.children)
        placed = any(n.tag in ("WRB", "WDT", "WP") for n in verb.subtree() if n.dep in ("advmod", "pobj"))
        owned = any(n.tag == "WP$" for n in verb.subtree())
        subject = bool(verb.one(*SUBJECTS))
        return (
            verb.dep == "relcl"
            and subject
            and not (inner or pending or whole or placed or owned)
            and not _is_passive(verb)
        )

    def _described(self, node: Node) -> Node | None:
        """The noun that the relative clause around a word describes."""
        for outer in (node, *node.ancestors()):
            if outer.dep in ("relcl", "acl"):
                return outer.head
        return None

    def _surface_subjects(self, verb: Node) -> list[int]:
        """The subjects as they are named; else whom a relative clause describes, else those of the clause before."""
        named = [n for n in verb.having(*SUBJECTS) if not (n.tag in ("WDT", "WP") and n.dep != "csubj")]
        if named:
            return list(self._with_joined(named))
        if verb.dep in ("relcl", "acl") and verb.head.i in self.phrase_of:
            if verb.dep == "acl" and verb.tag not in ("VBG", "VBN"):
                return []
            return [self.phrase_of[verb.head.i], *(() if verb.dep == "acl" else self._known(verb.head.conjuncts()))]
        if verb.dep not in ("conj", "xcomp", "advcl", "pcomp", "ccomp", "dep") or verb.one("expl"):
            return []
        outer = next((n for n in verb.ancestors() if n.i in self.clause_of), None)
        if outer is None or (verb.dep in ("advcl", "ccomp", "dep") and verb.tag in ("VBZ", "VBP", "VB")):
            return []
        objects = [n for n in outer.having("dobj") if n.tag not in ("WDT", "WP")]
        return list(self._with_joined(objects)) if objects and verb.dep == "xcomp" else self._surface_subjects(outer)

    def _is_negated(self, verb: Node, phrases: Iterable[int]) -> bool:
        if verb.has("never", "nowhere", "neither") or (verb.having("neg") and not verb.has("only")):
            return True
        none = words_of("none")
        heads = (self.heads[i] for i in phrases if self.heads[i].head is verb or self.heads[i].head.head is verb)
        return any(
            h.lower in none or any(n.lower in none for n in h.children if n.dep in ("det", "preconj", "advmod", "cc"))
            for h in heads
        )

    def _is_order(self, verb: Node) -> bool:
        """Whether a verb tells somebody to do it: bare, without a subject, alone or beside another order."""
        helped = any(n.tag in ("TO", "MD") for n in verb.having("aux"))
        if verb.tag not in ("VB", "VBP") or helped or verb.one(*SUBJECTS, "expl"):
            return False
        if verb.dep == "conj":
            return self._is_order(verb.head) if verb.head.tag.startswith("V") else True
        return verb.head is verb

    def _attached(self, node: Node) -> Iterator[Attachment]:
        for child in node.children:
            if child.lower == "instead" and child.having("prep"):
                yield from self._hung(child.having("prep")[0], "instead of")
            elif child.dep in ("prep", "conj") and child.part == "ADP" and child.has("instead", "not"):
                yield from self._hung(child, "instead of")
            elif (child.dep in ("prep", "dative") and child.part in _PREPOSITIONS) or (
                child.dep == "agent" and not _is_passive(node)
            ):
                yield from self._hung(child, child.lower)
            elif child.dep in ("except", "instead"):
                by = {"except": "except", "instead": "instead of"}[child.dep]
                yield from (Attachment(by, phrase) for phrase in self._with_joined([child]))
            elif child.dep == "advmod" and child.having("prep"):
                yield from (a for p in child.having("prep") for a in self._hung(p, _beside(child, p)))
            elif child.dep == "npadvmod" and child.i in self.phrase_of:
                yield Attachment("", self.phrase_of[child.i])
            elif child.lower in _TIMED and child.one("npadvmod", "nmod"):
                yield from (Attachment(child.lower, p) for p in self._known(child.having("npadvmod", "nmod")))
        yield from self._pending(node)

    def _pending(self, verb: Node) -> Iterator[Attachment]:
        """'a man she waits for': what a relative clause describes hangs on the preposition at its end."""
        described = self._described(verb) if verb.dep == "relcl" else None
        if described is None or described.i not in self.phrase_of:
            return
        for child in verb.having("prep"):
            asked = [n for n in child.having("pobj") if n.tag in ("WDT", "WP")]
            if asked or (not child.children and not verb.one("dobj")):
                yield Attachment(child.lower, self.phrase_of[described.i])

    def _hung(self, preposition: Node, by: str) -> Iterator[Attachment]:
        for child in preposition.children:
            if child.dep in ("pobj", "conj") and child.i in self.phrase_of:
                name = "except" if by in _EXCEPT or by == "except for" else by
                yield from (Attachment(name, phrase) for phrase in self._with_joined([child]))
            elif child.dep == "prep":
                yield from self._hung(child, f"{by} {child.lower}")
            elif child.dep == "conj":
                yield from self._hung(child, child.lower)

    def _link(self, verb: Node) -> tuple[Link, int | None, int | None]:
        """How a clause hangs on the rest: its link, the clause that it hangs on, the phrase that it describes."""
        link = _LINKS.get(verb.dep, "and")
        if verb.head is verb:
            return "main", None, None
        if link == "relative" and verb.head.i in self.phrase_of:
            return link, None, self.phrase_of[verb.head.i]
        outer = next((n for n in verb.ancestors() if n.i in self.clause_of), None)
        if outer is None:
            return "main", None, None
        if link == "relative":
            link = "when"
        if link == "said" and verb.i < outer.i and (outer.lemma not in words_of("saying") or not outer.one(*SUBJECTS)):
            return "and", self.clause_of[outer.i], None
        return ("inner" if link == "said" and outer.lemma in _PERCEIVES else link), self.clause_of[outer.i], None

    def _with_joined(self, nodes: Iterable[Node]) -> Iterator[int]:
        for node in nodes:
            yield from self._known([node, *node.conjuncts()])

    def _known(self, nodes: Iterable[Node]) -> Iterator[int]:
        return (self.phrase_of[n.i] for n in nodes if n.i in self.phrase_of)

    def _texts(self, node: Node) -> str:
        span = _span(node.subtree())
        return self.text[span.start : span.end]


def _word(node: Node) -> Word:
    return Word(node.span, node.text, node.text if node.part == "PROPN" else node.lemma, node.part)


def _span(nodes: Iterable[Node]) -> Span:
    words = sorted((n for n in nodes if n.part != "SPACE"), key=lambda n: n.i)
    return Span(words[0].span.start, words[-1].span.end)


def _is_mention(node: Node) -> bool:
    """Whether a token is the noun, name or pronoun of a phrase of its own."""
    if node.dep in ("compound", "expl", "nmod", "amod") or node.tag in ("WDT", "WP", "EX"):
        return False
    if node.dep in ("npadvmod", "meta", "intj") and node.part not in ("NOUN", "PROPN"):
        return False
    roles = (*SUBJECTS, "dobj", "pobj", "dative", "conj", "except", "appos")
    stands_alone = node.part in ("ADJ", "NUM", "DET") and node.dep in roles
    if node.dep in ("conj", "appos") and stands_alone:
        return node.part == ("NUM" if node.dep == "conj" else "ADJ") and _is_mention(node.head)
    return node.part in ("NOUN", "PROPN", "PRON") or stands_alone


def _is_predicate(node: Node) -> bool:
    if node.dep in ("acomp", "attr", "oprd") and not node.one(*SUBJECTS, "dobj"):
        return False
    if node.lower in ("left", "right") and not node.children:
        return False
    helping = ("aux", "auxpass", "amod", "compound", "prep", "agent", "naming", "nmod", "case", "mark")
    return node.part in ("VERB", "AUX") and node.dep not in helping and not node.tag.startswith("N")


def _is_adjective(node: Node) -> bool:
    return node.dep == "amod" or (node.dep in ("compound", "nmod") and node.tag in ("JJ", "VBN", "VBG"))


def _is_passive(verb: Node) -> bool:
    """Whether the verb's subject is to whom it is done: 'is painted', 'hidden under an oak'."""
    if verb.lemma in words_of("intransitive"):
        return False
    if verb.one("nsubjpass", "auxpass"):
        return True
    helped = bool(verb.one("aux"))
    if verb.tag == "VBN" and verb.dep == "conj" and not helped and not verb.one(*SUBJECTS):
        return _is_passive(verb.head)
    return verb.tag == "VBN" and not helped and (verb.dep in ("acl", "advcl") or verb.head is verb)


def _bare_subtree(head: Node) -> Iterator[Node]:
    """A phrase's words without what is :data:`_APART`, at any depth."""
    yield head
    for child in head.children:
        if child.dep not in _APART or (child.dep == "punct" and child.i < head.i and child.text in "-–"):
            yield from _bare_subtree(child)


def _marker(verb: Node) -> str:
    """The words that link a clause to what it hangs on; of one that stands beside another, its conjunction."""
    for child in verb.children:
        asking = child.tag in ("WRB", "WP", "WDT") or (child.dep == "advmod" and child.tag == "IN")
        if child.dep == "mark" or asking:
            marks = [n.lower for n in verb.children if n.dep == "mark" and n.i < verb.i]
            soon = child.lower == "as" and any(n.lower == "soon" and n.i == child.i - 1 for n in _near(verb))
            return "as soon as" if soon else " ".join(marks) if child.dep == "mark" else child.lower
    if verb.dep == "conj":
        joining = [n for n in verb.head.children if n.dep == "cc" and n.i < verb.i]
        return joining[-1].lower if joining else "and"
    return verb.head.lower if verb.dep == "pcomp" else ""


def _beside(adverb: Node, preposition: Node) -> str:
    """'ahead of him', but 'away from him'."""
    return f"{adverb.lower} of" if preposition.lower == "of" else preposition.lower


def _near(verb: Node) -> Iterator[Node]:
    """What hangs on a clause's verb, on the one above it, and that one."""
    yield from (*verb.children, verb.head, *verb.head.children, *verb.head.head.children)


def _count(before: Sequence[Node]) -> int | None:
    for node in before:
        word = node.lower.replace(",", "")
        if node.dep in ("nummod", "det", "predet", "quantmod") and (word.isdecimal() or word in NUMBERS):
            return int(word) if word.isdecimal() else NUMBERS[word]
    return None
