"""What is odd about a reading of an English sentence: a sign that some word was misread."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from planner.language import english
from planner.language.english_words import is_grammar, words_of

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

FINITE = ("VBZ", "VBP", "VBD")
NOUNS = ("NN", "NNS", "NNP", "NNPS")
NO_PREDICATE = ("compound", "amod", "nmod", "prep", "npadvmod", "appos", "pobj", "attr", "oprd", "dobj")
_SUBJECTS = ("nsubj", "nsubjpass", "csubj", "expl")
_PLURAL_PRONOUNS = frozenset({"they", "we", "i", "you", "both", "these", "those", "many", "few", "several"})
_ONE = frozenset({"a", "an", "this", "each", "every", "another", "one", "that"})
_SEVERAL = frozenset({"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "these", "those", "many"})


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
    return form == "VB" and several and before.tag_ in (*NOUNS, "PRP", "CD")


def _oddities(token: Token) -> Iterator[float]:
    if token.tag_ in FINITE or token.tag_ in ("VB", "MD"):
        yield from _odd_verb(token)
    elif token.tag_ in NOUNS:
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
    if verb.dep_ in NO_PREDICATE:
        yield 2
    if verb.dep_ in ("aux", "auxpass") or verb.tag_ == "MD":
        if verb.tag_ == "MD" and verb.dep_ == "aux" and verb.head.tag_ not in ("VB", "VBP"):
            yield 1
        return
    before = verb.nbor(-1) if verb.i else verb
    if verb.tag_ in ("VB", "VBP") and before.tag_ == "JJ" and before.dep_ in ("pobj", "dobj", "nsubj"):
        yield 1
    seen = verb.dep_ == "ccomp" and verb.head.lower_ in words_of("perceiving")
    if has_noun_parts(verb) and not seen:
        yield 1
    subjects = [t for t in verb.children if t.dep_ in _SUBJECTS]
    helped = any(t.tag_ in ("MD", "TO") or t.dep_ in ("aux", "auxpass") for t in verb.lefts)
    if verb.tag_ == "VB":
        if not helped and not subjects and verb.dep_ == "ROOT" and _has_noun_before(verb):
            yield 1.5
        return
    if not subjects and verb.dep_ not in ("conj", "xcomp", "prep", "pcomp", "parataxis") and not _is_inverted(verb):
        opening = verb.tag_ == "VBP" and not _has_noun_before(verb)
        yield 0.5 if opening or verb.dep_ in ("relcl", "advcl", "ccomp") else 2
    if verb.dep_ == "conj" and verb.head.tag_ in NOUNS:
        yield 1
    parted = verb.dep_ == "ccomp" and not any(t.dep_ == "mark" for t in verb.children)
    yield from (0.3 if parted else 1.5 for s in subjects[-1:] if not (_agree(s, verb) or helped or seen))
    if (
        verb.dep_ == "conj"
        and not subjects
        and verb.i
        and verb.nbor(-1).dep_ == "conj"
        and has_noun_parts(verb.nbor(-1))
    ):
        yield 1
    named = any(t.dep_ == "neg" for s in subjects for t in s.lefts) or any(
        s.nbor(-1).text == "," for s in subjects if s.i
    )
    if len([s for s in subjects if s.dep_ != "expl"]) > 1 and not named:
        yield 1.5


def _is_inverted(verb: Token) -> bool:
    """Whether the subject comes last: 'in the corner sits an old cat'."""
    first = next((t for t in verb.children if not t.is_punct), verb)
    opening = verb.tag_ in FINITE and first.dep_ in ("prep", "advmod") and first.i < verb.i
    return opening and first.i == verb.sent.start and not any(t.text == "," for t in verb.doc[first.i : verb.i])


def _has_noun_before(verb: Token) -> bool:
    clause = [t for t in verb.doc[verb.left_edge.i : verb.i] if not t.is_punct]
    return any(t.tag_ in (*NOUNS, "PRP") and t.dep_ not in ("pobj", "npadvmod", "vocative", "intj") for t in clause)


def _agree(subject: Token, verb: Token) -> bool:
    """Whether subject and verb are of one number, as far as words show it."""
    if verb.tag_ == "VBD" or subject.dep_ in ("expl", "csubj") or subject.tag_ in ("WDT", "WP", "DT", "CD"):
        return True
    joined = any(t.lower_ == "and" for t in subject.children) and bool(list(subject.conjuncts))
    several = subject.tag_ in ("NNS", "NNPS") or joined or subject.lower_ in _PLURAL_PRONOUNS
    if any(t.dep_ == "prep" and t.lower_ == "of" for t in subject.children) or subject.tag_ == "JJ":
        return True
    return several == (verb.tag_ == "VBP")


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
    if noun.i and may_be_made(noun.nbor(-1)):
        yield 0.5
    if any(t.dep_ in ("nsubj", "dobj") for t in noun.children) and not any(t.dep_ == "cop" for t in noun.children):
        yield 1.5
    title = noun.i + 1 < len(noun.doc) and noun.nbor(1).text == ":"
    if noun.dep_ in ("advcl", "ccomp", "relcl") and not title and not any(t.dep_ == "cop" for t in noun.children):
        yield 1.5
    if not form or determiners or any(t.dep_ in ("amod", "poss", "nummod") for t in noun.lefts):
        yield from _odd_end(noun, form)
        return
    if noun.dep_ == "conj" and noun.head.tag_ in (*NOUNS, *FINITE, "VB", "VBG"):
        yield from _odd_in_row(noun, form)
    if noun.dep_ in ("appos", "npadvmod", "dep") and noun.tag_ != "NNP":
        yield 1
    yield from _odd_end(noun, form)


def _odd_in_row(noun: Token, form: str) -> Iterator[float]:
    """'opens the door and waves': a last member without the article of the one before."""
    first = noun.head
    if first.tag_ not in NOUNS:
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


def may_be_made(token: Token) -> bool:
    """'has her smile', 'watches the snow fall': whether a word may be who is made or seen to do it."""
    if token.i + 1 >= len(token.doc) or token.dep_ not in ("poss", "compound") or token.head.i != token.i + 1:
        return False
    deed, verb = token.head, token.head.head
    makes = verb.lower_ in words_of("perceiving") and deed.dep_ == "dobj" and deed.tag_ == "NN"
    makes = makes and deed.lower_ not in words_of("body")
    return makes and (token.lower_ == "her" or token.tag_ == "NN") and english.verb_form(deed.lower_) == "VB"


def has_noun_parts(verb: Token) -> bool:
    return any(t.dep_ in ("det", "compound", "amod", "poss") for t in verb.lefts)
