"""The one loader of prompt templates: sandboxed, strict, and named by digest."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

TEMPLATES = Path(__file__).parent / "templates"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class PromptError(Exception):
    """A template is missing, or was given too little to be rendered."""


_environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)


def source(name: str) -> str:
    """The text of a template. Names are bare words, so that none leads out of the folder."""
    file = TEMPLATES / f"{name}.j2"
    if not _NAME.fullmatch(name) or not file.is_file():
        raise PromptError(f"no prompt template {name!r}")
    return file.read_text(encoding="utf-8")


def render(name: str, **values: object) -> str:
    """A template filled in. Values are data: they are never read as template text. Raises PromptError."""
    try:
        return _environment.from_string(source(name)).render(**values).strip()
    except TemplateError as error:
        raise PromptError(f"prompt template {name!r}: {error}") from None


def digest(name: str) -> str:
    """SHA-256 of a template, in hex: what a record of a model call names it by. Raises PromptError."""
    return hashlib.sha256(source(name).encode()).hexdigest()
