"""What the model attaches to the wrong word, put right by what kinds of words they are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from planner.language import english
from planner.language.english_tree import SUBJECTS, VERBS, Node
from planner.language.english_words import words_of

_WHERE = frozenset(
    {"in", "at", "on", "inside", "near", "under", "outside", "during", "until", "before", "after", "by", "through"}
)
_AT = frozenset({"in", "at", "on", "inside", "near", "under", "outside", "by", "beside", "behind", "along", "against"})
_WORN = frozenset({"in", "with", "without"})
_FINITE = ("VBZ", "VBP", "VBD")


def repair(nodes: Sequence[Node]) -> None:
    """Mends a sentence in place; the steps that others build on come first."""
    for step in (
        _deed, _part_names, _name_before, _name_in_commas, _list_of_several, _called, _titled, _turned, _obliged, _her, _doing,
        _particle, _parted, _opposed, _excepted,
        _row, _alone, _existential, _inverted, _given, _described, _placed, _timed,
    ):  # fmt: skip
        for node in nodes:
            step(node)


def _deed(noun: Node) -> None:
    """'…, then meets an old man': a word that was taken for a noun and has an object is a verb."""
    if noun.tag not in ("NN", "NNS") or not noun.one("dobj") or noun.one("det", "poss", "amod"):
        return
    if form := english.verb_form(noun.lower):
        noun.tag, noun.part, noun.lemma = form, "VERB", english.infinitive(noun.lower)


def _part_names(name: Node) -> None:
    """'the mouse Pip' is a mouse, and Pip its name; 'Miss Red' is a name of two words."""
    kind = name.children and [n for n in name.having("compound") if n.i < name.i]
    if name.tag != "NNP" or not kind or name.text.islower():
        return
    noun = kind[-1]
    if noun.tag != "NN" or not noun.text.islower():
        return
    described = [n for n in name.children if n.i < noun.i and n.dep in ("det", "amod", "poss", "nummod", "compound")]
    name.replace(noun)
    for child in described:
        child.move(noun, child.dep)
    for child in [n for n in name.children if n.dep not in ("compound", "punct")]:
        child.move(noun, child.dep)
    name.move(noun, "appos")


def _name_in_commas(verb: Node) -> None:
    """'a mouse, Pip, finds a key', 'the mouse Pip waves': two subjects are one with a name."""
    subjects = verb.having("nsubj", "nsubjpass")
    before = [n for n in verb.having("dobj") if n.i < verb.i]
    if before and subjects and subjects[0].tag == "NNP" and subjects[0].i == before[0].i + 1:
        before[0].dep = subjects[0].dep
        subjects[0].move(before[0], "appos")
    for first, second in pairwise(subjects):
        between = [n.text for n in (*verb.children, *first.children) if first.i < n.i < second.i]
        if second.tag == "NNP" and first.is_noun and ("," in between or second.i == first.i + 1):
            second.move(first, "appos")


def _name_before(noun: Node) -> None:
    """'Pip the penguin': Pip, who is a penguin."""
    if noun.tag != "NN" or noun.dep not in (*SUBJECTS, "dobj", "pobj") or not noun.children:
        return
    article = next((n for n in noun.children if n.lower == "the"), None)
    places = (*noun.children, *noun.head.children)
    name = next((n for n in places if article and n.part == "PROPN" and n.i == article.i - 1), None)
    if name is None or name.dep not in ("npadvmod", "nmod", "compound", "dep", "poss"):
        return
    if noun.dep == "dobj" and noun.head.lemma in words_of("giving"):
        return
    if name.head is noun:
        noun.replace(name)
    else:
        name.move(noun.head, noun.dep)
    noun.move(name, "appos")


def _list_of_several(first: Node) -> None:
    """'a bear, a fox, an owl and a cat': the second is no other name of the first."""
    second = first.one("appos")
    if second is None or first.tag == "NNP" or not first.is_noun or not second.is_noun or second.tag == "NNP":
        return
    joined = [second, *second.conjuncts()]
    if any(n.has("and", "or") for n in joined) or _follows_in_list(second):
        second.move(first, "conj")


def _follows_in_list(second: Node) -> bool:
    third = second.one("appos")
    return third is not None and (third.has("and", "or") or _follows_in_list(third))


def _called(verb: Node) -> None:
    """'a mouse named Pip': a name, and nothing that happens."""
    if verb.lower not in words_of("naming_forms") or verb.dep not in ("acl", "amod", "relcl") or verb.one(*SUBJECTS):
        return
    name = verb.one("oprd", "attr", "dobj", "xcomp", "ccomp", "npadvmod", "appos", "pobj")
    if name is not None and name.part in ("PROPN", "NOUN", "ADJ", "X"):
        noun = verb.head
        for child in [n for n in verb.children if n is not name and n.is_word and n.dep != "prep"]:
            child.move(noun, child.dep)
        name.move(noun, "appos")
        verb.dep = "naming"


def _opposed(node: Node) -> None:
    """'not the fox but the bear', 'the bear, not the fox': the fox is named to say that it is another."""
    negation = next((n for n in node.children if n.lower == "not" and n.i < node.i), None)
    if (
        not (node.is_noun and negation)
        or negation.i + 1 < min((n.i for n in node.subtree() if n is not negation), default=0) - 1
    ):
        return
    if any(n.lower == "only" for n in node.subtree()):
        return
    other = next((n for n in node.conjuncts() if n.is_noun), None)
    if other is not None:
        node.replace(other)
    elif node.dep in ("conj", "appos", "dep", "npadvmod"):
        pass
    elif not (node.dep in SUBJECTS and len(node.head.having("nsubj", "nsubjpass")) > 1):
        return
    verb = next((n for n in node.ancestors() if n.tag in VERBS), node.head)
    node.move(verb, "instead")


def _excepted(node: Node) -> None:
    """'everyone but the owl', 'all except two': who is left out of a group."""
    if node.dep == "conj" and _is_group(node.head) and node.head.has("but"):
        node.dep = "except"
    elif node.lower in words_of("except") and node.dep in ("prep", "mark", "cc") and node.one("pobj", "conj"):
        target = next((n for n in node.head.having(*SUBJECTS, "dobj") if _is_group(n)), None)
        left_out = node.one("pobj", "conj")
        if _is_group(node.head) or target:
            assert left_out is not None
            left_out.move(target or node.head, "except")


def _is_group(node: Node) -> bool:
    group = words_of("everybody")
    return node.lower in group or any(n.lower in group for n in node.having("det", "predet"))


def _titled(verb: Node) -> None:
    """'close-up: an eye opens': what stands before a colon is no subject."""
    subjects = verb.having("nsubj", "nsubjpass")
    for first, second in pairwise(subjects):
        if any(n.text == ":" and first.i < n.i < second.i for n in (*verb.children, *first.children)):
            first.dep = "dep"


def _turned(noun: Node) -> None:
    """'change the weather to snow': what it becomes is no deed."""
    to = noun.one("aux")
    if to is None or to.lower != "to" or noun.dep not in ("xcomp", "advcl", "relcl", "acl") or len(noun.children) > 1:
        return
    verb = next((n for n in noun.ancestors() if n.tag in VERBS), None)
    if verb is not None and verb.lemma in words_of("changing") and english.is_noun(noun.lower):
        to.move(verb, "prep")
        to.part, to.tag, noun.part, noun.tag = "ADP", "IN", "NOUN", "NN"
        noun.move(to, "pobj")


def _obliged(verb: Node) -> None:
    """'ought to be', 'has to wear', 'needs to go': one deed that somebody must do."""
    deed = verb.one("xcomp")
    if verb.lemma not in ("ought", "have", "need") or deed is None or verb.one("dobj") or not deed.has("to"):
        return
    moved = [n for n in verb.children if n is not deed and n.dep not in ("punct", "cc", "conj")]
    verb.replace(deed)
    for child in moved:
        child.move(deed, child.dep)
    for child in list(verb.children):
        child.move(deed, child.dep)
    for to in [n for n in deed.children if n.tag == "TO"]:
        to.tag = "IN"
    verb.tag, verb.part = "MD", "AUX"
    verb.move(deed, "aux")


def _her(deed: Node) -> None:
    """'sees her walk': she walks."""
    for who in deed.having("poss"):
        if deed.tag in ("VB", "VBP") and deed.dep == "ccomp" and who.lower == "her":
            who.dep, who.tag, who.part = "nsubj", "PRP", "PRON"


def _doing(deed: Node) -> None:
    """'finds a stranger bleeding': the stranger is found, and bleeds."""
    who = next((n for n in deed.children if n.dep in ("amod", "compound") and n.i == deed.i - 1), None)
    if deed.tag != "VBG" or deed.dep not in ("dobj", "pobj") or who is None or not deed.one("det", "poss", "nummod"):
        return
    if english.is_noun(who.lower):
        before = [n for n in deed.children if n.i < who.i]
        deed.replace(who)
        for child in before:
            child.move(who, child.dep)
        deed.move(who, "acl")
        who.tag, who.part = "NN", "NOUN"


def _particle(particle: Node) -> None:
    """'switches off the light', 'puts on his hat', 'takes off the coat': what is switched off or put on is an object."""
    verb, what = particle.head, particle.one("pobj")
    if what is None or verb.one("dobj") or particle.i != verb.i + 1:
        return
    worn = {what.lemma, english.singular(what.lower)} & words_of("garments")
    if particle.dep == "prt" or (worn and verb.lemma in ("put", "pull", "take", "try", "slip") and particle.lower in ("on", "off")):
        what.move(verb, "dobj")
        particle.dep = "prt"


def _parted(second: Node) -> None:
    """'lifts the lid and a hand grabs his wrist', 'stamps a book and a tiger leaps': two deeds, not two things."""
    first = second.head
    if second.tag not in _FINITE or first.tag not in VERBS:
        return
    subject = second.one("nsubj")
    if second.dep == "conj" and subject is None:
        last = [n for thing in first.having("dobj", "pobj") for n in thing.conjuncts()][-1:]
        if last and last[0].i == second.i - 1 and last[0].one("det", "poss", "nummod"):
            last[0].move(second, "nsubj")
    elif second.dep == "ccomp" and subject is not None and first.i < subject.i and not second.one("mark"):
        other = next(iter(subject.conjuncts()), None)
        if other is None or first.lemma in words_of("saying") or not other.one("det", "poss", "nummod", "amod"):
            return
        subject.move(first, "dobj")
        other.move(second, "nsubj")
        second.dep = "conj"


def _row(verb: Node) -> None:
    """'she misses her train, meets a stranger and waits': one deed after the other, and none the subject of another."""
    first = verb.one("csubj") or (None if verb.one(*SUBJECTS) else verb.one("ccomp"))
    if first is None or not first.one(*SUBJECTS) or first.tag not in _FINITE or first.i > verb.i or first.has("that", "whether", "to"):
        return
    others = [n for n in verb.having("conj") if n.tag in VERBS]
    verb.replace(first)
    verb.move(first, "conj")
    for other in others:
        other.move(verb, "conj")


def _alone(adjective: Node) -> None:
    """'left alone in the house': left in the house."""
    if adjective.dep in ("oprd", "acomp", "advmod") and adjective.head.tag in VERBS:
        for child in adjective.having("prep"):
            if child.lower in _WHERE:
                child.move(adjective.head, "prep")


def _existential(verb: Node) -> None:
    """'there is a fox in the garden': the fox is, in the garden."""
    if not verb.one("expl") or verb.lemma != "be":
        return
    for noun in verb.having("attr", "dobj"):
        noun.dep = "nsubj"
        for hung in noun.having("prep"):
            if hung.lower in _WHERE and not _describes(hung):
                hung.move(verb, "prep")


def _inverted(verb: Node) -> None:
    """'in the corner sits an old cat': the cat sits; 'on Mars, a botanist plants a seed': the botanist is no Mars."""
    first = verb.children[0] if verb.children else verb
    if verb.tag not in _FINITE or first.dep not in ("prep", "advmod") or first.i > verb.i or verb.one(*SUBJECTS, "expl"):
        return
    for place in first.having("pobj"):
        beside = place.one("appos")
        if beside is not None and beside.one("det") and any(n.text == "," for n in place.children if n.i < beside.i):
            beside.move(verb, "nsubj")
            return
    for noun in verb.having("dobj", "attr")[:1]:
        if not any(n.is_noun and n.i < verb.i for n in verb.children):
            noun.dep = "nsubj"


def _given(verb: Node) -> None:
    """'hand the fox a lantern', 'hands Rua the lantern': who gets it, and what."""
    if verb.lemma not in words_of("giving") or verb.one("dative"):
        return
    things = verb.having("dobj")
    if verb.dep == "relcl" and len(things) == 1 and things[0].part == "PRON" and verb.one("nsubj"):
        things[0].dep = "dative"
        return
    for thing in verb.having("dobj"):
        for child in [
            n for n in thing.children if n.dep in ("nmod", "compound") and n.part == "PROPN" and n.i < thing.i
        ]:
            if any(n.dep in ("det", "poss", "amod", "nummod") and n.i > child.i for n in thing.children):
                child.move(verb, "dative")
        for child in thing.having("prep"):
            if child.lower == "to":
                child.move(verb, "prep")
    after = [
        n for n in verb.children if n.i > verb.i and n.dep in ("dobj", "npadvmod", "oprd", "attr", "nsubj", "appos")
    ]
    named = [n for n in after if n.is_noun or n.part == "PRON"]
    if len(named) == 1:
        inner = next(
            (n for n in named[0].having("appos", "npadvmod", "conj") if n.one("det") and not named[0].has("and", ",")),
            None,
        )
        if inner is not None:
            named[0].dep = "dative"
            inner.move(verb, "dobj")
    elif (
        len(named) == 2
        and named[0].dep in ("dobj", "nsubj")
        and (named[1].one("det", "poss", "nummod") or named[1].dep == "dobj")
        and named[1].lemma not in words_of("hours")
    ):
        named[0].dep, named[1].dep = "dative", "dobj"


def _described(preposition: Node) -> None:
    """'an old man with a long beard', 'a girl in a red coat': what says how somebody looks hangs on them."""
    if preposition.dep != "prep" or preposition.lower not in _WORN or preposition.head.tag not in VERBS:
        return
    noun = _noun_before(preposition)
    if noun is not None and _describes(preposition, noun) and preposition.head.lemma not in ("dress", "clothe", "wrap"):
        preposition.move(noun, "prep")


def _describes(preposition: Node, noun: Node | None = None) -> bool:
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


def _placed(preposition: Node) -> None:
    """'meets a man in his workshop': where it happens hangs on the clause, not on who is there."""
    noun, what = preposition.head, preposition.one("pobj")
    if preposition.dep != "prep" or preposition.lower not in _AT:
        return
    if what is None or not (noun.is_noun or noun.part == "PRON") or _describes(preposition):
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
    if first.dep == "pobj" and first.head.lower in _WORN and _describes(first.head):
        outer = first.head.head
        return outer if outer.tag in VERBS else _clause_of_object(outer)
    if first.dep == "pobj" and first.head.lower in ("to", "from", "at", "for") and first.head.head.tag in VERBS:
        return first.head.head if not _is_time(first) and first.head.lower == "at" else None
    return None


def _is_time(noun: Node) -> bool:
    return bool({noun.lemma, english.singular(noun.lower)} & words_of("hours"))


def _timed(preposition: Node) -> None:
    """'through a market at dusk': an hour says when all of it happens."""
    what = preposition.one("pobj")
    if preposition.dep != "prep" or what is None or not _is_time(what) or not preposition.head.is_noun:
        return
    if preposition.lower == "of" or preposition.lower == "from":
        return
    verb = next((n for n in preposition.ancestors() if n.tag in VERBS and n.dep != "amod"), None)
    if verb is not None:
        preposition.move(verb, "prep")
