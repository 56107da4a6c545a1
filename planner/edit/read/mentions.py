"""Everything in a sentence that means something for an edit: parts of the film, who is who, values, signals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from planner.edit.read.names import named, whole
from planner.edit.read.scope import places, scenes_at
from planner.edit.read.words import QUOTE, idle, patterns, seconds
from planner.film.grammar import grammar
from planner.film.ground import find
from planner.language.text import attributive, determined, located
from planner.story.patch import Scope
from planner.story.story import Character, Story

#: Kinds of film grammar that are read as values, the likelier reading of a word first.
KINDS = ("time", "weather", "mood", "style", "wardrobe", "species", "colour", "prop", "setting", "action", "camera",
         "size")  # fmt: skip
#: Kinds of which a thing may be asked to be like one: 'like a comic'.
_ALIKE = ("mood", "style", "camera", "size")
_SIMILE = re.compile(r" ?(?:처럼|같이|마냥)")
_NOUNS = ("wardrobe", "species", "prop", "setting")
_PRONOUN = re.compile(
    r"\b(?P<she>her|she|hers)\b|\b(?P<he>his|he|him)\b|\b(?P<it>its|it)\b(?! (?:is|was|all|look|feel)\b)"
    r"|\b(?P<they>their|them|they|(?:the|that) (?:(?:big|little|small|poor|old) )?(?:guy|fella|fellow|creature"
    r"|animal|chap|dude"
    r"|beast|critter|lad|guys))\b"
    r"|(?P<kshe>그녀)|(?P<khe>그(?:의|는|가|를|에게)(?=\s))",
    re.I,
)
_TITLED = re.compile(
    r"\b(?:(?i:called|call(?: it| him| her| (?:this|the) \w+)?|titled?|title(?: of the (?:film|movie))?"
    r"|rename[^,.;]*? to|named?))(?:(?i: (?:should|must|is|to|as|now|be|read))*)[: ]+"
    r"(?P<name>[A-Z][\w'’]*(?: (?:[A-Z][\w'’]*|and|of|the|in|on|to|a|at|for|with))*(?<! and)(?<! in))"
)
_MADE = re.compile(
    r"\b(?:make|turn|render|get|leave|have|see|show|keep|calm|settle|slow|speed|cheer|soften|lift|brighten|darken|dim|light)\s+(?:up\s+)?(?:the|her|his"
    r"|their|its)\s+$",
    re.I,
)
_TAKEN_OFF = frozenset({"wardrobe", "prop", "thing", "line", "caption", "weather"})
#: What stands before a place where something happens.
_INSIDE = re.compile(
    r"\b(?:in|at|on|for|over|inside|across|above|through|around|within|to|into|onto|after|before|by|near|of|from"
    r"|reach(?:es|ed)?|hits?|enters?|leaves?)(?: the| that"
    r"| this| a)?"
    r"(?: [\w'-]+)?\s*$",
    re.I,
)
#: What a place does that is the subject of a wish: 'the beach should be darker'.
_DOES = re.compile(
    r"\s+(?:should|must|needs?|has|is|are|was|were|could|can|may|might|will|would|ought|felt|feels?|looks?|looked"
    r"|seems?|stays?|remains?|gets?|goes|turns?|becomes?|wants?|deserves?|drags?|calls?)(?:n['’]?t)?\b",
    re.I,
)
_BY = re.compile(r"\b(?:by|near|beside|past|of|like)\s+(?:an?|the)?\s*$", re.I)
#: The speaker's own people are not the film's: 'my daughter thinks'.
_OURS = re.compile(r"\b(?:my|our)\s+(?:[\w-]+\s+)?$", re.I)
_BECOMES = re.compile(r"\b(?:be|is|are|turn|turns|make|paint|colou?r|dye)(?: [\w'’]+){0,2}\s+$", re.I)
_ONE = re.compile(r"\bone\b(?! (?:more|second|minute|shot|scene))", re.I)
_KOREAN = re.compile("[가-힣]")


class Mention(NamedTuple):
    """A stretch of a sentence and what it means."""

    start: int
    end: int
    kind: str
    """``place``, ``who``, ``thing``, ``pronoun``, ``quote``, ``seconds``, a kind of grammar, or a signal."""
    value: str
    text: str
    scopes: tuple[Scope, ...] = ()
    fit: str = "same"
    number: float = 0.0


def mentions(text: str, story: Story, leave: tuple[str, ...] = ()) -> list[Mention]:
    """What a sentence says, in order, each stretch read once: quotes and places first, then the longest.

    Signals of the kinds ``leave`` are not read.
    """
    sure = [
        Mention(m.start(), m.end(), "quote", next(filter(None, m.groups())), m.group()) for m in QUOTE.finditer(text)
    ]
    sure += _titles(text) if not sure else []
    free = _blanked(text, sure)
    sure += [Mention(p.start, p.end, "place", "", text[p.start : p.end], p.scopes) for p in places(free, story)]
    free = _blanked(text, sure)
    asked = [
        *_entities(free, story),
        *_locations(free, story),
        *_lengths(free),
        *(m for m in _signals(free) if m.kind not in leave),
    ]
    chosen = list(sure)
    for mention in [*_longest(asked), *_longest([*_grammar(free), *_pronouns(free)])]:
        if all(mention.end <= other.start or other.end <= mention.start for other in chosen):
            chosen.append(mention)
    chosen = [_settled(m, text, story) for m in sorted(chosen)]
    return [_taken_off(m, _object(chosen[:at]), text) for at, m in enumerate(chosen)]


def _object(said: list[Mention]) -> Mention | None:
    """What was named last, apart from where and how much."""
    return next((m for m in said[::-1] if m.kind not in ("place", "more", "pronoun")), None)


def _taken_off(mention: Mention, before: Mention | None, text: str) -> Mention:
    """'안경 빼고' takes the glasses off; '곰만 빼고' leaves the bear out."""
    takes = mention.kind == "except_after" and before is not None and before.kind in _TAKEN_OFF
    whole = re.search(r"(?:^|\s)(?:다|전부|모두|나머지|싹)(?=\s|는)", text[mention.end :])
    alone = mention.kind == "except_after" and re.fullmatch(
        r"\s*(?:가|하|할|갈|보|진행|부탁)[가-힣]*[.!? ]*", text[mention.end :]
    )
    if alone and mention.text.endswith("빼고"):
        return mention._replace(kind="remove")
    return mention._replace(kind="remove") if takes and not whole else mention


def _titles(text: str) -> list[Mention]:
    """A name in capitals that stands where a title or name is asked for: 'call it Slow and Steady'."""
    found = _TITLED.search(text)
    return [Mention(*found.span("name"), "quote", found["name"], found["name"])] if found else []


def _longest(found: list[Mention]) -> list[Mention]:
    """The longest first; of equal ones the first read."""
    return sorted(found, key=lambda m: m.start - m.end)


def _blanked(text: str, taken: list[Mention]) -> str:
    """The text with what is read already as stops, so that nothing is read across it."""
    for mention in taken:
        text = text[: mention.start] + "·" * (mention.end - mention.start) + text[mention.end :]
    return text


def _entities(text: str, story: Story) -> Iterator[Mention]:
    for start, end, item in named(text, story):
        kind = "who" if isinstance(item, Character) else "thing"
        yield Mention(start, end, kind, item.id, text[start:end])


def _locations(text: str, story: Story) -> Iterator[Mention]:
    """Places of the film by the names that it gives them."""
    for place in story.locations:
        for name in {re.sub(r"^the ", "", place.name, flags=re.I), place.kind}:
            for match in re.finditer(whole(name), text, re.I):
                english = not _KOREAN.search(name) and " " not in name
                if not english or determined(text, match.start()) or find("setting", name):
                    word = next((m.word for m in find("setting", place.kind)), place.kind)
                    yield Mention(match.start(), match.end(), "setting", word, match.group())


def _lengths(text: str) -> Iterator[Mention]:
    for start, end, length in seconds(text):
        yield Mention(start, end, "seconds", f"{length:g}", text[start:end], number=length)


def _signals(text: str) -> Iterator[Mention]:
    for pattern in patterns():
        for match in pattern.expression.finditer(text):
            simile = pattern.kind in ("time", "weather", "setting") and _SIMILE.match(text[match.end() :])
            if match.group().strip() and not simile:
                yield Mention(match.start(), match.end(), pattern.kind, pattern.value, match.group())


def _grammar(text: str) -> Iterator[Mention]:
    for kind in KINDS:
        for m in find(kind, text):
            if _is_meant(kind, text, m.start, m.end, m.fit):
                yield Mention(m.start, m.end, kind, m.word, m.text, fit=m.fit)


def _is_meant(kind: str, text: str, start: int, end: int, fit: str) -> bool:
    """Whether a word of film grammar is said for its picture, and not in passing."""
    word = text[start:end].lower()
    if kind not in _ALIKE and _SIMILE.match(text[end:]):
        return False
    if word in idle() or _bare(word) in idle():
        return False
    if _KOREAN.search(word):
        return len(word) > 1
    if kind in _NOUNS and re.search(r"(?:ing|ed)$", word) and word not in _listed(kind):
        return False
    match kind:
        case "camera" | "size":
            return fit != "near"
        case "setting":
            return located(text, start) or determined(text, start) or word in ("indoors", "outdoors", "underwater")
        case "colour":
            return fit != "near" or attributive(text, end) or bool(_BECOMES.search(text[:start]))
        case "species" | "prop":
            return not _OURS.search(text[:start]) and (
                fit != "near"
                or determined(text, start)
                or bool(re.search(r"\b(?:an?|another|two|some)\s+(?:[\w-]+\s+)?$", text[:start]))
            )
        case "action":
            return not determined(text, start)
    return True


@lru_cache(maxsize=8)
def _listed(kind: str) -> frozenset[str]:
    """The words of a kind as film grammar lists them."""
    return frozenset(w for word, other in grammar().words[kind].items() for w in (word, *other.same, *other.near))


def _pronouns(text: str) -> Iterator[Mention]:
    for match in _PRONOUN.finditer(text):
        value = {"kshe": "she", "khe": "he"}.get(match.lastgroup or "", match.lastgroup or "")
        yield Mention(match.start(), match.end(), "pronoun", value, match.group())
    for match in _ONE.finditer(text):
        yield Mention(match.start(), match.end(), "one", "", match.group())


def _settled(mention: Mention, text: str, story: Story) -> Mention:
    """A place word that stands after 'in' or 'at' and that the film has is a part of the film."""
    if mention.kind != "setting":
        return mention
    if re.search(r"\b(?:an?|another)\s+(?:[\w-]+\s+)?$", text[: mention.start], re.I):
        return mention
    scopes = scenes_at(story, mention.text)
    inside = _INSIDE.search(text[: mention.start])
    subject = _MADE.search(text[: mention.start]) or (
        re.search(r"(?:^|[,;.]\s*|\b(?:and|but|though|while)\s+)(?:the )?$", text[: mention.start], re.I)
        and _DOES.match(text[mention.end :])
    )
    korean = bool(_KOREAN.search(mention.text)) and not re.match(
        r"(?:으로|로)(?!\S)|\s*배경", text[mention.start + len(_bare(mention.text)) :]
    )
    thing = re.match(r"\s+(?:thing|stuff|bits?|one)\b", text[mention.end :], re.I)
    between = re.search(r"\bfrom (?:the |that )?$", text[: mention.start], re.I) or re.match(
        r" into\b", text[mention.end :]
    )
    if not scopes and _BY.search(text[: mention.start]):
        return mention._replace(kind="landmark")
    if scopes and len(scopes) < len(story.scenes) and (inside or subject or korean or thing or between):
        return mention._replace(scopes=scopes)
    return mention


def _bare(word: str) -> str:
    return re.sub(r"(?:에서|에는|에선|에|으로|로|은|는|이|가|을|를)$", "", word)
