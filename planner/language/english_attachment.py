"""Where prepositions of an English sentence belong: to who is described, or to what happens."""

from __future__ import annotations

from planner.language import english
from planner.language.english_tree import VERBS, Node
from planner.language.english_words import words_of

WHERE = frozenset(
    {"in", "at", "on", "inside", "near", "under", "outside", "during", "until", "before", "after", "by", "through"}
)
_AT = frozenset({"in", "at", "on", "inside", "near", "under", "outside", "by", "beside", "behind", "along", "against"})
_WORN = frozenset({"in", "with", "without"})


def attach_description(preposition: Node) -> None:
    """'an old man with a long beard', 'a girl in a red coat': what says how somebody looks hangs on them."""
    if preposition.dep != "prep" or preposition.lower not in _WORN or preposition.head.tag not in VERBS:
        return
    noun = _noun_before(preposition)
    if noun is not None and describes(preposition, noun) and preposition.head.lemma not in ("dress", "clothe", "wrap"):
        preposition.move(noun, "prep")


def describes(preposition: Node, noun: Node | None = None) -> bool:
    """Whether a phrase says how somebody or something looks, by its noun."""
    what = preposition.one("pobj")
    if what is None:
        return False
    names = {english.singular(what.lower), what.lower}
    if preposition.lower == "in":
        return bool(names & words_of("garments")) and what.lemma not in words_of("parts")
    if names & words_of("body"):
        return not what.one("poss") or preposition.lower == "without"
    return bool(names & (words_of("garments") | words_of("parts")))


def _noun_before(preposition: Node) -> Node | None:
    """The subject or object of a clause that ends right before a preposition."""
    for noun in preposition.head.having("dobj", "nsubj", "dative", "attr", "pobj"):
        inside = [n for n in noun.subtree() if n.dep not in ("relcl", "acl")]
        if max(n.i for n in inside) == preposition.i - 1:
            return [noun, *noun.conjuncts()][-1]
    for other in preposition.head.having("prep"):
        noun_ = other.one("pobj")
        if noun_ is not None and max(n.i for n in noun_.subtree()) == preposition.i - 1 and preposition.lower == "with":
            return noun_ if not _is_time(noun_) else None
    return None


def attach_place(preposition: Node) -> None:
    """'meets a man in his workshop': where it happens hangs on the clause, not on who is there."""
    noun, what = preposition.head, preposition.one("pobj")
    if preposition.dep != "prep" or preposition.lower not in _AT:
        return
    if what is None or not (noun.is_noun or noun.part == "PRON") or describes(preposition):
        return
    if {what.lemma, english.singular(what.lower)} & words_of("body") or (
        preposition.lower == "by" and what.tag == "NNP"
    ):
        return
    verb = _clause_of_object(noun)
    if verb is not None:
        preposition.move(verb, "prep")


def _clause_of_object(noun: Node) -> Node | None:
    """The verb of a clause that a noun is an object of, or describes an object of: 'with a beard'."""
    first = noun
    while first.dep == "conj":
        first = first.head
    if first.dep in ("dobj", "dative") and first.head.tag in VERBS:
        return first.head
    if first.dep == "pobj" and first.head.lower in _WORN and describes(first.head):
        outer = first.head.head
        return outer if outer.tag in VERBS else _clause_of_object(outer)
    if first.dep == "pobj" and first.head.lower in ("to", "from", "at", "for") and first.head.head.tag in VERBS:
        return first.head.head if not _is_time(first) and first.head.lower == "at" else None
    return None


def _is_time(noun: Node) -> bool:
    return bool({noun.lemma, english.singular(noun.lower)} & words_of("hours"))


def attach_time(preposition: Node) -> None:
    """'through a market at dusk': an hour says when all of it happens."""
    what = preposition.one("pobj")
    if preposition.dep != "prep" or what is None or not _is_time(what) or not preposition.head.is_noun:
        return
    if preposition.lower == "of" or preposition.lower == "from":
        return
    verb = next((n for n in preposition.ancestors() if n.tag in VERBS and n.dep != "amod"), None)
    if verb is not None:
        preposition.move(verb, "prep")
