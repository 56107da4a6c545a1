"""An intent as text: cleaned, cut into sentences, tagged with the words that film grammar knows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import yaml

from planner.film.grammar import grammar
from planner.film.ground import WordMatch, find, stem
from planner.language.english import infinitive

LONGEST = 20_000
"""Characters of one paragraph."""

NOUNS = ("species", "prop", "wardrobe", "setting")
MODIFIERS = ("colour", "time", "weather", "mood")
VERBS = ("event", "action")

_LOOK_BACK = 400
"""Characters: a look back at the words before one is no longer, so that a long sentence is read in linear time."""

SENTENCES = 16_384
"""Texts that stay tagged: those of a long film, which is gone through several times."""
#: What somebody says in prose, in quotation marks of one kind.
SPEECH = re.compile(r"\"[^\"\n]*\"|“[^“”\n]*”")
_SENTENCE = re.compile(rf"(?:{SPEECH.pattern}|[^.!?。！？\n])+[.!?。！？]*")
_AFTER_SPEECH = re.compile(r"(?<=\w)([,:]?\s+(?:\"[^\"\n]*[.!?]\"|“[^“”\n]*[.!?]”))\s+(?=[A-Z])")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+")

_ARTICLES = "an?|the|his|her|its|their|my|our|your|it|him|them|me|us|in|on|at|to|by|with|from|into|over|for|of|and"
_MODAL = re.compile(
    r"\b(?:cannot|can|could|will|would|must|may|might|should|"
    r"\w+n['’]t|(?:begins?|began|starts?|learns?|wants?|tr(?:y|ies)) to)\s+$",
    re.I,
)
_ACTORS = re.compile(
    r"\b(?:they|we|you|i|(?:two|three|four|five|six|several|many|both)\s+[a-z]+s)\s+(?:\w+ly\s+)?$", re.I
)
_ADJECTIVE = re.compile(r"(?:\wous|\wful|[^g]less|\w{3}able|\w{3}ible|\w{4}ish)$")


class Tag(NamedTuple):
    """A known word in a text: what kind it is of, and where it stands."""

    kind: str
    mention: WordMatch

    @property
    def start(self) -> int:
        return self.mention.start

    @property
    def end(self) -> int:
        return self.mention.end


@lru_cache(maxsize=1)
def word_lists() -> dict[str, Any]:
    """What ``words.yaml`` holds, read once."""
    text = resources.files("planner.language").joinpath("words.yaml").read_text("utf-8")
    lists: dict[str, Any] = yaml.safe_load(text)
    return lists


@lru_cache(maxsize=8)
def lexicon(name: str) -> frozenset[str]:
    """One list of words of ``words.yaml``."""
    return frozenset(word_lists()[name])


def clean(text: str) -> str:
    """NFC, without control characters and chat-template marks, with single spaces, at most LONGEST long."""
    text = unicodedata.normalize("NFC", text[:LONGEST]).replace("<|", "< ").replace("|>", " >")
    kept = (c if c == "\n" or is_printable(c) else " " for c in text)
    lines = (" ".join(line.split()) for line in "".join(kept).splitlines())
    return "\n".join(line for line in lines if line)


def is_printable(char: str) -> bool:
    """Whether a character is part of a text: no control and no hidden mark but those that join letters and emoji."""
    joins = char in "\u200c\u200d" or "\U000e0020" <= char <= "\U000e007f"
    return joins or unicodedata.category(char) not in ("Cc", "Cf", "Cs")


def words(text: str) -> list[str]:
    """The words and numbers of a text, as written."""
    return _WORD.findall(text)


def sentences(text: str) -> list[str]:
    """Sentences in order."""
    return [s.strip() for s in _SENTENCE.findall(_AFTER_SPEECH.sub(r"\1\n", text)) if _WORD.search(s)]


def has_verb(text: str) -> bool:
    """Whether anything happens in a text."""
    return bool(verbs(text))


@lru_cache(maxsize=SENTENCES)
def tags(text: str) -> tuple[Tag, ...]:
    """Known nouns and modifiers in order, the first kind that claims a stretch of text keeping it."""
    found = [Tag(kind, mention) for kind in (*NOUNS, *MODIFIERS) for mention in find(kind, text)]
    chosen: list[Tag] = []
    claimed: set[int] = set()
    for tag in sorted(found, key=lambda t: (-(t.end - t.start), _rank(t, text))):
        if claimed.isdisjoint(range(tag.start, tag.end)):
            claimed.update(range(tag.start, tag.end))
            chosen.append(tag)
    return tuple(sorted((t for t in chosen if not _acts_here(text, t)), key=lambda t: t.start))


def preceding(text: str, at: int, most: int = _LOOK_BACK) -> str:
    """What stands right before a point of a text, at most so many characters of it."""
    return text[max(at - most, 0) : at]


def _acts_here(text: str, tag: Tag) -> bool:
    """Whether a noun is a verb here: 'she plants the seed', 'locks the church', 'the pigs tie it', 'cannot bear'."""
    word = tag.mention.text
    if tag.kind in NOUNS and (_MODAL.search(preceding(text, tag.start)) or _of_verb(tag) or _predicated(text, tag)):
        return True
    if tag.kind in NOUNS and find("event", word) and re.fullmatch(r"(?!\w+(?:s|ed)$)[a-z]+", word):
        told = preceding(text, tag.start)
        several = re.search(r"\b(?:two|three|both|all|the)\s+(?:\w+\s+)?\w+[^s\W]s\s+$", told, re.I)
        return bool(several) and bool(re.match(rf"\s+(?:{_ARTICLES})\b", text[tag.end :]))
    if tag.kind not in NOUNS or not re.fullmatch(r"\w+(?:[^s]s|ed)", word) or not find("event", word):
        return False
    before, after = words(preceding(text, tag.start))[-1:], text[tag.end :]
    last = before[0].lower() if before else ""
    named = bool(before) and before[0][0].isupper()
    if not last or last in lexicon("before_nouns") or is_adjective(last) or (last.endswith("s") and not named):
        return False
    return bool(re.match(rf"\s+(?:{_ARTICLES}|every|two|three|all|[a-z]+ly|back|away|up|down|out)\b", after)) or (
        last not in ("and", "or", "with")
        and bool(re.match(r"\s*(?:[.,;!?]|$|\s+that\b)", after))
        and word.endswith("s")
    )


def _predicated(text: str, tag: Tag) -> bool:
    """Whether a word that can be a verb follows those who act: 'they train', 'two adults cook'."""
    return bool(_ACTORS.search(preceding(text, tag.start))) and infinitive(tag.mention.text) == tag.mention.text.lower()


def _of_verb(tag: Tag) -> bool:
    """Whether a word is the form in -ing of a known noun, as 'whaling' of 'whale'."""
    word = tag.mention.text.lower()
    return word.endswith("ing") and bool(find(tag.kind, word[:-3]) or find(tag.kind, f"{word[:-3]}e"))


def _rank(tag: Tag, text: str) -> int:
    """Which of several readings of the same word is likelier here: lower is better."""
    place = located(text, tag.start)
    order: tuple[str, ...] = ("setting", *MODIFIERS) if place else ()
    order += ("colour",) if attributive(text, tag.end) and not has_predicate(text[tag.end :]) else ()
    order += ("weather", "time") if tag.mention.fit != "near" else ()
    ranked = (*order, "species", "prop", "wardrobe", "setting", "time", "weather", "mood", "colour")
    return ranked.index(tag.kind)


def located(text: str, start: int) -> bool:
    """Whether a preposition of place stands before the noun phrase that holds this point."""
    before = re.split(r"[,;.]", preceding(text, start))[-1]
    return bool(
        re.search(
            r"\b(in|into|inside|at|on|onto|through|across|to|toward|towards|from|near|around|over|above|"
            r"along|outside|beyond|under|beneath|within|throughout)"
            r"(?:\s+(?:a|an|the|its|his|her|their|my|our|this|that|some))?(?:\s+(?!(?:an?|the|his|her|its|their)\b)[\w'-]+){0,3}\s*$",
            before,
            re.I,
        )
    ) or bool(re.match(r"[가-힣]*?(에|에서|으로|로|속|안|위)(\s|$|[,.])", text[start:]))


def has_predicate(after: str) -> bool:
    """Whether a text goes on with a verb, a preposition or grammar, so that the word before it was a noun."""
    first = _WORD.search(after)
    word = first.group() if first else ""
    return is_function(word) or (bool(find("event", word)) and word != stem_of(word)) or word in grammar().prepositions


def attributive(text: str, end: int) -> bool:
    """Whether a word is followed, without a break, by another word."""
    return bool(re.match(r"[\s-]+[^\W\d_]", text[end:]))


def modifies(tag: Tag, text: str, found: Sequence[Tag]) -> bool:
    """Whether a noun only qualifies the next one, as in 'city mouse'."""
    return any(t.kind in NOUNS and t.start > tag.start and not text[tag.end : t.start].strip(" -") for t in found)


def determined(text: str, start: int) -> bool:
    """Whether an article, a possessive or a number opens the noun phrase that holds this point."""
    before = preceding(text, start).lower()
    return bool(
        re.search(
            r"(?:\b(?:an?|the|its|his|her|their|my|your|our|this|that|these|those|some|every|each|another|two|three|"
            r"four|many|several|one|no)|'s|’s)(?:\s+[\w'’-]+){0,3}\s+$",
            before,
        )
    )


@lru_cache(maxsize=SENTENCES)
def verbs(text: str) -> tuple[Tag, ...]:
    """What happens in a text: verbs in order, without the nouns and participles that look like them."""
    nouns = [t for t in tags(text) if t.kind in NOUNS]
    found = {m.start: Tag(kind, m) for kind in reversed(VERBS) for m in find(kind, text)}
    return tuple(found[at] for at in sorted(found) if _is_verb(text, found[at], nouns))


def _is_verb(text: str, tag: Tag, nouns: Sequence[Tag]) -> bool:
    """Whether a word that may be a verb is one here: 'the guards ring' but not 'the ring' or 'with rings'."""
    if any(n.start <= tag.start < n.end for n in nouns):
        return False
    if re.search(r"[가-힣]", tag.mention.text):
        return True
    if re.fullmatch(r"called|named", tag.mention.text) and re.match(r"\s+[A-Z]", text[tag.end :]):
        return False
    before = [w.lower() for w in words(re.split(r"[,;:()\"“”]", preceding(text, tag.start))[-1])]
    word = tag.mention.text.split()[0].lower()
    finite = bool(re.search(r"[^s]s$|ed$", word))
    if before and (before[-1] in lexicon("before_nouns") or before[-1].endswith(("'s", "’s"))):
        return finite and before[-1] == "that"
    if before and is_adjective(before[-1]) and (len(before) < 2 or before[-2] in lexicon("before_nouns")):
        return False
    if re.search(r"[aeiouy].*ing$", word):
        return bool(before) and before[-1] in lexicon("before_participles")
    if word == stem_of(word) and word not in lexicon("unchanged") and not _bare_verb(text, tag, before):
        return False
    follows = re.match(rf"\s+(?:(?!(?:{_ARTICLES})\b)[\w-]+\s+)?", text[tag.end :], re.I)
    if not follows or not re.search(r"(ed|lost|hidden|broken|stolen)$", word):
        return True
    return not (any(n.start == tag.end + follows.end() for n in nouns) and determined(text, tag.start))


def stem_of(word: str) -> str:
    """An English word as it is, unless it has the ending of a finite verb: 'plays' -> 'play'."""
    if word in grammar().irregular:
        return grammar().irregular[word]
    return word[:-1] if re.search(r"[^s]s$|ed$", word) else word


def _bare_verb(text: str, tag: Tag, before: Sequence[str]) -> bool:
    """Whether a verb without an ending may stand here: after several, after 'to', or beginning the clause."""
    if not before:
        return True
    last = before[-1]
    several = last.endswith("s") and not last.endswith("ss")
    named = bool(re.search(r"\band\s+(?:[\w'’-]+\s+){1,3}$", preceding(text, tag.start)))
    return several or named or last in lexicon("before_bare") or last.endswith("ly")


def is_adjective(word: str) -> bool:
    """Whether a lower-case word usually says how something is."""
    return word in lexicon("adjectives") or bool(find("colour", word)) or bool(_ADJECTIVE.search(word))


def unknown(text: str) -> tuple[str, ...]:
    """Words with a meaning that film grammar does not know, each once, as first written."""
    found: dict[str, str] = {}
    for sentence in sentences(text):
        spans = [(m.start, m.end) for kind in grammar().words for m in find(kind, sentence)]
        for match in _WORD.finditer(sentence):
            word, at = match.group(), match.start()
            if not is_function(word) and not any(a <= at < b for a, b in spans):
                found.setdefault(stem(word), word)
    return tuple(found.values())


def is_function(word: str) -> bool:
    """Whether a word carries grammar rather than a picture."""
    plain = re.sub(r"['’]\w*$", "", word.lower())
    return (
        (len(plain) < 2 and plain.isascii())
        or plain.isdigit()
        or plain in lexicon("function")
        or plain in grammar().empty
    )


def noun(kind: str, text: str) -> str:
    """A noun as a dictionary would list it: without possessive, a Korean one without its particles."""
    if not re.search("[가-힣]", text):
        return re.sub(r"['’]s?$", "", text)
    word = text
    for cut in range(len(text) - 1, 0, -1):
        if text[cut:] in grammar().particles and find(kind, text[:cut]):
            word = text[:cut]
    return word


def phrase(text: str, tag: Tag, keep: Sequence[str]) -> str:
    """A noun with the modifiers of the given kinds that stand right before it: 'night forest'."""
    head = noun(tag.kind, tag.mention.text)
    words_before: list[str] = []
    end = tag.start
    for other in reversed([t for t in tags(text) if t.kind in keep and t.end <= tag.start]):
        if text[other.end : end].strip():
            break
        words_before.insert(0, other.mention.text)
        end = other.start
    return " ".join([*words_before, head])


def slug(words_: str, fallback: str, taken: Collection[str]) -> str:
    """An id in ``[a-z0-9_-]`` from words, or from the fallback where they have no such letters; never one taken."""
    plain = unicodedata.normalize("NFKD", words_).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48]
    base = base or re.sub(r"[^a-z0-9]+", "-", fallback.lower()).strip("-")[:48] or "one"
    return next(i for i in (base, *(f"{base}-{n}" for n in range(2, 1000))) if i not in taken)
