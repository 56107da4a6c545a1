"""Content-addressed files: the name of a blob is the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from memory.faults import on_disk
from memory.rows import StoreError

_DIGEST = re.compile(r"[0-9a-f]{64}")
_ASIDE = ".damaged"


class BlobError(StoreError):
    """A blob is missing, is not what its name says, or has no proper name."""


class BlobStore:
    """Blobs under ``folder``, fanned out by the first two digits. Safe for many readers and writers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Where the blob lies, or would lie. Raises BlobError for what is not a digest."""
        if not _DIGEST.fullmatch(digest):
            raise BlobError(f"not a blob digest: {digest[:80]!r}")
        return self.folder / digest[:2] / digest

    def put(self, data: bytes) -> str:
        """Keep ``data`` and return its digest; on return it is on disk. A damaged copy is healed.

        Raises StoreError when the disk refuses.
        """
        digest = _digest_of(data)
        target = self.path(digest)
        with on_disk(target):
            if not (target.is_file() and _digest_of(target.read_bytes()) == digest):
                target.parent.mkdir(parents=True, exist_ok=True)
                _write_atomically(target, data)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of a blob, verified. Raises BlobError when they are missing or damaged.

        A damaged blob is set aside, so that from then on it is missing and can be made again.
        """
        target = self.path(digest)
        try:
            data = target.read_bytes()
        except FileNotFoundError:
            raise BlobError(f"blob {digest} is missing from {self.folder}") from None
        except OSError as error:
            raise BlobError(f"blob {digest} cannot be read: {error.strerror}") from error
        if _digest_of(data) != digest:
            aside = target.with_name(target.name + _ASIDE)
            with on_disk(target):
                os.replace(target, aside)
            raise BlobError(f"blob {digest} was damaged and is set aside as {aside.name}")
        return data

    def __contains__(self, digest: str) -> bool:
        return self.path(digest).is_file()

    def sweep(self) -> None:
        """Remove what killed writers left unfinished. Only for whoever is the sole writer."""
        for left in self.folder.glob("??/.*.tmp"):
            left.unlink(missing_ok=True)


def _digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write_atomically(target: Path, data: bytes) -> None:
    """Readers see all of the file or none: written aside, synced, then renamed."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    # A rename survives a power cut only once its folder is on disk, too.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
