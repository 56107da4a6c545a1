"""Sentences of the director's own: what happens although nobody said so, in the language of the story."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from planner.language.korean_writing import listing, write_korean
from planner.language.text import word_lists
from planner.story.outline import Outline
from planner.story.story import Character, Prop


def tell(kind: str, who: str, whom: str, count: int) -> str:
    """A sentence for an event kind; ``who`` and ``whom`` are names, ``count`` how many act."""
    language = "ko" if re.search("[가-힣]", who) else "en"
    one, many = word_lists()["tells"][language].get(kind, ("{who}", "{who}"))
    text = filled(one if count == 1 else many, {"who": who, "whom": whom})
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
        return listing(names)
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


def filled(template: str, words: Mapping[str, str]) -> str:
    """A template with its slots filled: 'the fox comes'; in Korean the particles after slots fit: '여우가 온다'."""
    if re.search("[가-힣]", template):
        return write_korean(template, words)
    return template.format_map(words)
