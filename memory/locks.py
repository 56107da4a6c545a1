"""One worker at a time in a production's folder."""

from __future__ import annotations

import fcntl
import os
from datetime import datetime
from pathlib import Path

from memory.faults import on_disk
from memory.rows import StoreError

FILE = ".lock"


class FolderBusy(StoreError):
    """Another process, or another session of this one, works on the production."""


class FolderLock:
    """An advisory lock on ``folder/.lock``. The system lets go of it when its process ends, however it ends.

    Taking a lock that is held already, and letting go of one that is not, do nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds it."""
        return self._descriptor is not None

    def take(self) -> bool:
        """Whether the lock is newly held. Raises FolderBusy when somebody else has it, and StoreError."""
        if self.held:
            return False
        path = self._folder / FILE
        with on_disk(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip() or "another process"
            os.close(descriptor)
            raise FolderBusy(
                f"{self._folder} is being worked on by {holder}; wait until it is done, or stop it"
            ) from None
        _sign(descriptor)
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let others work."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _sign(descriptor: int) -> None:
    """Says in the lock who holds it; a full disk only leaves it unsigned."""
    text = f"process {os.getpid()} since {datetime.now():%Y-%m-%d %H:%M:%S}"
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)
    except OSError:
        pass
