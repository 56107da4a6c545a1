"""What must not be forgotten: stories, pins, takes, keyframes and facts of one production.

A production is a folder: a database (SQLite unless told otherwise) beside a content-addressed blob
store. Rows name pixels by digest, and a blob is always on disk before the row that names it.
"""

from memory.blobs import BlobError, BlobStore
from memory.ledger import Ledger
from memory.rows import Admission, Contradiction, FactRow, Measure, PinRow, StoreError, StoryRow, TakeRow
from memory.store import Memory

__all__ = [
    "Admission",
    "BlobError",
    "BlobStore",
    "Contradiction",
    "FactRow",
    "Ledger",
    "Measure",
    "Memory",
    "PinRow",
    "StoreError",
    "StoryRow",
    "TakeRow",
]
