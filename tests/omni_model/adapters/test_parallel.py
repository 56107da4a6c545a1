"""Two processes on one shot, over gloo on a CPU: what they make together is what one makes."""

from __future__ import annotations

import atexit
import json
import multiprocessing
import os
import socket
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from omni_model.adapters import Spec, open_weights
from omni_model.spec.conditioning import Conditioning, ContextClip, Reference
from omni_model.spec.errors import WeightsError
from omni_model.spec.generator import Generator
from tests.omni_model.adapters.shots import Shelf, asking, pixels

# Newer Pythons warn of forking a process with threads; torch has one here.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def member(rank: int, environment: dict[str, str], work: Callable[[], None]) -> None:
    """One process as torchrun starts it. Those that follow leave from within ``work``."""
    os.environ.update(environment, RANK=str(rank), LOCAL_RANK=str(rank))
    torch.set_num_threads(1)
    try:
        work()
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves these out


def together(work: Callable[[], None], codes: tuple[int, int] = (0, 0)) -> None:
    """``work`` in two processes that leave with these codes."""
    environment = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port())}
    processes = [
        multiprocessing.get_context("fork").Process(target=member, args=(rank, environment, work)) for rank in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert tuple(process.exitcode for process in processes) == codes


def shot(name: str, shelf: Shelf) -> Conditioning:
    """With tokens that do not go into two equal parts, and what the kind can be given."""
    if name == "wan-vace":
        seen = tuple(
            Reference(image=shelf.put(pixels(3, 32, 32, seed=i)), role="sheet", entity=f"e{i}") for i in range(2)
        )
        return asking(name, references=seen)
    if name == "wan-t2v":
        return asking(name, context=(ContextClip(clip=shelf.put(pixels(9, 3, 32, 32)), role="edit"),))
    return asking(name, first_frame=shelf.put(pixels(3, 64, 64)), guidance=1.0)


@pytest.mark.parametrize("name", ["wan-t2v", "wan-vace", "wan-ti2v", "ltx"])
def test_two_processes_make_what_one_makes(opened: Any, tiny: Any, name: str, tmp_path: Path) -> None:
    shelf, spec = Shelf(), f"{name}:{tiny(name)}"
    asked = shot(name, shelf)

    def work() -> None:
        clip = open_weights(Spec.parse(spec)).render([asked], shelf)[0]
        np.save(tmp_path / "made.npy", clip.frames.numpy())

    together(work)
    alone = opened(name).render([asked], shelf)[0].frames
    made = torch.from_numpy(np.load(tmp_path / "made.npy"))
    assert made.shape == alone.shape
    assert (made.int() - alone.int()).abs().max() <= 1


def test_the_others_go_on_after_a_shot_that_was_stopped_or_refused(opened: Any, tiny: Any, tmp_path: Path) -> None:
    spec, asked = f"wan-t2v:{tiny('wan-t2v')}", asking("wan-t2v", steps=2)

    def work() -> None:
        generator: Generator = open_weights(Spec.parse(spec))
        assert generator.sampler.endswith("2 processes")
        with pytest.raises(ValueError, match="multiples of 16"):
            generator.render([asked.model_copy(update={"width": 40})], Shelf())
        with pytest.raises(KeyboardInterrupt):
            generator.render([asked], Shelf(), stop)
        np.save(tmp_path / "made.npy", generator.render([asked], Shelf())[0].frames.numpy())

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    together(work)
    alone = opened("wan-t2v").render([asked], Shelf())[0].frames
    assert (torch.from_numpy(np.load(tmp_path / "made.npy")).int() - alone.int()).abs().max() <= 1


def test_what_several_processes_cannot_make_is_said_at_once(tiny: Any) -> None:
    def work() -> None:
        for text in (f"ltx2:{tiny('ltx2')}", f"wan-t2v:{tiny('wan-t2v')}?cache=residual"):
            with pytest.raises(WeightsError, match="is not made by several processes: start one"):
                open_weights(Spec.parse(text))

    tiny("ltx2"), tiny("wan-t2v")
    together(work)


def test_attention_within_each_process_alone_is_refused_by_all(tiny: Any, tmp_path: Path) -> None:
    spec = f"wan-t2v:{tiny('wan-t2v')}?attention=_native_math"

    def work() -> None:
        with pytest.raises(WeightsError, match="attention _native_math does not reach across processes"):
            open_weights(Spec.parse(spec)).render([asking("wan-t2v")], Shelf())
        (tmp_path / os.environ["RANK"]).touch()

    together(work, codes=(1, 0))  # of an error the first makes torchrun end whoever is left
    assert (tmp_path / "0").exists() and (tmp_path / "1").exists()


def test_the_command_line_films_with_two_processes(tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``torchrun --nproc-per-node 2 -m omnireel.cli make ...``: one of them plans and cuts, both draw."""
    from omnireel.cli import app as cli

    name = f"wan-vace:{tiny('wan-vace')}?width=32&height=32&sheet=32&steps=1"
    told = ("A fox runs in the forest.", "--duration", "1s", "--llm", "none", "--generator", name, "--yes")
    monkeypatch.setattr(sys, "argv", ["omnireel", "make", *told, "--out", str(tmp_path / "film"), "--json"])

    def work() -> None:
        with (tmp_path / os.environ["RANK"]).open("w") as out, redirect_stdout(out):
            cli.main()

    together(work)
    assert json.loads((tmp_path / "0").read_text())["report"]["generator"]["name"] == "wan-vace"
    assert (tmp_path / "1").read_text() == "" and (tmp_path / "film" / "film.mp4").is_file()
