"""A GGUF model in this process, by llama.cpp (`xllamacpp`). Runs on any CPU."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import weakref
from importlib import import_module
from pathlib import Path
from typing import Any

from planner.llm.base import LanguageModelError
from planner.llm.chat import Body, ChatModel

log = logging.getLogger(__name__)

CONTEXT = 4096
"""Tokens of prompt and answer together, of each question."""

MOST_THREADS = 2
"""Unless more are asked for; the machine has other work."""


class LlamaCpp(ChatModel):
    """llama.cpp with grammar- and schema-constrained greedy decoding.

    Each slot keeps the keys and values of its last prompt, so that a fixed beginning is read only once a slot.
    """

    backend = "llamacpp"
    sees = False

    def __init__(self, weights: Path, *, threads: int | None = None, slots: int = 1) -> None:
        """Loads a GGUF file (seconds, and as much memory as the file) for so many threads; None: idle cores.

        ``slots`` questions are decoded as one batch, each with a context of its own. The answers do not depend on
        the threads. Raises LanguageModelError.
        """
        if not weights.is_file():
            raise LanguageModelError(f"no GGUF file at {weights}")
        super().__init__()
        self.model = weights.stem
        self.slots = slots
        folder = tempfile.mkdtemp(prefix="omnireel-")
        weakref.finalize(self, _remove, Path(folder))
        self._server = _serve(weights, threads or idle_cores(), slots, f"{folder}/llm.sock")

    def _answer(self, body: Body) -> str:
        answers: list[str] = []
        self._server.handle_chat_completions(json.dumps(body | {"cache_prompt": True}), answers.append)
        if len(answers) != 1:
            raise LanguageModelError(f"llama.cpp gave {len(answers)} answers instead of one")
        return answers[0]


def idle_cores() -> int:
    """How many threads find a core of their own: 1 to MOST_THREADS.

    llama.cpp's threads wait for each other at every operation. Where one of them must share its core, all crawl:
    on two busy cores two threads were measured 15 times slower than one.
    """
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return max(1, min(MOST_THREADS, round((os.cpu_count() or 1) - busy)))


def _serve(weights: Path, threads: int, slots: int, socket: str) -> Any:
    """llama.cpp's server always listens somewhere: on a private Unix socket it is reachable by us alone."""
    try:
        xllamacpp = import_module("xllamacpp")
    except ImportError:
        raise LanguageModelError('llama.cpp is not installed: pip install "omnireel[llm]"') from None
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.hostnames = [socket]
    params.n_ctx = CONTEXT * slots
    params.n_parallel = slots
    params.n_gpu_layers = 0
    params.cache_ram_mib = 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.verbosity = -1
    params.ui = False
    log.info("loading %s with %d threads", weights.name, threads)
    try:
        return xllamacpp.Server(params)
    except (RuntimeError, ValueError) as error:
        raise LanguageModelError(f"llama.cpp cannot load {weights.name}: {error}") from None


def _remove(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
