"""Blobs: content addressing, damage, hostile names, kills."""

import hashlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import BlobError, BlobStore


@given(data=st.binary(max_size=2000))
def test_what_is_put_is_got(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = BlobStore(tmp_path_factory.mktemp("blobs"))
    digest = store.put(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert store.get(digest) == data
    assert digest in store


def test_putting_twice_keeps_one_file(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    assert store.put(b"frame") == store.put(b"frame")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_damage_is_detected_and_healed_by_putting_again(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    digest = store.put(b"frame" * 100)
    store.path(digest).write_bytes(b"frame" * 99)
    with pytest.raises(BlobError, match="was damaged and is set aside"):
        store.get(digest)
    with pytest.raises(BlobError, match="is missing"):
        store.get(digest)
    assert digest not in store and store.path(digest).with_name(f"{digest}.damaged").is_file()
    store.put(b"frame" * 100)
    assert store.get(digest) == b"frame" * 100


def test_a_missing_blob_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(BlobError, match=r"^blob a{64} is missing[^\n]*$"):
        BlobStore(tmp_path).get("a" * 64)


@pytest.mark.parametrize(
    "digest", ["../" * 20 + "etc/passwd", "", "A" * 64, "a" * 63, "a" * 64 + "\n", "/etc", "é" * 64]
)
def test_what_is_no_digest_is_refused(tmp_path: Path, digest: str) -> None:
    store = BlobStore(tmp_path)
    with pytest.raises(BlobError, match="not a blob digest"):
        store.get(digest)
    with pytest.raises(BlobError, match="not a blob digest"):
        digest in store  # noqa: B015


_WRITER = """
import sys
from pathlib import Path
from memory.blobs import BlobStore
store = BlobStore(Path(sys.argv[1]))
for number in range(100_000):
    print(store.put(number.to_bytes(4, "big") * 50_000), flush=True)
"""


def test_a_kill_while_writing_leaves_only_whole_blobs(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        promised = [writer.stdout.readline().strip() for _ in range(5)]
        writer.send_signal(signal.SIGKILL)
        promised += writer.stdout.read().split()
    store = BlobStore(tmp_path)
    store.sweep()
    assert not list(tmp_path.rglob("*.tmp"))
    named = [path.name for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert {digest for digest in promised if len(digest) == 64} <= set(named)
    assert all(hashlib.sha256(store.get(digest)).hexdigest() == digest for digest in named)


_LIMITED = """
import resource, sys
from pathlib import Path
from memory import BlobStore, StoreError
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    BlobStore(Path(sys.argv[1])).put(bytes(5000))
except StoreError as error:
    print(error)
"""


def test_a_disk_that_refuses_is_one_line_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _LIMITED, str(tmp_path)], capture_output=True, text=True)
    assert done.stdout.count("\n") == 1 and "raise the limit" in done.stdout and "same command again" in done.stdout
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
