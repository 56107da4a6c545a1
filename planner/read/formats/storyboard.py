"""Storyboard files: a story in YAML or JSON, read under limits and written so that reading gives it back.

A file that is nearly right is read as it is meant where it has one meaning only, which is remarked; else it is refused
with one line that names the file and every place in it, with the cure. Files of ViMax and StoryMem are imported.
Pictures may be named by a path inside the file's own folder; they become digests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from typing import Any, Literal

import yaml
from pydantic import ValidationError

from omni_model.spec.conditioning import sha256
from planner.read.formats import json_reader, script, storymem, textfile, vimax, yaml_reader
from planner.read.formats.contradictions import contradictions, doubts
from planner.read.formats.documents import DocumentNode, Fault, FaultyDocument, SourceDocument
from planner.read.formats.schema_faults import boolean_fields, located, name_of, schema_faults
from planner.read.formats.textfile import FileError, Remark, unremarked
from planner.story.story import Story

MAX_BYTES = 2_000_000
MAX_IMAGE_BYTES = 32_000_000
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NO_DIGEST = "0" * 64
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[ \t]*[\w+-]*[ \t]*\r?$", re.M)
_BREAKS = re.compile("[\x85\u2028\u2029]")
_CUTTING = re.compile(r"[\x00-\x1f]")

Syntax = Literal["yaml", "json"]
#: Stores the bytes of a picture and gives its digest. Raises StoryboardError for bytes that are no picture.
Keep = Callable[[bytes], str]


class StoryboardError(Exception):
    """A file is not a storyboard; the message is one line with the file, the place and what to do."""


def load(path: str | Path, keep: Keep = sha256, remark: Remark = unremarked) -> Story:
    """The story of a storyboard file, or of one of ViMax or StoryMem.

    ``keep`` stores each picture that the file names by path; ``remark`` is told, line by line, what was forgiven in
    it and what is hardly meant as it stands. Raises StoryboardError.
    """
    path = Path(path)
    remarks: list[str] = []
    try:
        text = textfile.decode(textfile.read(path, MAX_BYTES, "a storyboard"), remarks.append)
        document = _document(text, "json" if path.suffix.lower() == ".json" else "yaml", path.name)
        remarks += document.remarks
        story = _story(document, path, keep, remarks)
    except FileError as error:
        raise StoryboardError(f"{path.name}: {error}") from error
    except FaultyDocument as error:
        raise StoryboardError(f"{path.name}: {error}") from error
    for line in remarks:
        remark(f"{path.name}: {line}")
    return story


def loads(text: str, syntax: Syntax = "yaml", name: str = "storyboard") -> Story:
    """The story of a storyboard text; pictures are digests in it. Raises StoryboardError."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise StoryboardError(f"{name}: larger than {MAX_BYTES} bytes, the most a storyboard may have")
    try:
        return _valid(_document(text, syntax, name).root, [])[0]
    except FaultyDocument as error:
        raise StoryboardError(f"{name}: {error}") from error


def dumps(story: Story, syntax: Syntax = "yaml") -> str:
    """The story as text without its default values; :func:`loads` gives it back exactly."""
    data = story.model_dump(mode="json", exclude_defaults=True)
    if syntax == "json":
        return json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    text: str = yaml.dump(data, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)
    return text


def json_schema() -> dict[str, Any]:
    """The JSON Schema of storyboard files."""
    schema = Story.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$defs"]["EntityReference"]["properties"]["image"] = {
        "type": "string",
        "minLength": 1,
        "description": "SHA-256 of a stored picture, or the path of one inside the storyboard's folder",
    }
    return schema


