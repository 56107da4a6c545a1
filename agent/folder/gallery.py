"""Pixels and documents of a production by digest: between memory's blobs and the generator's tensors."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel
from torch import Tensor

from memory import Memory, StoreError
from omni_model.media import called, encode_clip, encode_image, load_image, load_shown, read_clip
from omni_model.spec.conditioning import canonical_json
from omni_model.spec.generator import Clip

M = TypeVar("M", bound=BaseModel)
_PNG = b"\x89PNG"


class Gallery:
    """Stills, clips and documents of a memory. Called with a digest it is ``Assets``."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._blobs = memory.blobs

    def __call__(self, digest: str) -> Tensor:
        """uint8 ``[3, H, W]`` of a still, ``[T, 3, H, W]`` of a clip. Raises BlobError, MediaError."""
        data = self._blobs.get(digest)
        return load_image(data) if data.startswith(_PNG) else read_clip(data).frames

    def png(self, digest: str) -> bytes:
        """A still as it is kept. Raises BlobError."""
        return self._blobs.get(digest)

    def keep(self, clip: Clip) -> str:
        """Keep a clip; returns the digest."""
        return self._blobs.put(encode_clip(clip))

    def keep_still(self, image: Tensor) -> str:
        """Keep a still, uint8 ``[3, H, W]``, as PNG; returns the digest."""
        return self._blobs.put(encode_image(image))

    def keep_shown(self, source: str | Path | bytes, name: str) -> str:
        """Keep what a person shows, a picture or a clip; returns the digest. Raises MediaError, which names it."""
        shown = load_shown(source, called(source, name))
        return self.keep(shown) if isinstance(shown, Clip) else self.keep_still(shown)

    def still(self, digest: str) -> str:
        """The digest of a still: that of a still itself, and of a clip's middle frame, which is kept."""
        pixels = self(digest)
        return digest if pixels.dim() == 3 else self.keep_still(pixels[len(pixels) // 2])

    def document(self, digest: str, kind: type[M]) -> M:
        """The value that :meth:`keep_document` kept. Raises StoreError."""
        body = self._memory.document(digest)
        if body is None:
            raise StoreError(f"document {digest[:12]} is not in the production's database; make the film again")
        return kind.model_validate_json(body)

    def keep_document(self, value: BaseModel) -> str:
        """Keep a value as canonical JSON; returns the digest."""
        with self._memory.transaction() as unit:
            return unit.keep_document(canonical_json(value))
