"""Final Draft screenplays (.fdx), as the Fountain text that tells the same.

The XML is read under limits, without entities, document types or anything from outside the file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from planner.read.formats import fountain
from planner.read.formats.textfile import FileError, Remark

MAX_DEPTH = 64
MAX_PARAGRAPHS = 50_000
_HEADING, _ACTION, _CHARACTER, _PARENTHETICAL, _DIALOGUE, _TRANSITION = (
    "scene heading", "action", "character", "parenthetical", "dialogue", "transition",
)  # fmt: skip
#: Types that tell something in the film's own order, and what each is read as.
_READ_AS = {
    _HEADING: _HEADING, _ACTION: _ACTION, _CHARACTER: _CHARACTER, _PARENTHETICAL: _PARENTHETICAL,
    _DIALOGUE: _DIALOGUE, _TRANSITION: _TRANSITION, "general": _ACTION, "shot": _ACTION, "lyrics": _DIALOGUE,
    "singing": _DIALOGUE,
}  # fmt: skip
_SPEECH = (_CHARACTER, _PARENTHETICAL, _DIALOGUE)
#: What Fountain takes for something else than action, at its beginning.
_MARKED = re.compile(r"[.@!>~=#\[]|(?:INT|EXT|EST|I/E)[. /]", re.I)
_OPENS = re.compile(r"(?:INT|EXT|EST|INT\.?/EXT|I/E)[. /]", re.I)
#: Elements whose paragraphs are no part of the told film.
_ASIDE = frozenset({"ScriptNote", "ScriptNotes", "TitlePage", "HeaderAndFooter", "SceneProperties", "Footnote"})


def is_final_draft(text: str) -> bool:
    """Whether a text is the XML of a Final Draft document."""
    return "<FinalDraft" in text[:2000]


def to_fountain(text: str, remark: Remark) -> str:
    """The Fountain text of a Final Draft document; ``remark`` is told what is not read as it is typed.

    Raises FileError for XML that is broken, holds a document type or is too large.
    """
    paragraphs = _paragraphs(text)
    if not any(p.text for p in paragraphs):
        raise FileError("is a Final Draft document without a paragraph of text")
    others = Counter(p.kind for p in paragraphs if p.text and p.kind.lower() not in _READ_AS)
    for kind, count in others.items():
        remark(f"{count} of its paragraphs are of the type {kind[:40]!r}, and read as action")
    if not any(p.text and p.kind.lower() == _HEADING for p in paragraphs):
        remark("it has no scene heading, and is read as prose")
    return "\n\n".join(_blocks(paragraphs)) + "\n"


@dataclass
class _Paragraph:
    kind: str
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(line.strip() for line in "".join(self.parts).splitlines() if line.strip())


def _paragraphs(text: str) -> list[_Paragraph]:
    """The paragraphs of the script in order. Raises FileError."""
    reader = _Reader()
    try:
        reader.parser.Parse(re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", text).encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        told = expat.ErrorString(error.code)
        line = error.lineno + text[: text.find("?>")].count("\n") * text.lstrip("\ufeff \n").startswith("<?xml")
        raise FileError(f"broken XML at line {line}, column {error.offset + 1}: {told}; export it again") from None
    return reader.paragraphs


class _Reader:
    """Collects the paragraphs of <Content> while expat goes through the XML."""

    def __init__(self) -> None:
        self.paragraphs: list[_Paragraph] = []
        self._path: list[str] = []
        self._open: list[_Paragraph] = []
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._document_type

    def _document_type(self, *_: object) -> None:
        raise FileError("holds a document type (<!DOCTYPE …>), which no Final Draft script does: export it again")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if len(self._path) > MAX_DEPTH:
            raise FileError(f"its XML is nested more than {MAX_DEPTH} deep")
        if len(self.paragraphs) >= MAX_PARAGRAPHS:
            raise FileError(f"more than {MAX_PARAGRAPHS} paragraphs, the most a screenplay may have")
        if name == "Paragraph" and self._is_told():
            self._open.append(_Paragraph(attributes.get("Type", "Action").strip() or "Action"))
            self.paragraphs.append(self._open[-1])

    def _end(self, name: str) -> None:
        if name == "Paragraph" and self._open and self._is_told():
            self._open.pop()
        self._path.pop()

    def _characters(self, text: str) -> None:
        if self._open and self._path[-1] == "Text" and self._is_told():
            self._open[-1].parts.append(text)

    def _is_told(self) -> bool:
        return "Content" in self._path and not _ASIDE.intersection(self._path)


def _blocks(paragraphs: list[_Paragraph]) -> Iterator[str]:
    """Fountain's blocks: a heading, an action, a transition, or a cue with all that is said under it."""
    speech: list[str] = []
    for paragraph in paragraphs:
        kind, text = _READ_AS.get(paragraph.kind.lower(), _ACTION), paragraph.text
        if not text:
            continue
        if speech and (kind == _CHARACTER or kind not in _SPEECH):
            yield "\n".join(speech)
            speech = []
        if kind == _CHARACTER or (speech and kind in _SPEECH):
            speech.append(_line(kind, text))
        else:
            yield _line(kind if kind not in _SPEECH else _ACTION, text)
    if speech:
        yield "\n".join(speech)


def _unmarked(text: str) -> str:
    """A text without the marks that Fountain cuts comments with."""
    return text.replace("[[", "[ [").replace("/*", "/ *")


def _line(kind: str, text: str) -> str:
    """A paragraph's text as Fountain writes its kind, marked where Fountain would take it for another."""
    if kind == _DIALOGUE:
        return fountain.escape_speech(text)
    text = fountain.escape(text) if kind == _ACTION else _unmarked(text)
    if kind == _HEADING:
        return text if _OPENS.match(text) else f".{text}"
    if kind == _CHARACTER:
        return text if text.isupper() and not _MARKED.match(text) else f"@{text}"
    if kind == _PARENTHETICAL:
        return f"({text.strip('() ')})"
    if kind == _TRANSITION:
        return text if text.isupper() and text.endswith("TO:") else f"> {text}"
    if kind == _ACTION and (_MARKED.match(text) or text.isupper() or text.endswith("TO:")):
        return f"!{text}"
    return text