class _Plain(yaml.SafeDumper):
    """No anchors: a storyboard is a tree."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """A text, in quotes where the reader would take the plain one for something else."""
    style = '"' if _BREAKS.search(text) else None if yaml_reader.is_as_written(text) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _text)


def _document(text: str, syntax: Syntax, name: str) -> SourceDocument:
    """What a text holds: JSON or YAML, whatever it is called, also in a code fence. Raises FaultyDocument."""
    if text.lstrip().startswith(("```", "~~~")):
        return _fenced(text, syntax, name)
    try:
        document = _parsed(text, syntax)
    except FaultyDocument as error:
        if _is_story(text, name):
            raise StoryboardError(_told_elsewhere(name)) from error
        if len(_FENCE.findall(text)) == 2:
            return _fenced(text, syntax, name)
        raise
    return _unwrapped(document, text, name)


def _parsed(text: str, syntax: Syntax) -> SourceDocument:
    """The document of a text that is most likely of a syntax, and may be of the other."""
    if not text.lstrip().startswith(("{", "[")):
        document = yaml_reader.read(text)
        said = ("it is YAML, though it is called .json",) if syntax == "json" else ()
        return SourceDocument(document.root, (*document.remarks, *said))
    try:
        found = json_reader.read(text)
    except FaultyDocument:
        if syntax == "json" or re.match(r"\s*[{\[]\s*[\"“]", text):
            raise
        return yaml_reader.read(text)
    if syntax == "json" or not found.remarks:
        return found
    try:
        return yaml_reader.read(text)
    except FaultyDocument:
        return SourceDocument(found.root, (*found.remarks, "it is JSON, though it is called .yaml"))


def _fenced(text: str, syntax: Syntax, name: str) -> SourceDocument:
    """The document inside the only code fence of a text; what stands around it is passed over."""
    fences = [*_FENCE.finditer(text)]
    if len(fences) > 2:
        raise StoryboardError(f"{name}: holds {len(fences) // 2} code fences (```): keep the storyboard alone")
    begin = fences[0].end() if fences else text.index("\n") if "\n" in text else len(text)
    end = fences[1].start() if len(fences) > 1 else len(text)
    inside = "\n" * text.count("\n", 0, begin) + text[begin:end]
    document = _unwrapped(_parsed(inside, syntax), inside, name)
    return SourceDocument(document.root, (*document.remarks, "the code fence around it is passed over"))


def _unwrapped(document: SourceDocument, text: str, name: str) -> SourceDocument:
    """The document without a list or a mapping that holds nothing but the storyboard. Raises StoryboardError."""
    root, remarks = document.root, list(document.remarks)
    if isinstance(root.value, list) and len(root.value) == 1:
        root = root.value[0]
        remarks.append("it is a list of one storyboard, which is read")
    if isinstance(root.value, dict) and "scenes" not in root.value:
        inner = [(key, node) for key, node in root.value.items() if isinstance(node.value, dict)]
        held = [(key, node) for key, node in inner if "scenes" in node.value]
        if len(held) == 1:
            key, root = held[0]
            others = [other for other in document.root.value if other != key] if document.root.keys else []
            beside = f"; {', '.join(others)[:80]} beside it is passed over" if others else ""
            remarks.append(f"the storyboard under {key[:40]!r} is read{beside}")
    if not isinstance(root.value, dict):
        if _is_story(text, name):
            raise StoryboardError(_told_elsewhere(name))
        several = isinstance(root.value, list) and len(root.value) > 1
        told = f"it is a list of {len(root.value)}, and a file holds one storyboard" if several else "not a storyboard"
        raise StoryboardError(f"{name}: {told}: its top level must map field names to values (see `omnireel schema`)")
    return SourceDocument(root, tuple(remarks))


def _is_story(text: str, name: str) -> bool:
    """Whether a text that is no storyboard is a story: by the name of its file, or because it is a screenplay."""
    final_draft = "<FinalDraft" in text[:2000]
    return Path(name).suffix.lower() in textfile.STORY_SUFFIXES or final_draft or script.is_screenplay(text[:100_000])


def _told_elsewhere(name: str) -> str:
    if Path(name).suffix.lower() in textfile.STORY_SUFFIXES:
        return f"{name}: is a story, no storyboard: `omnireel make {name}` films it"
    return f"{name}: is a screenplay, no storyboard: rename it to .fountain or .fdx, and `omnireel make` films it"


def _story(document: SourceDocument, path: Path, keep: Keep, remarks: list[str]) -> Story:
    """The story of a file's document; ``remarks`` are added to. Raises FaultyDocument, StoryboardError."""
    data = document.root.plain(boolean_fields())
    for other in (storymem, vimax):
        if other.recognises(data):
            return _imported(other.to_story, data, path, remarks)
    story, found = _valid(document.root, _keep_pictures(document.root, path, keep, remarks))
    remarks += found
    return story


