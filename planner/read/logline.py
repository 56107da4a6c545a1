"""A logline told plainly: one long sentence, as the clauses that it packs.

'A painter pushes through extreme weather - desert heat, a coastal storm, a blizzard - to complete one painting,
culminating in a final stroke' is a main clause, the stations of a list, a purpose and an end. Each becomes a clause of
its own with the subject of the first, in the order in which it happens. What packs nothing is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from planner.film.grammar import grammar
from planner.language.english import infinitive, is_noun, is_plural, only_a_verb, third_person
from planner.language.text import is_adjective, is_function, lexicon, tags, word_lists

_PHASES = re.compile(
    r"[\s,–—-]*\b(?:(?:and|before|then|that)\s+)*"
    r"(?:(?:culminat|climax|conclud)(?:es?|ing)?\s+(?:in|with)|end(?:s|ing)?\s+(?:in|with)|(?<=[,–—] )leading\s+to|"
    r"(?:build(?:s|ing)?|progress(?:es|ing)?|(?<=[,–—] )moving(?=\s+from))\s+(?:from\s+(?P<begin>.+?)\s+)?to)"
    r"\s+(?P<end>.+)$",
    re.I,
)
_SEGMENT = re.compile(r"\s*(?:[,;–—]|\s--?\s)\s*(?:(?:and|then)\s+)*|\s+and then\s+")
_AND_ALSO = re.compile(r"\s+and\s+(?=\w+ing\b)")
_PURPOSE = re.compile(
    r"(?:^|\s+)(?:in order )?to\s+(?=(?:\w+ly\s+)?[a-z]+\s+(?:an?|the|one|two|three|four|their|his|her|its|that)\b)"
)
_TOGETHER = re.compile(r"\b(?:collaborates?|cooperates?|works? together|teams? up|joins? forces)\s+to\s+", re.I)
_ADULT = re.compile(r"\b(?:(an?)\s+)?adult\s+(\w+)", re.I)
_OPENING = re.compile(r"(?:in|inside|during|at|through|after|on|under|within|amid)\b[^,]*,\s*", re.I)
_SEVERAL = re.compile(r"(?:two|three|four|five|six|both|several|some|many)$", re.I)
_SEASON = re.compile(r"\b(?:spring|summer|autumn|winter)\b", re.I)
_THROUGH = re.compile(r"^(?P<deed>.+\s(?:through|across|over|in))\s+(?P<where>.+)$", re.I)
_SPAN = re.compile(r"from\s+(.+?)\s+to\s+(.+)$", re.I)
_MOMENT = re.compile(
    r"\s+(?:where|when|in which|as|after)\s+(?P<clause>(?:the|an?|everyone|they|he|she|it)\s.+)$", re.I
)
_PLURAL = ("they", "we", "both", "everyone")
_WORD = re.compile(r"[A-Za-z][\w'’-]*")


class PlainClause(NamedTuple):
    """A clause in plain words, and the kind of its event where a noun tells it: 'a handshake' is a meeting."""

    text: str
    kind: str = ""


def told_plainly(sentence: str) -> list[PlainClause]:
    """The clauses that a sentence packs; the sentence itself where it packs none."""
    text = _ADULT.sub(_without_adult, sentence.rstrip(" ."))
    text, ends = _ended(_TOGETHER.sub("", text))
    if not ends and text == sentence.rstrip(" .") and not re.search("[–—]", text):
        return [PlainClause(sentence)]
    main, stations, deeds = _parts(text)
    subject = _Subject.of(main)
    told = [main] if subject.acts or not ends else []
    told += [subject.does(deed) for deed in (*_travelled(main, subject, stations), *deeds)]
    return [*map(PlainClause, told), *(clause for end in ends for clause in subject.reaches(end))]


def _without_adult(match: re.Match[str]) -> str:
    """'an adult instructor' -> 'an instructor', 'adult chefs' -> 'chefs'; 'an adult walks' stays."""
    article, after = match.groups()
    if is_function(after) or not is_noun(after) or (article and is_plural(after)):
        return match.group()
    one = article and article[0] + "n" * (after[0].lower() in "aeiou")
    return " ".join(filter(None, (one, after)))


def _ended(text: str) -> tuple[str, list[str]]:
    """A sentence before 'building from a start to a middle, culminating in an end', and those three."""
    found = _PHASES.search(text)
    if found is None:
        return text, []
    last, more = _ended(found["end"])
    return text[: found.start()], [*filter(None, (found["begin"], last)), *more]


def _parts(text: str) -> tuple[str, list[str], list[str]]:
    """The main clause, the stations of its list, and its further deeds ('to complete one painting', 'adapting')."""
    main, stations, deeds = "", list[str](), list[str]()
    for segment in _SEGMENT.split(text):
        opened, *purposes = [part.strip() for part in _PURPOSE.split(segment)]
        goes_on = deeds[-1] if deeds else main
        if not main or not opened or _OPENING.fullmatch(f"{main}, "):
            main = ", ".join(filter(None, (main, opened)))
        elif _is_open(goes_on, opened):
            deeds, main = ([*deeds[:-1], f"{goes_on}, {opened}"], main) if deeds else (deeds, f"{goes_on}, {opened}")
        elif not deeds and _is_station(opened):
            stations.append(opened)
        elif _is_deed(opened, deeds or _Subject.of(main).several):
            deeds.append(opened)
        elif deeds:
            deeds[-1] += f", {opened}"
        else:
            main += f", {opened}"
        deeds += purposes
    return main, stations, [deed for packed in deeds for deed in _listed(packed)]


def _listed(deed: str) -> list[str]:
    """'collecting data and refining the setup' as two."""
    return _AND_ALSO.split(deed) if re.match(r"(?:\w+ly\s+)?\w+ing\b", deed) else [deed]


def _is_open(before: str, segment: str) -> bool:
    """Whether a comma stands within a noun phrase: 'a final | demanding run'."""
    last, first = before.split()[-1], segment.split()[0].lower()
    described = is_adjective(last.lower()) or last.lower() in lexicon("adjectives")
    described = described or not (is_noun(last) or infinitive(last))
    return described and first not in lexicon("openers") and not is_function(first)


def _is_deed(segment: str, bare: object) -> bool:
    """Whether a part begins with what is done: 'adapting technique', 'returns to the kitchen', or, where several act or
    after another purpose (``bare``), 'stabilize the system'."""
    told = [w for w in _WORD.findall(segment) if not _is_adverb(w)]
    if not told or not (verb := infinitive(told[0])) or is_function(told[0]):
        return False
    if told[0].endswith("ing"):
        return len(told) > 1
    finite = told[0] == third_person(verb) or (bool(bare) and told[0] == verb)
    followed = len(told) > 1 and (told[1] in lexicon("openers") or is_function(told[1]) or is_plural(told[1]))
    return finite and (only_a_verb(told[0]) or not is_noun(told[0]) or followed)


def _is_station(segment: str) -> bool:
    """Whether a part of a list says where or when: 'a violent coastal storm', 'winter', 'from dawn to dusk'."""
    if span := _SPAN.match(segment):
        return all(map(_is_station, span.groups()))
    plain = not any(is_function(w) and w not in lexicon("openers") for w in _WORD.findall(segment.lower()))
    known = _SEASON.search(segment) or any(t.kind in ("setting", "time", "weather") for t in tags(segment))
    return bool(plain and known)


def _travelled(main: str, subject: _Subject, stations: Sequence[str]) -> list[str]:
    """What the main clause does, at each further station of its list: 'pushes through desert heat'."""
    through = _THROUGH.match(main.removeprefix(subject.text))
    does = through["deed"] if through else "go on in"
    told = []
    for station in stations:
        span = _SPAN.match(station)
        told += [f"go on at {moment}" for moment in span.groups()] if span else [f"{does} {station}"]
    return told


class _Subject(NamedTuple):
    """Who does what a sentence tells."""

    name: str
    """'The painter', or 'They'."""
    text: str
    """As the main clause has it, with all that opens it."""
    several: bool
    acts: bool
    """Whether the main clause has a verb."""

    @staticmethod
    def of(main: str) -> _Subject:
        opening = _OPENING.match(main)
        told = list(_WORD.finditer(main, opening.end() if opening else 0))
        at = next((i for i in range(1, len(told)) if _is_verb(told, i)), len(told))
        named = [w.group() for w in told[:at] if not _is_adverb(w.group())]
        until = next((i for i, w in enumerate(named) if i and w in grammar().prepositions), len(named))
        head = named[until - 1] if named else ""
        several = is_plural(head) or any(_SEVERAL.match(w) for w in named) or head.lower() in _PLURAL
        alone = at < len(told) and head and not several and named[0].lower() not in ("their", "his", "her", "its")
        end = told[at].start() if at < len(told) else len(main)
        return _Subject(f"The {head}" if alone else "They", main[:end], not alone, at < len(told))

    def does(self, deed: str) -> str:
        """'completing one painting' -> 'The painter completes one painting'."""
        told = deed.split(" ")
        at = 1 if _is_adverb(told[0]) and len(told) > 1 else 0
        verb = infinitive(told[at]) or told[at]
        told[at] = verb if self.several else third_person(verb)
        return f"{self.name} {' '.join(told)}"

    def reaches(self, end: str) -> list[PlainClause]:
        """An end or a beginning as events: what its noun tells, and the clause that it may have."""
        moment = _MOMENT.search(end)
        noun = end[: moment.start()] if moment else end
        kinds = (kind for kind, nouns in word_lists()["outcomes"].items() if set(nouns) & _nouns(noun))
        told = [PlainClause(self.does(f"come to {noun}"), next(kinds, "make"))]
        return [*told, PlainClause(moment["clause"][:1].upper() + moment["clause"][1:])] if moment else told


def _is_adverb(word: str) -> bool:
    return word.endswith("ly") and not is_noun(word)


def _nouns(text: str) -> set[str]:
    return {w.lower() for w in _WORD.findall(text)}


def _is_verb(told: Sequence[re.Match[str]], at: int) -> bool:
    """Whether one of the words of a main clause is its verb: 'members' is none before 'investigate'."""
    word, before = told[at].group(), told[at - 1].group()
    verb = infinitive(word)
    if not verb or word.endswith(("ed", "ing")):
        return False
    if word == verb:
        subject = told[at - 2].group() if _is_adverb(before) and at > 1 else before
        return is_plural(subject) or subject.lower() in _PLURAL
    follower = told[at + 1].group().lower() if at + 1 < len(told) else "a"
    opens = is_function(follower) or follower in lexicon("openers") or follower.endswith(("ly", "ing"))
    return word == third_person(verb) and (opens or not is_plural(word))
