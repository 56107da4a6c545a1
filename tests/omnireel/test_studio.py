"""The studio as a person starts it: its door by plain HTTP, its endpoints by Gradio's own client, on loopback."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
link, headers, asked, download = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4]
client = Client(link, headers=headers, verbose=False, download_files=download)
told = []
for name, *values in asked:
    job = client.submit(*values, api_name=name)
    try:
        told.append({"result": job.result(), "outputs": job.outputs()})
    except Exception as error:
        told.append({"error": str(error)})
print(json.dumps(told))
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str


@dataclass(frozen=True)
class Studio:
    """A studio that listens: its process, port, token, and where its films lie."""

    process: subprocess.Popen[str]
    port: int
    token: str
    folder: Path

    def get(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """What a request is answered; header names are written with ``_``, and none is added but Host."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            got = connection.getresponse()
            return Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read().decode(errors="replace"))
        finally:
            connection.close()

    def inside(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """What somebody with the token is answered."""
        return self.get(path, method, body, Authorization=f"Bearer {self.token}", **headers)

    def cookie(self) -> str:
        """The cookie of a new browser that opens the link."""
        return self.get(f"/?token={self.token}").headers["set-cookie"].partition(";")[0]

    def start(self, *asked: tuple[Any, ...], cookie: str | None = None) -> subprocess.Popen[str]:
        """A client that asks endpoints in turn."""
        headers = {"Cookie": cookie} if cookie else {"Authorization": f"Bearer {self.token}"}
        link, download = f"http://127.0.0.1:{self.port}", str(self.folder.parent / "downloads")
        command = [sys.executable, "-c", _CLIENT, link, json.dumps(headers), json.dumps(asked), download]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ask(self, *asked: tuple[Any, ...], cookie: str | None = None) -> list[dict[str, Any]]:
        """What a client saw of each request: its result and the outputs on the way, or its error."""
        return answers(self.start(*asked, cookie=cookie))


def answers(client: subprocess.Popen[str]) -> list[dict[str, Any]]:
    out, err = client.communicate()
    assert client.returncode == 0, err
    told: list[dict[str, Any]] = json.loads(out)
    return told


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@contextmanager
def started(folder: Path, *options: str) -> Iterator[Studio]:
    port = free_port()
    command = ("studio", "--port", str(port), "--out", "films", "--generator", "oracle", "--llm", "none", *options)
    (folder / "tmp").mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "tmp")}
    with (folder / "log").open("w") as log, subprocess.Popen(
        [sys.executable, "-u", "-m", "omnireel.cli", *command], cwd=folder, env=environment, stdout=subprocess.PIPE,
        stderr=log, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        first = server.stdout.readline()
        assert "?token=" in first, (folder / "log").read_text()
        try:
            yield Studio(server, port, first.strip().partition("?token=")[2], folder / "films")
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with started(tmp_path_factory.mktemp("studio")) as running:
        yield running


def test_nobody_comes_in_without_the_token(studio: Studio) -> None:
    for path in ("/", "/config", "/gradio_api/info", "/?token=wrong", "/gradio_api/queue/data?session_hash=a"):
        assert studio.get(path).status == 401, path
    assert studio.get("/", Cookie=f"omnireel-{studio.port}=.").status == 401
    forged = studio.cookie()[:-1] + "g"
    assert studio.get("/", Cookie=forged).status == 401
    entered = studio.get(f"/?token={studio.token}")
    assert entered.status == 303 and "httponly" in entered.headers["set-cookie"].lower()
    assert studio.get("/", Cookie=studio.cookie()).status == studio.inside("/").status == 200


def test_other_names_and_other_pages_are_refused(studio: Studio) -> None:
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "[", "evil.example:80@x"):
        assert studio.inside("/", Host=host).status == 403, host
    for host in (f"localhost:{studio.port}", f"127.0.0.1:{studio.port}", "LOCALHOST", "[::1]:9"):
        assert studio.inside("/", Host=host).status == 200, host
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{studio.port + 1}", ""):
        assert studio.inside("/gradio_api/queue/join", "POST", b"{}", Origin=origin).status == 403, origin
    assert studio.inside("/", Origin=f"http://127.0.0.1:{studio.port}").status == 200


def test_nothing_is_there_but_what_the_page_needs(studio: Studio) -> None:
    film = studio.folder / "neighbour"
    film.mkdir(exist_ok=True)
    (film / "request.json").write_text('"a secret"')
    paths = (film / "request.json", film / "production.db", Path("/etc/passwd"), "films/neighbour/request.json")
    temporary = next((studio.folder.parent / "tmp").glob("omnireel-studio-*"))
    tricks = (
        f"{temporary}/../../films/neighbour/request.json",
        "%00",
        "http://127.0.0.1:1/x",
        f"{temporary}%2f..%2flog",
    )
    for path in (*paths, *tricks):
        for route in ("/gradio_api/file=", "/gradio_api/file/", "/file=", "/gradio_api/proxy=", "/static/", "/assets/"):
            answer = studio.inside(f"{route}{path}")
            assert answer.status in (403, 404) and "a secret" not in answer.text, (route, path)
    for path in (
        "/gradio_api/upload",
        "/gradio_api/run/film",
        "/gradio_api/call/film",
        "/login",
        "/gradio_api/vibe-edit",
    ):
        assert studio.inside(path, "POST", b"{}").status == 404, path
    assert studio.inside("/", "PUT").status == studio.inside("/monitoring").status == 404
    assert studio.inside("/gradio_api/queue/join", "POST", b"x" * 70_000).status == 413


