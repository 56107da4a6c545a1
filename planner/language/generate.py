"""Sentences of the director's own: what happens although nobody said so, in the language of the story."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planner.language.text import word_lists
from planner.story.outline import Outline
from planner.story.story import Character, Prop

#: After a consonant -> after a vowel.
_PARTICLES = {"이": "가", "을": "를", "과": "와"}


def tell(kind: str, who: str, whom: str, count: int) -> str:
    """A sentence for an event kind; ``who`` and ``whom`` are names, ``count`` how many act."""
    language = "ko" if re.search("[가-힣]", who) else "en"
    one, many = word_lists()["tells"][language].get(kind, ("{who}", "{who}"))
    text = with_particles((one if count == 1 else many).format(who=who, whom=whom))
    return f"{text[:1].upper()}{text[1:]}."


def agreeing(template: str, slot: str) -> str:
    """An English template whose ``slot`` stands for several: '{who} waits and looks' -> '{who} wait and look'."""
    return re.sub(rf"(\{{{slot}\}}) (\w+)(?: and (\w+s)\b)?", _for_several, template)


def _for_several(match: re.Match[str]) -> str:
    found = [_several(verb) for verb in match.groups()[1:] if verb]
    return f"{match.group(1)} {' and '.join(found)}"


def _several(verb: str) -> str:
    if verb == "is":
        return "are"
    return re.sub(r"(?<=[^aeiou])ies$", "y", verb) if verb.endswith("ies") else re.sub(r"(?<=sh|ch|ss)es$|s$", "", verb)


def conjoined(names: Sequence[str]) -> str:
    """'the ghost and the fox'; '유령과 여우'."""
    if any(re.search("[가-힣]", name) for name in names):
        return with_particles("과 ".join(names))
    return " and ".join(names)


def named(outline: Outline, ids: Sequence[str]) -> str:
    """Entities as a reader would name them: 'the ghost and the fox', 'Bolt', '유령과 여우'."""
    entities: dict[str, Character | Prop] = {c.id: c for c in outline.cast}
    entities |= {p.id: p for p in outline.props}
    return conjoined([called(entities[i]) for i in ids])


def called(entity: Character | Prop) -> str:
    """'the ghost', 'Bolt', '유령'."""
    own = entity.name[:1].isupper() or not entity.name.isascii()
    return entity.name if own else f"the {entity.name}"


def with_particles(text: str) -> str:
    """Adjusts each particle to the sound before it: Hangul syllables are 28 apart in their final consonant."""

    def adjust(match: re.Match[str]) -> str:
        syllable, particle = match.groups()
        open_ = (ord(syllable) - ord("가")) % 28 == 0
        return syllable + (_PARTICLES[particle] if open_ else particle)

    return re.sub(r"([가-힣])(이|을|과)(?=\s)", adjust, text)
