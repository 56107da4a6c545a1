"""What a disk or a database says when it refuses, as one line that says what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from memory.rows import StoreError

_AGAIN = "then give the same command again: it goes on from here"
_ADVICE = {
    errno.ENOSPC: f"the disk is full; make room, {_AGAIN}",
    errno.EDQUOT: f"the disk quota is used up; make room, {_AGAIN}",
    errno.EFBIG: f"a file may not grow so large here; raise the limit (ulimit -f), {_AGAIN}",
    errno.EACCES: "this user may not write there; choose a folder of your own or change its permissions",
    errno.EPERM: "this user may not write there; choose a folder of your own or change its permissions",
    errno.EROFS: "the disk is read-only; choose a folder that can be written",
    errno.EIO: f"the disk failed; check it, {_AGAIN}",
    errno.ENOTDIR: "something that is no folder is in the way; choose another folder",
    errno.EISDIR: "a folder is in the way of a file; move it away",
    errno.ELOOP: "a link is in the way; replace it by a folder",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.EMFILE: f"too many files are open; raise the limit (ulimit -n), {_AGAIN}",
    errno.ENOMEM: f"the memory is used up; free some, {_AGAIN}",
}
#: What SQLite and other databases say, and what to do about it.
_SAID = {
    "disk is full": _ADVICE[errno.ENOSPC],
    "disk i/o error": f"the disk is full, limited or failing; look after it, {_AGAIN}",
    "readonly database": _ADVICE[errno.EACCES],
    "unable to open database file": "it cannot be opened or made; choose a folder that this user may write",
    "not a database": "the file is damaged or something else; move it away, or choose another folder",
    "malformed": "the database is damaged; move it away and make the film again, or restore a copy of it",
    "database is locked": f"another process holds it; wait until it is done, {_AGAIN}",
}


def is_of_storage(error: BaseException) -> bool:
    """Whether an error is one of disks and permissions, which :func:`storage_error` has a line for."""
    return isinstance(error, OSError) and error.errno in _ADVICE


def storage_error(error: OSError, what: object) -> StoreError:
    """The line about a file that could not be read or written; ``what`` is named where the error names none."""
    named = error.filename if isinstance(error.filename, str | bytes) else what
    place = named.decode(errors="replace") if isinstance(named, bytes) else named
    advice = _ADVICE.get(error.errno or 0)
    return StoreError(f"{place}: {advice or error.strerror or error}")


def database_advice(said: str) -> str:
    """What a database says, and what to do about it where that is known."""
    line = " ".join(said.split())
    advice = next((text for phrase, text in _SAID.items() if phrase in line.lower()), None)
    return f"{line}: {advice}" if advice else line


@contextmanager
def on_disk(what: object) -> Iterator[None]:
    """Turns errors of the disk into one line. Raises StoreError."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, what) from error
