"""Pins what ``make`` installs: an exact version and the hashes of its files, for every platform and Python.

``python requirements/resolve.py FOLDER`` reads the ranges of pyproject.toml and writes FOLDER/torch.txt, base.txt,
dev.txt and llm.txt. No package is in two of them. Versions stay as they are pinned here where the ranges still allow
them; ``--newest`` takes the newest allowed, ``--oldest`` the oldest that pyproject.toml allows. uv resolves; it is on
the path or in the environment that runs this.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path

PINNED = Path(__file__).parent
PROJECT = PINNED.parent / "pyproject.toml"
DEV = ("dev", "studio", "wan", "hf")
LLM = ("llm",)
RESOLVE = (
    "uv", "pip", "compile", "--quiet", "--no-config", "--generate-hashes", "--only-binary", ":all:",
    "--no-binary", "kiwipiepy-model",  # its makers publish its source alone
    "--python-version", "3.11", "--fork-strategy", "fewest", "--no-header", "--no-annotate",
)  # fmt: skip
#: A package's name -> its lines in a requirements file: name, version, marker and hashes.
Pins = dict[str, str]


def resolve(source: str | Path, pinned: Path, *options: str) -> Pins:
    """What ``source`` (a file, or requirements as text) needs. ``pinned`` holds versions to keep and is rewritten.

    Wheel folders of this machine are left aside, for what lies there has other hashes. Raises CalledProcessError.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    file, text = (source, None) if isinstance(source, Path) else ("-", source)
    subprocess.run(
        [*RESOLVE, str(file), "--output-file", str(pinned), *options],
        input=text, text=True, check=True, stdout=subprocess.DEVNULL,
        env={**os.environ, "PATH": path, "UV_FIND_LINKS": ""},
    )  # fmt: skip
    return read(pinned)


def read(file: Path) -> Pins:
    """The pins of a requirements file."""
    blocks = re.split(r"^(?=\w)", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.split(r"[=\[]", block, maxsplit=1)[0]: block for block in blocks if block.strip()}


def extras(names: Iterable[str]) -> list[str]:
    return [option for name in names for option in ("--extra", name)]


def resolved(folder: Path, strategy: list[str]) -> dict[str, Pins]:
    """The pins of each file, resolved together so that they agree; ``folder`` is for files in between."""
    pinned = folder / "all.txt"
    kept = "".join(file.read_text(encoding="utf-8") for file in sorted(PINNED.glob("*.txt")))
    pinned.write_text(kept, encoding="utf-8")
    build = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["build-system"]["requires"]
    (folder / "build.in").write_text("\n".join(build), encoding="utf-8")
    everything = [str(folder / "build.in"), "--universal", *extras([*DEV, *LLM])]
    whole = resolve(PROJECT, pinned, *everything, *strategy)

    def closure(source: str | Path, *options: str) -> Pins:
        """A part of the whole, in the whole's versions and markers."""
        part = resolve(source, folder / "part.txt", "--constraint", str(pinned), *options)
        return {name: whole[name] for name in part}

    torch = closure("torch", "--universal")
    plain = closure("torch", "--python-platform", "windows")
    base = closure(PROJECT, str(folder / "build.in"), "--universal")
    dev = closure(PROJECT, "--universal", *extras(DEV))
    # A build of torch without CUDA needs no more than torch does where there is no CUDA.
    files = {"torch": {name: pin for name, pin in torch.items() if name == "torch" or name not in plain}}
    files["base"] = without(base, files["torch"])
    files["dev"] = without(dev, base)
    files["llm"] = without(whole, base, dev)
    return files


def without(pins: Pins, *others: Pins) -> Pins:
    return {name: pin for name, pin in pins.items() if not any(name in other for other in others)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the files are written")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--newest", dest="strategy", action="store_const", const=["--upgrade"], default=[])
    which.add_argument(
        "--oldest", dest="strategy", action="store_const", const=["--upgrade", "--resolution", "lowest-direct"]
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = resolved(Path(folder), asked.strategy)
    asked.folder.mkdir(parents=True, exist_ok=True)
    for name, pins in files.items():
        (asked.folder / f"{name}.txt").write_text("".join(pins.values()), encoding="utf-8")


if __name__ == "__main__":
    main()
