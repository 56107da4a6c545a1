"""What the model attaches to the wrong word, put right by what kinds of words they are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from planner.film.ground import find
from planner.language import english
from planner.language.english_attachment import WHERE, attach_description, attach_place, attach_time, describes
from planner.language.english_tree import SUBJECTS, VERBS, Node
from planner.language.english_words import words_of

_FINITE = ("VBZ", "VBP", "VBD")


def repair(nodes: Sequence[Node]) -> None:
    """Mends a sentence in place; the steps that others build on come first."""
    for step in (
        _deed, _part_names, _name_before, _name_in_commas, _list_of_several, _called, _titled, _turned,
        _obliged, _her, _caused, _made_so, _coloured, _doing, _particle,
        _parted, _opposed, _but, _fragments, _excepted, _row, _alone, _existential, _inverted,
        _given, attach_description, attach_place, attach_time,
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


def _but(noun: Node) -> None:
    """'she is not a witch but a doctor': a doctor she is."""
    verb = noun.head
    negation = verb.one("neg")
    other = next(iter(noun.conjuncts()), None)
    if noun.dep in ("attr", "dobj") and negation is not None and other is not None and noun.has("but"):
        noun.replace(other)
        noun.move(verb, "instead")
        negation.dep = "punct"


def _fragments(verb: Node) -> None:
    """'neon rain, a dark alley, a girl runs': only the last one runs."""
    subject = verb.one("nsubj")
    if subject is None or subject.tag == "NNP" or subject.one("det", "poss", "nummod"):
        return
    row = [subject]
    while (following := row[-1].one("conj", "appos")) is not None and not row[-1].has("and", "or", "but", "nor"):
        row.append(following)
    if len(row) > 1 and row[-1].is_noun and row[-1].part == "NOUN" and not row[-1].has("and", "or"):
        row[-1].move(verb, "nsubj")
        subject.dep = "dep"


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


def _caused(deed: Node) -> None:
    """'have the frog run the opposite way': what stands after the deed says how that is done."""
    verb = deed.head
    if deed.dep == "ccomp" and verb.lemma in ("have", "let", "make") and deed.tag in ("VB", "VBP"):
        for child in [n for n in verb.children if n.i > deed.i and n.dep in ("prep", "npadvmod", "advmod", "advcl")]:
            child.move(deed, child.dep)


def _made_so(quality: Node) -> None:
    """'make the second half black and white': the half is made so."""
    verb, what = quality.head, quality.one("nsubj")
    named = quality.dep in ("oprd", "ccomp", "acomp", "xcomp") and quality.part == "ADJ"
    if named and what is not None and verb.tag in VERBS and what.i > verb.i and not quality.has("to", "that"):
        what.move(verb, "dobj")
        quality.dep = "oprd"


def _coloured(colour: Node) -> None:
    """'make the sky purple': the sky, and not a purple of the sky."""
    what = next((n for n in colour.children if n.dep == "compound" and n.i == colour.i - 1), None)
    painted = colour.head.lemma in ("make", "paint", "turn", "dye", "colour", "color", "keep")
    if what is None or not painted or colour.dep not in ("dobj", "ccomp") or not colour.one("det", "poss"):
        return
    if any(match.text.lower() == colour.lower for match in find("colour", colour.lower)):
        for child in [n for n in colour.children if n.i < what.i]:
            child.move(what, child.dep)
        what.move(colour.head, "dobj")
        colour.dep, colour.part = "oprd", "ADJ"


def _doing(deed: Node) -> None:
    """'finds a stranger bleeding', 'in a cellar lit by a bulb': the stranger is found, and bleeds."""
    who = next((n for n in deed.children if n.dep in ("amod", "compound") and n.i == deed.i - 1), None)
    if (
        deed.tag not in ("VBG", "VBN")
        or deed.dep not in ("dobj", "pobj")
        or who is None
        or not deed.one("det", "poss", "nummod")
    ):
        return
    if english.is_noun(who.lower):
        before = [n for n in deed.children if n.i < who.i]
        deed.replace(who)
        for child in before:
            child.move(who, child.dep)
        deed.move(who, "acl")
        who.tag, who.part = "NN", "NOUN"


def _particle(particle: Node) -> None:
    """'switches off the light', 'puts on his hat': what is switched off or put on is an object."""
    verb, what = particle.head, particle.one("pobj")
    if what is None or verb.one("dobj") or particle.i != verb.i + 1:
        return
    worn = {what.lemma, english.singular(what.lower)} & words_of("garments")
    if particle.dep == "prt" or (
        worn and verb.lemma in ("put", "pull", "take", "try", "slip") and particle.lower in ("on", "off")
    ):
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
    said = ("that", "whether", "to", "what", "who")
    if first is None or not first.one(*SUBJECTS) or first.tag not in _FINITE or first.i > verb.i or first.has(*said):
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
            if child.lower in WHERE:
                child.move(adjective.head, "prep")


def _existential(verb: Node) -> None:
    """'there is a fox in the garden': the fox is, in the garden."""
    if not verb.one("expl") or verb.one("nsubj"):
        return
    for noun in verb.having("attr", "dobj"):
        noun.dep = "nsubj"
        for hung in noun.having("prep"):
            if hung.lower in WHERE and not describes(hung):
                hung.move(verb, "prep")


def _inverted(verb: Node) -> None:
    """'in the corner sits an old cat': the cat sits; 'on Mars, a botanist plants a seed': the botanist is no Mars."""
    first = verb.children[0] if verb.children else verb
    if (
        verb.tag not in _FINITE
        or first.dep not in ("prep", "advmod")
        or first.i > verb.i
        or verb.one(*SUBJECTS, "expl")
    ):
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
        for child in [n for n in thing.having("nsubj") if n.i > verb.i]:
            child.move(verb, "dative")
        for child in [
            n for n in thing.children if n.dep in ("nmod", "compound") and n.part == "PROPN" and n.i < thing.i
        ]:
            if any(n.dep in ("det", "poss", "amod", "nummod") and n.i > child.i for n in thing.children):
                child.move(verb, "dative")
        inside = [n for n in thing.having("relcl") if (who := n.one("nsubj")) and who.tag not in ("WDT", "WP")]
        for child in [n for outer in (thing, *inside) for n in outer.having("prep", "dative") if n.lower == "to"]:
            child.move(verb, "prep")
    after = [
        n for n in verb.children if n.i > verb.i and n.dep in ("dobj", "npadvmod", "oprd", "attr", "nsubj", "appos")
    ]
    named = [n for n in after if n.is_noun or n.part == "PRON"]
    if len(named) == 1:
        after_it = (n for n in named[0].subtree() if n.dep in ("appos", "npadvmod", "conj") and n.one("det"))
        inner = next((n for n in after_it if not n.head.has("and", ",")), None)
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
