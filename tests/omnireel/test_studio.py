"""The studio as a person starts it, through its own client on loopback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.omnireel.conftest import ROOT

# Only the processes below import it: it takes seconds.
if find_spec("gradio") is None:
    pytest.skip("the extra 'studio' is not installed", allow_module_level=True)

# In a process of its own, because the client leaves sockets and event loops behind.
_CLIENT = """
import json, sys
from gradio_client import Client
client = Client(sys.argv[1], verbose=False)
told = []
for asked in json.loads(sys.argv[2]):
    job = client.submit(*asked, api_name="/film")
    try:
        told.append({"result": job.result(), "outputs": job.outputs()})
    except Exception as error:
        told.append({"error": str(error)})
print(json.dumps(told))
"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where the studio listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ("studio", "--port", str(port), "--out", "films", "--generator", "oracle", "--llm", "none")
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "omnireel.cli", *command],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        for line in server.stdout:
            if "Running on local URL" in line:
                break
        yield f"http://127.0.0.1:{port}"
        server.terminate()


def ask(address: str, *asked: tuple[str, int, str]) -> list[dict[str, Any]]:
    """What the client saw of each request: its result and the outputs on the way, or its error."""
    done = subprocess.run(
        [sys.executable, "-c", _CLIENT, address, json.dumps(asked)], capture_output=True, text=True, check=True
    )
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


def test_shots_appear_one_by_one_and_what_is_wrong_is_said(address: str) -> None:
    film, empty, length = ask(
        address, ("A bear dances. A fox runs in the snow.", 0, "4s"), (" ", 0, ""), ("a bear", 0, "-1")
    )
    status, shots, sheet, movie = film["result"]
    seen = [len(update[1]) for update in film["outputs"]]
    assert seen == sorted(seen) and seen[0] == 0 and seen[-1] == len(shots) >= 2
    assert "shots" in status
    assert Path(movie).stat().st_size > 1000 and Path(sheet).stat().st_size > 1000
    assert "nothing to film" in empty["error"]
    assert "no duration" in length["error"]