def test_the_page_loads_nothing_from_elsewhere(studio: Studio) -> None:
    page = studio.inside("/")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"


def test_what_is_wrong_is_said_in_one_line(studio: Studio) -> None:
    asked = [
        ("", 0, ""), (" \n", 0, ""), (None, 0, ""), ("a bear", "NaN", ""), ("a bear", -1, ""), ("a bear", 10**30, ""),
        ("a bear", "1.5", ""), ("a bear", [1], ""), ("a bear", {"a": 1}, ""), ("a bear", "²", ""),
        ("a bear", 0, "-1"), ("a bear", 0, "<img src=x>"), ("a " * 3000, 0, ""), ("a bear", 0, "9" * 5000),
    ]  # fmt: skip
    for values, told in zip(asked, studio.ask(*(("/film", *values) for values in asked)), strict=True):
        line = told["error"]
        assert any(word in line for word in ("nothing to film", "no seed", "no duration", "a film lasts", "letters")), (
            values, line,
        )  # fmt: skip
        assert "\n" not in line and "<" not in line and "Traceback" not in line
    looked = studio.ask(*(("/look", name) for name in ("", "../x", "neighbour", ["a"], None)))
    assert {told["error"] for told in looked} == {"there is no such film of yours"}


def test_shots_appear_one_by_one_and_a_cleared_seed_is_0(studio: Studio) -> None:
    (film,) = studio.ask(("/film", "A bear dances. A fox runs in the snow.", None, "4s"))
    status, shots, sheet, movie = film["result"]
    seen = [len(update[1]) for update in film["outputs"]]
    assert seen == sorted(seen) and seen[-1] == len(shots) >= 2
    assert "shots" in status
    assert Path(movie).stat().st_size > 1000 and Path(sheet).stat().st_size > 1000


def test_a_film_goes_on_without_its_page_and_is_found_again_by_its_person_alone(studio: Studio) -> None:
    person, other = studio.cookie(), studio.cookie()
    asked = ("/film", "A frog sleeps.", 5, "4s")
    page = studio.start(asked, cookie=person)
    while not (folders := list(studio.folder.glob("a-frog-sleeps-*"))):
        time.sleep(0.05)
    page.kill()
    page.communicate()
    (name,) = (folder.name for folder in folders)
    while not (studio.folder / name / "report.json").exists():
        time.sleep(0.1)
    reopened, looked = studio.ask(("/reopen",), ("/look", name), cookie=person)
    assert reopened["result"][0]["value"] == name
    assert Path(looked["result"][3]).stat().st_size > 1000
    strange, own = studio.ask(("/look", name), asked, cookie=other)
    assert strange == {"error": "there is no such film of yours"}
    assert len(list(studio.folder.glob("a-frog-sleeps-*"))) == 2
    assert Path(own["result"][3]).read_bytes() == (studio.folder / name / "film.mp4").read_bytes()


def test_a_long_film_blocks_no_plan_and_the_next_is_told_its_place(studio: Studio) -> None:
    sentence = "A bear walks in the forest. A fox runs in the snow. A frog jumps on the beach."
    first = studio.start(("/film", sentence, 1, "24s"), cookie=studio.cookie())
    while not list(studio.folder.glob("a-bear-walks-in-the-*/shots/*.mp4")) and not list(
        studio.folder.glob("a-bear-walks-in-the-*/blobs/**/*")
    ):
        time.sleep(0.05)
    second = studio.start(("/film", "A cat sings.", 0, "4s"), cookie=studio.cookie())
    (planned,) = studio.ask(("/plan", "A dog laughs.", 0, "4s"), cookie=studio.cookie())
    assert "shots" in planned["result"][0]
    assert first.poll() is None, "the plan waited for the film"
    (cat,) = answers(second)
    assert any("1 before yours" in update[0] for update in cat["outputs"])
    assert "film" in answers(first)[0]["result"][3]


@pytest.mark.parametrize("end", (signal.SIGINT, signal.SIGTERM))
def test_a_signal_ends_it_with_one_line_and_leaves_no_temporary_file(tmp_path: Path, end: signal.Signals) -> None:
    left = tmp_path / "tmp" / "omnireel-studio-killed"
    left.mkdir(parents=True)
    with started(tmp_path) as studio:
        assert not left.exists()
        assert studio.inside("/").status == 200
        studio.process.send_signal(end)
        studio.process.wait()
    assert studio.process.returncode == 130
    assert (tmp_path / "log").read_text().splitlines() == ["omnireel: stopped; the same command goes on from here"]
    assert not list((tmp_path / "tmp").glob("omnireel-studio-*"))


def test_a_port_in_use_is_one_line(studio: Studio, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "omnireel.cli", "studio", "--port", str(studio.port)]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "choose another with --port" in done.stderr


def test_an_address_for_others_is_said_with_what_it_means(tmp_path: Path) -> None:
    with started(tmp_path, "--host", "0.0.0.0", "--name", "films.example") as studio:
        assert studio.process.stdout is not None
        studio.process.stdout.readline()
        assert "not encrypted" in studio.process.stdout.readline()
        assert studio.get("/", Host="films.example").status == 401
        assert studio.inside("/", Host="films.example").status == 200
        assert studio.inside("/", Host="evil.example").status == 403


def test_without_gradio_it_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n\nclass Missing:\n    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'gradio':\n            raise ModuleNotFoundError(name)\n\n"
        "sys.meta_path.insert(0, Missing())\n"
    )
    command = [sys.executable, "-m", "omnireel.cli", "studio"]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == 'omnireel: the studio needs gradio: pip install "omnireel[studio]"\n'
