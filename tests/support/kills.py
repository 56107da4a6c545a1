"""Kills a production at random instants, gives the same command again, and compares with one that was left alone.

    python -m tests.support.kills --signal KILL --times 100
    python -m tests.support.kills --signal INT --times 30 --generator omni-mini --commands make

Every run is one command in a process of its own: ``make`` (plan, cast, render, review, cut), ``say``, ``undo`` or
``redo``. It is signalled after a random share of the time that it takes undisturbed, and given again until it ends by
itself. Then the film, its shots and the story must be the bytes of the run that nobody disturbed, the head the same,
and nothing that was accepted or recorded before a signal may have been rendered again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from memory import Memory

_SENTENCE = "make the fox blue"
_STORYBOARD = """
id: two
title: Two
seed: 3
cast:
- {id: ghost, name: Ghost, kind: ghost, colour: white}
- {id: fox, name: Fox, kind: fox, colour: orange}
locations:
- {id: wood, name: Wood, kind: forest}
scenes:
- id: night
  location: wood
  time: night
  shots:
  - {id: one, duration: 0.5, staging: [{entity: ghost, x: 0.3, to_x: 0.6, action: walks}]}
  - {id: two, duration: 0.5, staging: [{entity: fox, x: 0.5, action: stands}]}
"""
COMMANDS = ("make", "say", "undo", "redo")
_TRIES = 12
"""After so many signals the command is left alone, and has to end by itself."""

Shown = dict[str, str]


@dataclass(frozen=True)
class Case:
    """One command, the folder that it begins in, and what it leaves and how long it takes undisturbed."""

    command: str
    arguments: tuple[str, ...]
    start: Path | None
    seconds: float
    left: Shown


@dataclass
class Outcome:
    """What a command that was signalled again and again left."""

    command: str
    signals: int
    faults: list[str]


def prepare(place: Path, generator: str, commands: Sequence[str]) -> list[Case]:
    """Runs every command undisturbed, one after the other; keeps the folder that each begins in."""
    board = place / "two.yaml"
    board.write_text(_STORYBOARD, encoding="utf-8")
    arguments = {
        "make": ("render", str(board), "--generator", generator, "--llm", "none", "--yes", "--out"),
        "say": ("say",), "undo": ("undo",), "redo": ("redo",),
    }  # fmt: skip
    folder, cases = place / "whole", []
    for command in COMMANDS:
        start = None if command == "make" else place / f"before {command}"
        if start is not None:
            shutil.copytree(folder, start)
        began = time.monotonic()
        process = begin(arguments[command], command, folder)
        if process.wait() != 0:
            raise SystemExit(f"{command} fails undisturbed: {process.said()}")
        cases.append(Case(command, arguments[command], start, time.monotonic() - began, shown(folder)))
    return [case for case in cases if case.command in commands]


@dataclass(frozen=True)
class Process:
    """A command at work in a child of this process, which has everything imported already."""

    pid: int
    output: Path

    def wait(self, seconds: float | None = None) -> int | None:
        """Its exit code (minus the signal that ended it); None when ``seconds`` passed before."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            pid, status = os.waitpid(self.pid, 0 if end is None else os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            if end is not None and time.monotonic() > end:
                return None
            time.sleep(0.002)

    def said(self) -> str:
        """The last line that it printed; all of it when there is a traceback."""
        lines = self.output.read_text(encoding="utf-8").strip()
        return lines if "Traceback" in lines else lines.rpartition("\n")[2]


def begin(arguments: Sequence[str], command: str, folder: Path) -> Process:
    """The command at work."""
    words = [*arguments, str(folder), *((_SENTENCE, "--yes") if command == "say" else ()), "--json"]
    output = folder.with_name("output.txt")
    sys.stdout.flush()
    # Ctrl-C waits until the child is the command line: before, it would be this process a second time.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    pid = os.fork()
    if pid == 0:
        _be(["omnireel", *words], output, mask)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return Process(pid, output)