def _imported(to_story: Callable[..., Story], data: dict[str, Any], path: Path, remarks: list[str]) -> Story:
    try:
        return to_story(data, path.stem, remarks.append)
    except (vimax.ViMaxError, storymem.StoryMemError) as error:
        raise StoryboardError(f"{path.name}: {error}") from error
    except ValidationError as error:
        told = " ".join(str(error.errors()[0]["msg"]).split())
        raise StoryboardError(f"{path.name}: cannot be imported: {told}") from error


def _valid(root: DocumentNode, faults: list[Fault]) -> tuple[Story, list[str]]:
    """The story of a document without a fault, and what is doubtful in it. Raises FaultyDocument."""
    data = root.plain(boolean_fields())
    faults = [*faults, *located(contradictions(data), root)]
    try:
        story = Story.model_validate(data)
    except ValidationError as error:
        faults += schema_faults(error, root)
        if not faults:
            faults = [Fault(root.place, " ".join(str(error.errors()[0]["msg"]).split()))]
        raise FaultyDocument(faults) from error
    doubtful = located(doubts(story), root)
    if faults:
        raise FaultyDocument([*faults, *doubtful])
    return story, [f"{fault.place}: {fault.text}" for fault in doubtful]


def _keep_pictures(root: DocumentNode, path: Path, keep: Keep, remarks: list[str]) -> list[Fault]:
    """Replaces every picture path in the document by the digest that ``keep`` gives; what is wrong with them."""
    faults = []
    for kind in ("cast", "locations"):
        for i, entity in enumerate(_items(root.value.get(kind))):
            references = entity.value.get("references") if isinstance(entity.value, dict) else None
            for j, reference in enumerate(_items(references)):
                image = reference.value.get("image") if isinstance(reference.value, dict) else None
                if image and isinstance(image.value, str) and not _DIGEST.fullmatch(image.value):
                    try:
                        image.value = keep(_picture(image.value, path, remarks))
                    except (FileError, StoryboardError) as error:
                        place = name_of((kind, i, "references", j, "image"))
                        faults.append(Fault(image.place, f"{place}: {image.value[:80]!r} {error}"))
                        image.value = _NO_DIGEST
    return faults


def _items(node: DocumentNode | None) -> list[DocumentNode]:
    return node.value if node is not None and isinstance(node.value, list) else []


def _picture(image: str, path: Path, remarks: list[str]) -> bytes:
    """The bytes of a picture inside the storyboard's folder. Raises FileError."""
    if "://" in image:
        raise FileError("is an address: put the picture beside the storyboard, and write its name")
    if _CUTTING.search(image):
        raise FileError("holds a control character, as \\n and \\t in double quotes are: write the path with /")
    folder = path.resolve().parent
    target = _inside(folder, image)
    if "\\" in image and not target.exists():
        image = PureWindowsPath(image).as_posix()
        target = _inside(folder, image)
        remarks.append(f"the backslashes of a path are read as /: {image[:80]}")
    return textfile.read(target, MAX_IMAGE_BYTES, "a picture")


def _inside(folder: Path, image: str) -> Path:
    windows = PureWindowsPath(image)
    try:
        target = (folder / (image if not windows.drive else "..")).resolve()
    except (OSError, ValueError, RuntimeError):
        raise FileError("is no path") from None
    if not target.is_relative_to(folder):
        name = windows.name or "its name"
        raise FileError(f"lies outside the storyboard's folder: put the picture beside it, and write {name[:80]}")
    return target
