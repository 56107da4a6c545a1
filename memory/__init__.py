"""What must not be forgotten: stories, pins, takes, keyframes and facts of one production.

A production is a folder: a database (SQLite unless told otherwise) beside a content-addressed blob
store. Rows name pixels by digest, and a blob is always on disk before the row that names it.
"""

from memory.blobs import BlobError, BlobStore
from memory.checkpoints import CheckpointRow, Checkpoints, WriteRow
from memory.faults import is_of_storage, on_disk, storage_error
from memory.ledger import Ledger
from memory.locks import FolderBusy, FolderLock
from memory.rows import (
    Admission,
    AttemptRow,
    Contradiction,
    FactRow,
    Measure,
    PinRow,
    ProductionRow,
    RenditionRow,
    SourceRow,
    StoreError,
    StoryRow,
    TakeRow,
)
from memory.store import Memory
from memory.unit import Unit

__all__ = [
    "Admission",
    "AttemptRow",
    "BlobError",
    "BlobStore",
    "CheckpointRow",
    "Checkpoints",
    "Contradiction",
    "FactRow",
    "FolderBusy",
    "FolderLock",
    "Ledger",
    "Measure",
    "Memory",
    "PinRow",
    "ProductionRow",
    "RenditionRow",
    "SourceRow",
    "StoreError",
    "StoryRow",
    "TakeRow",
    "Unit",
    "WriteRow",
    "is_of_storage",
    "on_disk",
    "storage_error",
]
