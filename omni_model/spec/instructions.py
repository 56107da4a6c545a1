"""Edit instructions: what an edit asks for, as data, and the one grammar that says it in words and reads it back.

The sentences are those of edited training clips, so a model that reads words is told what it has learned. A generator
that knows edits looks at the type; one that needs words calls :func:`render_instruction`. Words are read by
:func:`parse_instruction` alone: those of old records, and what a person types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import Field, StringConstraints, TypeAdapter

from omni_model.spec.base import Frozen
from omni_model.spec.vocabulary import VOCABULARY

SceneAttribute = Literal["mood", "time", "weather", "style"]
SCENE_ATTRIBUTES: tuple[SceneAttribute, ...] = get_args(SceneAttribute)
"""What an edit can change of a whole picture, in the order in which the retoucher was taught to read it."""

Phrase = Annotated[str, StringConstraints(max_length=200)]


class NamedSubject(Frozen):
    """A subject as an instruction names it: 'red fox'."""

    colour: Phrase
    species: Phrase


class SetScene(Frozen):
    """The whole picture takes another mood, time, weather or style; nothing moves."""

    kind: Literal["set_scene"] = "set_scene"
    attribute: SceneAttribute
    value: Phrase


class AddGarment(Frozen):
    """A subject wears one garment more. ``who`` None: 'it', the one whom the clip is about."""

    kind: Literal["add_garment"] = "add_garment"
    who: NamedSubject | None
    colour: Phrase
    item: Phrase


class ReplaceSubject(Frozen):
    """Another subject stands where one stood and does what it did. ``who`` as in :class:`AddGarment`."""

    kind: Literal["replace_subject"] = "replace_subject"
    who: NamedSubject | None
    by: NamedSubject


class RemoveSubject(Frozen):
    """A subject is gone, and the place behind it is seen. ``who`` as in :class:`AddGarment`."""

    kind: Literal["remove_subject"] = "remove_subject"
    who: NamedSubject | None


class AddProp(Frozen):
    """A prop is there that was not."""

    kind: Literal["add_prop"] = "add_prop"
    colour: Phrase
    prop: Phrase


class FreeText(Frozen):
    """Words that no other type covers: for generators that follow any words."""

    kind: Literal["free_text"] = "free_text"
    text: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


Instruction = Annotated[
    SetScene | AddGarment | ReplaceSubject | RemoveSubject | AddProp | FreeText, Field(discriminator="kind")
]
_ADAPTER: TypeAdapter[Instruction] = TypeAdapter(Instruction)


class _Sentence(NamedTuple):
    """How instructions with these values are said; each ``{field}`` is a word of theirs."""

    values: Mapping[str, Any]
    words: str


_GRAMMAR = (
    _Sentence({"kind": "set_scene", "attribute": "mood"}, "make the mood {value}"),
    _Sentence({"kind": "set_scene", "attribute": "time"}, "make it {value}"),
    _Sentence({"kind": "set_scene", "attribute": "weather"}, "make the weather {value}"),
    _Sentence({"kind": "set_scene", "attribute": "style"}, "change the style to {value}"),
    _Sentence({"kind": "add_garment", "who": None}, "give it a {colour} {item}"),
    _Sentence({"kind": "add_garment"}, "give the {who.colour} {who.species} a {colour} {item}"),
    _Sentence({"kind": "replace_subject", "who": None}, "replace it with a {by.colour} {by.species}"),
    _Sentence({"kind": "replace_subject"}, "replace the {who.colour} {who.species} with a {by.colour} {by.species}"),
    _Sentence({"kind": "remove_subject", "who": None}, "remove it"),
    _Sentence({"kind": "remove_subject"}, "remove the {who.colour} {who.species}"),
    _Sentence({"kind": "add_prop"}, "add a {colour} {prop}"),
    _Sentence({"kind": "free_text"}, "{text}"),
)
_KINDS = {"item": "wardrobe"}
"""The vocabulary's name of a field, where it has another."""


def render_instruction(instruction: Instruction | None) -> str:
    """The sentence of an instruction; empty where there is none."""
    if instruction is None:
        return ""
    fields = dict(instruction)
    words = next(s.words for s in _GRAMMAR if all(fields[name] == value for name, value in s.values.items()))
    return words.format_map(fields) if isinstance(instruction, FreeText) else _spaced(words.format_map(fields))


def parse_instruction(text: str) -> Instruction:
    """The instruction of a sentence; free text where the grammar has no such sentence in omni-mini's words.

    Capitals, further spaces, a full stop and 'an' for 'a' make no difference. ValidationError for an empty text and one
    of more than 1,000 letters.
    """
    said = _spaced(text).lower().removesuffix(".")
    for sentence, pattern in _PATTERNS:
        if found := pattern.fullmatch(said):
            return _ADAPTER.validate_python(_nested(found.groupdict()) | dict(sentence.values))
    return FreeText(text=text)


def _spaced(text: str) -> str:
    """Words that are not there leave no space."""
    return " ".join(text.split())


def _pattern(sentence: _Sentence) -> re.Pattern[str]:
    """A sentence with every field as a group of the words that it takes, named as the field, its dot a double line."""
    pattern = ""
    for said, field, _, _ in Formatter().parse(sentence.words):
        pattern += re.sub(r"\ba $", "an? ", said)
        if field is not None:
            kind = sentence.values.get("attribute", field.rpartition(".")[2])
            pattern += f"(?P<{field.replace('.', '__')}>{'|'.join(VOCABULARY[_KINDS.get(kind, kind)])})"
    return re.compile(pattern)


_PATTERNS = tuple((sentence, _pattern(sentence)) for sentence in _GRAMMAR if sentence.values["kind"] != "free_text")


def _nested(groups: Mapping[str, str]) -> dict[str, Any]:
    """Groups as fields: 'who__colour' is the colour of who."""
    fields: dict[str, Any] = {}
    for name, word in groups.items():
        outer, _, inner = name.rpartition("__")
        (fields.setdefault(outer, {}) if outer else fields)[inner] = word
    return fields
