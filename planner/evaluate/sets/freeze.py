"""Freezes what strangers wrote: ``python -m planner.evaluate.sets.freeze FOLDER``.

The folder holds ``intents/intents.jsonl``, ``edits/edits.jsonl`` with its ``films``, and ``files/files.jsonl`` with the
files. Each set is cut in two by the digests of its cases' ids, within each language and kind; no case is shown.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from planner.evaluate.sets import FOLDER, HALVES, MANIFEST, SETS, Case, Half, digests

_ID = {"intents": "id", "edits": "id", "files": "file"}
_KIND = {"intents": "kind", "edits": "field", "files": "form"}


def split(name: str, cases: Iterable[Case]) -> dict[Half, list[Case]]:
    """Every other case of each language and kind, in the order of the digests of their ids."""

    def key(case: Case) -> tuple[str, str, str]:
        return case["language"], case[_KIND[name]], hashlib.sha256(case[_ID[name]].encode()).hexdigest()

    ordered = sorted(cases, key=key)
    return {"open": ordered[::2], "sealed": ordered[1::2]}


def freeze(given: Path) -> None:
    """Copies the three sets in two halves each, and writes the manifest."""
    for name in SETS:
        lines = (given / name / f"{name}.jsonl").read_text("utf-8").splitlines()
        halves = split(name, [json.loads(line) for line in lines if line.strip()])
        shutil.rmtree(FOLDER / name, ignore_errors=True)
        for half in HALVES:
            folder = FOLDER / name / half
            folder.mkdir(parents=True)
            text = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in halves[half])
            (folder / f"{name}.jsonl").write_text(text, "utf-8", newline="\n")
            if name == "files":
                for case in halves[half]:
                    shutil.copyfile(given / name / case["file"], folder / case["file"])
    shutil.copytree(given / "edits" / "films", FOLDER / "edits" / "films")
    MANIFEST.write_text(json.dumps(digests(), indent=1, ensure_ascii=False) + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    freeze(Path(sys.argv[1]))
