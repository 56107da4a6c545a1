"""When, in what weather, mood, look and sound it is, and for which events that holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from planner.film.ground import find
from planner.language.document import Document, Span
from planner.read.grammar_words import known_words
from planner.read.headings import headings
from planner.read.referents import Referents

Sort = Literal["time", "weather", "mood", "look", "sound"]
_CLOCK = re.compile(
    r"\b\d{1,2}(?::\d{2})?\s?(?:am|pm|a\.m\.|p\.m\.|o['’]clock)(?!\w)|\b(?:[01]?\d|2[0-3]):[0-5]\d\b(?!:)|"
    r"(?:새벽|아침|오전|오후|저녁|밤|낮)\s?(?:\d{1,2}|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열|열한|열두)\s?시(?:\s?(?:반|\d+분))?|"
    r"(?:(?:early|late)\s+)?(?:winter|spring|summer|autumn|fall)\s+(?:of\s+)?(?:1\d{3}|20\d{2})|"
    r"\b(?:in|since|of)\s+(?:(?:the\s+)?(?:1\d{3}|20\d{2})s?|['’]\d{2})\b|(?:1\d{3}|20\d{2})년(?:대)?(?:\s?\d{1,2}월)?|\d{1,2}월(?:\s?\d{1,2}일)?|"
    r"해\s?(?:질|뜰)\s?(?:녘|때쯤|때|무렵)|해가\s?질\s?(?:때쯤|때|무렵|녘)|"
    r"(?:years?|hours?|days?|weeks?|months?)\s+(?:later|ago|earlier|after)|\S+\s?(?:년|달|시간|일|주)\s?(?:뒤|후|전)|다음\s?날(?:\s?아침)?",
    re.I,
)
_ASPECT = re.compile(r"(?:16:9|9:16|4:3|21:9|3:4|4:5|5:4)$")
_LABEL = re.compile(
    r"(?:^|(?<=[.!?\n]))\s*(?P<label>sound|audio|music|sfx|style|look|visuals?|lighting|light|palette|mood|tone|atmosphere|time|weather|"
    r"소리|음향|음악|사운드|스타일|색감|조명|분위기|톤|시간|날씨)\s*(?::|-|–)\s*(?P<value>[^.\n!?]+)",
    re.I,
)
_LABELS: dict[str, Sort] = {
    **dict.fromkeys(("sound", "audio", "music", "sfx", "소리", "음향", "음악", "사운드"), "sound"),
    **dict.fromkeys(("style", "look", "visual", "visuals", "lighting", "light", "palette"), "look"),
    **dict.fromkeys(("스타일", "색감", "조명"), "look"),
    **dict.fromkeys(("mood", "tone", "atmosphere", "분위기", "톤"), "mood"),
    **dict.fromkeys(("time", "시간"), "time"),
    **dict.fromkeys(("weather", "날씨"), "weather"),
}  # fmt: skip
_PAUSE = re.compile(r"[,;:.!?\n—]|(?<=[가-힣])\s(?=그리고)")


class SettingSpan(NamedTuple):
    words: Span
    kind: Sort
    value: str


def conditions(referents: Referents, barred: tuple[Span, ...]) -> list[SettingSpan]:
    """Every setting that a text names, in its order; none within ``barred`` spans."""
    doc = referents.doc
    scenes = headings(doc.text)
    labelled = [*_labelled(doc), *(_condition(doc, h.time, "time") for h in scenes if h.time)]
    inside = tuple(c.words for c in labelled)
    found = [*_clocks(doc), *_phrases(referents), *_words(doc), *_looks(doc), *_heard(referents)]
    free = [c for c in found if not any(c.words.meets(s) for s in (*barred, *inside, *(h.span for h in scenes)))]
    every = sorted([*(c for c in labelled if not any(c.words.meets(s) for s in barred)), *free], key=lambda c: c.words)
    return [c for c in dict.fromkeys(every) if not any(_holds(other, c) for other in every)]


def _holds(other: SettingSpan, one: SettingSpan) -> bool:
    return other != one and other.kind == one.kind and other.words.holds(one.words)


def _condition(doc: Document, span: Span, kind: Sort) -> SettingSpan:
    said = doc.at(span)
    start = span.start + len(said) - len(said.lstrip(" ,;:."))
    words = Span(start, span.start + len(said.rstrip(" ,;:.")))
    return SettingSpan(words, kind, " ".join(doc.at(words).split())[:200])


def _labelled(doc: Document) -> Iterator[SettingSpan]:
    for match in _LABEL.finditer(doc.text):
        yield _condition(doc, Span(*match.span("value")), _LABELS[match.group("label").lower()])


def _clocks(doc: Document) -> Iterator[SettingSpan]:
    for match in _CLOCK.finditer(doc.text):
        if not _ASPECT.match(match.group()):
            yield _condition(doc, Span(*match.span()), "time")


def _phrases(referents: Referents) -> Iterator[SettingSpan]:
    """Hours, seasons and weather that are nouns."""
    doc = referents.doc
    for number, role in enumerate(referents.roles):
        phrase = doc.phrases[number]
        if (
            role == "time"
            and phrase.head.lemma
            not in (
                "day",
                "hour",
                "날",
                "오늘",
                "지금",
                "처음",
                "마지막",
                "나중",
                "순간",
            )
        ) or (
            role == "time" and (phrase.compounds or phrase.adjectives) and phrase.head.lemma in ("hour", "날", "day")
        ):
            yield _condition(doc, phrase.core, "time")
        elif role == "weather":
            yield _condition(doc, phrase.core, "weather")
        if phrase.head.lemma in known_words("weather_if_falling") and _falls(referents, number):
            yield _condition(doc, phrase.core, "weather")


def _falls(referents: Referents, number: int) -> bool:
    used, doc = referents.uses[number], referents.doc
    near = [doc.clauses[c].verb.lemma for c in (*used.acts, *used.suffers, *(c for _, c in used.hangs))]
    return any(lemma in known_words("falling") for lemma in near)


def _words(doc: Document) -> Iterator[SettingSpan]:
    """Weather that is an adjective or verb, and hours before nouns: 'rainy', 'it snows', 'night forest'."""
    for word in doc.words:
        if word.part in ("ADJ", "VERB") and word.lemma in known_words("weather"):
            yield SettingSpan(word.span, "weather", word.text[:200])
        elif word.part == "NOUN" and word.lemma in (
            "night",
            "morning",
            "evening",
            "afternoon",
            "midnight",
            "noon",
            "dawn",
            "dusk",
        ):
            yield SettingSpan(word.span, "time", word.text[:200])


def _looks(doc: Document) -> Iterator[SettingSpan]:
    """Pieces of a sentence that hold a word of mood or of look: 'grainy Super 8 look', '슬픈 느낌으로'."""
    for sentence in doc.sentences:
        for piece in _pieces(doc, sentence.span):
            lemmas = {
                w.lemma
                for n in sentence.words
                if piece.holds((w := doc.words[n]).span) and w.part in ("NOUN", "PROPN", "ADJ")
            }
            said = doc.at(piece)
            short = len(said.split()) <= 14 and not any(
                piece.holds(doc.clauses[n].verb.span) and doc.clauses[n].subjects for n in sentence.clauses
            )
            if doc.text[piece.end : piece.end + 1] == ":":
                continue
            if lemmas & known_words("moods"):
                yield _condition(doc, piece, "mood")
            elif short and (lemmas & known_words("looks") or find("style", said)):
                yield _condition(doc, piece, "look")
            elif short and len(said.split()) <= 3 and any(m.fit != "near" for m in find("mood", said)):
                yield _condition(doc, piece, "mood")


def _heard(referents: Referents) -> Iterator[SettingSpan]:
    """What is heard: nouns of sound, and what somebody is said to hear."""
    doc = referents.doc
    for number, phrase in enumerate(doc.phrases):
        if referents.roles[number] == "sound" and phrase.determiner != "no":
            yield _condition(doc, phrase.span, "sound")
    for clause in doc.clauses:
        if clause.verb.lemma in known_words("hearing") and clause.objects and not clause.negated:
            spans = [doc.phrases[p].span for p in clause.objects]
            yield _condition(doc, Span(min(s.start for s in spans), max(s.end for s in spans)), "sound")


def _pieces(doc: Document, sentence: Span) -> Iterator[Span]:
    said = doc.at(sentence)
    cuts = [m.span() for m in _PAUSE.finditer(said)]
    starts, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(said)]
    for start, end in zip(starts, ends, strict=True):
        if said[start:end].strip():
            yield Span(sentence.start + start, sentence.start + end)
