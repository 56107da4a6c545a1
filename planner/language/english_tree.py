"""A read English sentence as a tree of words that can be mended.

Labels are those of ClearNLP (nsubj, dobj, pobj, relcl, ...) and three of ours: ``except`` ('everyone but the owl'),
``instead`` ('not the fox but the bear') and ``naming`` ('a mouse called Pip').
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from planner.language import english
from planner.language.document import Span
from planner.language.english_reading import EnglishReading

NOUNS = ("NN", "NNS", "NNP", "NNPS")
VERBS = ("VB", "VBP", "VBZ", "VBD", "VBN", "VBG")
SUBJECTS = ("nsubj", "nsubjpass", "csubj")


@dataclass(eq=False)
class Node:
    """One token: as it is written, and what it was read as."""

    i: int
    span: Span
    text: str
    tag: str
    part: str
    lemma: str
    dep: str
    head: Node = field(init=False)
    children: list[Node] = field(default_factory=list)
    """In the order of the text."""

    @property
    def lower(self) -> str:
        return self.text.lower()

    @property
    def is_noun(self) -> bool:
        return self.tag in NOUNS

    @property
    def is_word(self) -> bool:
        return self.part not in ("PUNCT", "SPACE")

    def move(self, head: Node, dep: str) -> None:
        """Hangs the word, with all that hangs on it, on another one."""
        if self.head is not self:
            self.head.children.remove(self)
        self.head, self.dep = head, dep
        if head is not self:
            head.children.append(self)
            head.children.sort(key=lambda node: node.i)

    def replace(self, other: Node) -> None:
        """Puts a word that hangs on this one in its place; this one hangs on nothing then but the other."""
        other.move(other if self.head is self else self.head, self.dep)

    def having(self, *deps: str) -> list[Node]:
        """The words that hang on it with one of these labels."""
        return [node for node in self.children if node.dep in deps]

    def one(self, *deps: str) -> Node | None:
        """The first word that hangs on it with one of these labels."""
        return next((node for node in self.children if node.dep in deps), None)

    def subtree(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.subtree()

    def conjuncts(self) -> list[Node]:
        """Those that are joined to it, in order: the second hangs on the first, the third on the second."""
        found: list[Node] = []
        for child in self.having("conj"):
            found += [child, *child.conjuncts()]
        return found

    def ancestors(self) -> Iterator[Node]:
        node = self
        while node.head is not node:
            node = node.head
            yield node

    def has(self, *words: str) -> bool:
        """Whether one of these words hangs on it."""
        return any(node.lower in words for node in self.children)


def tree(reading: EnglishReading) -> list[Node]:
    """The words of a sentence in order."""
    nodes = []
    for written, token in zip(reading.written, reading.read, strict=True):
        span = Span(written.idx, written.idx + len(written))
        exchanged = written.i in reading.exchanged
        lemma = _lemma(written.text, token.tag_) if exchanged else token.lemma_.lower()
        part = _PARTS.get(token.tag_, token.pos_) if exchanged else token.pos_
        nodes.append(Node(written.i, span, written.text, token.tag_, part, lemma, token.dep_))
    for node, token in zip(nodes, reading.read, strict=True):
        node.head = nodes[token.head.i]
        if node.head is not node:
            node.head.children.append(node)
    return nodes


_PARTS = {
    "NN": "NOUN",
    "NNS": "NOUN",
    "NNP": "PROPN",
    "VB": "VERB",
    "VBP": "VERB",
    "VBZ": "VERB",
    "VBD": "VERB",
    "VBG": "VERB",
    "PRP": "PRON",
}


def _lemma(word: str, tag: str) -> str:
    if tag.startswith("V"):
        return english.infinitive(word) or word.lower()
    return english.singular(word.lower()) if tag == "NNS" else word.lower()
