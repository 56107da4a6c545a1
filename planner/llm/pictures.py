"""The images of messages, as models take them."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

from PIL import Image

from planner.llm.base import LanguageModelError, Message


def open_image(image: bytes) -> Image.Image:
    """PNG or JPEG bytes as an RGB image. Raises LanguageModelError."""
    try:
        return Image.open(io.BytesIO(image), formats=("PNG", "JPEG")).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise LanguageModelError("an image of the question is damaged, or neither PNG nor JPEG") from None


def data_url(image: bytes) -> str:
    """PNG or JPEG bytes as a ``data:`` URL."""
    kind = "png" if image.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(image).decode()}"


def probe_image() -> bytes:
    """A small red PNG, to find out whether a model can see."""
    out = io.BytesIO()
    Image.new("RGB", (56, 56), "red").save(out, "PNG")
    return out.getvalue()


def content_parts(message: Message, show: Callable[[bytes], dict[str, Any]]) -> list[dict[str, Any]]:
    """A message's content in the chat format; ``show`` makes the part of one image.

    The time of a frame is told in words before it, as models that were trained on clips read it.
    """
    shown = [show(image) for image in message.images]
    for frame in message.clip:
        shown += [_text(f"<{frame.seconds:.2f} seconds>"), show(frame.image)]
    return [*shown, _text(message.text)]


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