def _be(words: list[str], output: Path, mask: set[signal.Signals | int]) -> NoReturn:
    """Becomes the command line, in the child."""
    from omnireel.cli import app

    code: object = 1
    try:
        for number in (1, 2):
            os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND), number)
        # Where the parent's streams are captured in memory, as by pytest, the child would print into its copy of that.
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
        sys.argv = words
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        app.main()
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:
        # It came before the command line had begun: the child ends by the signal, as any process does then.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(KeyboardInterrupt):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def shown(folder: Path) -> Shown:
    """file -> digest of what a folder shows (a report counts seconds and is left out), and the version in force."""
    names = [folder / "film.mp4", folder / "contact-sheet.png", folder / "story.json", *folder.glob("shots/*")]
    found = {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in names if p.is_file()}
    with Memory.open(folder) as memory:
        found["version"] = str(memory.production().version)
    report = folder / "report.json"
    story = json.loads((folder / "story.json").read_bytes())
    shots = [shot["id"] for shot in json.loads(report.read_bytes())["shots"]] if report.is_file() else []
    found["report"] = str(shots == [shot["id"] for scene in story["scenes"] for shot in scene["shots"]])
    return found


def recorded(folder: Path) -> dict[tuple[str, str], tuple[str, int]]:
    """(shot, take) -> its clip, and when the file of the clip was written: it must never be written again."""
    if not (folder / "production.db").is_file():
        return {}
    with Memory.open(folder) as memory:
        rows = [take for shot in ("one", "two") for take in memory.takes(shot)]
        return {(row.shot, row.digest): (row.clip, memory.blobs.path(row.clip).stat().st_mtime_ns) for row in rows}


def disturb(case: Case, folder: Path, kind: signal.Signals, dice: random.Random) -> Outcome:
    """Gives the command again and again until it ends by itself, and compares."""
    if case.start is not None:
        shutil.copytree(case.start, folder)
    signals, faults = 0, []
    while True:
        before = recorded(folder)
        process = begin(case.arguments, case.command, folder)
        code = process.wait(dice.uniform(0.0, 1.0) * case.seconds if signals < _TRIES else None)
        if code is None:
            os.kill(process.pid, kind)
            code = process.wait()
        said = process.said()
        after = recorded(folder)
        faults += [f"{key} was rendered again" for key, value in before.items() if after.get(key) != value]
        if code == 0:
            break
        signals += 1
        told = kind is not signal.SIGINT or code != 130 or "the same command goes on" in said
        if code not in (-kind, 128 + kind) or "Traceback" in said or not told:
            faults.append(f"code {code}: {said}")
            break
    if not faults:
        now = shown(folder)
        faults += [f"{name} differs" for name in now.keys() | case.left.keys() if now.get(name) != case.left.get(name)]
        faults += [f"{path.name} was left" for path in folder.rglob("*.tmp")]
    return Outcome(case.command, signals, faults)


def main() -> None:
    """Prints a line for every fault, and one figure at the end; exits with 1 if there was a fault."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--signal", choices=("KILL", "INT", "TERM"), default="KILL")
    options.add_argument("--times", type=int, default=30, help="signals that have to hit")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--generator", default="oracle")
    options.add_argument("--commands", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    chosen = options.parse_args()
    # Imported once, so that a child begins to work at once.
    import_module("agent.session")
    import_module("omnireel.cli.app")
    # Started in the background of a shell, this process would hand on that Ctrl-C is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    kind, dice = signal.Signals[f"SIG{chosen.signal}"], random.Random(chosen.seed)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        cases = prepare(place, chosen.generator, chosen.commands)
        hits: dict[str, int] = dict.fromkeys(chosen.commands, 0)
        runs = faulty = 0
        while sum(hits.values()) < chosen.times:
            case, folder = min(cases, key=lambda case: hits[case.command]), place / "disturbed"
            found = disturb(case, folder, kind, dice)
            hits[case.command] += found.signals
            runs, faulty = runs + 1, faulty + bool(found.faults)
            for fault in found.faults:
                sys.stdout.write(f"{case.command}, run {runs}: {fault}\n")
            shutil.rmtree(folder)
    counts = ", ".join(f"{command} {count}" for command, count in hits.items())
    sys.stdout.write(f"SIG{chosen.signal}: {sum(hits.values())} hits ({counts}) in {runs} runs, {faulty} faulty\n")
    raise SystemExit(bool(faulty))


if __name__ == "__main__":
    main()
