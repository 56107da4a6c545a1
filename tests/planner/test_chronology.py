"""Stories told in another order than they happen, and questions that are asked at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from planner.direct.plan import plan
from planner.evaluate.stories import data
from planner.language.clauses import clauses, in_time, linked
from planner.language.text import sentences
from planner.llm.openai import OpenAICompatible
from planner.llm.scripted import ScriptedModel
from planner.read.rules import read
from planner.story.outline import Outline
from tests.planner.stories import MINI


def texts(outline: Outline) -> list[str]:
    return [event.text.rstrip(".").lower() for event in outline.events]


@pytest.mark.parametrize(
    ("told", "happens"),
    [
        ("Before Mia opened the gate, she had picked a rose.", ["mia had picked a rose", "mia opened the gate"]),
        ("Before she opened the gate Mia picked a rose.", ["mia picked a rose", "she opened the gate"]),
        ("A boy sings after he has washed the dog.", ["the boy has washed the dog", "a boy sings"]),
        ("After he has washed the dog, a boy sings.", ["he has washed the dog", "a boy sings"]),
        ("Until the king arrives, a cook hides.", ["a cook hides", "the king arrives"]),
        ("A bear wakes when the bell rings.", ["the bell rings", "a bear wakes"]),
        ("A bear is leaving when the bell rings.", ["a bear is leaving", "the bell rings"]),
        ("A hen sits down, but first she locks the door.", ["the hen locks the door", "a hen sits down"]),
        ("A fox eats the egg that a hen had laid.", ["a hen had laid the egg", "a fox eats the egg"]),
        ("A fox runs in the forest and sleeps in a cave.", ["a fox runs in the forest", "sleeps in a cave"]),
        ("A dog runs after the cat. The cat jumps.", ["a dog runs after the cat", "the cat jumps"]),
        ("곰은 자기 전에 꿀을 먹는다.", ["꿀을 먹는다", "곰은 잔다"]),
    ],
)
def test_clauses_are_filmed_as_they_happen(told: str, happens: list[str]) -> None:
    assert texts(read(told)) == happens


@pytest.mark.parametrize(
    "past",
    [
        "A thief had cut the rope. He had hidden in a barrel.",
        "An hour earlier a thief cut the rope. He hid in a barrel.",
        "The night before, a thief cut the rope.",
        "In a flashback, a thief cuts the rope.",
        "Years ago a thief cut the rope.",
    ],
)
def test_what_is_told_late_is_shown_first_and_noted(past: str) -> None:
    outline = read(f"A guard yawns in the castle. {past} The guard sits down.")
    told = texts(outline)
    assert "rope" in told[0] and told[-2:] == ["a guard yawns in the castle", "the guard sits down"]
    assert [event.who for event in outline.events[-2:]] == [("guard",), ("guard",)]
    assert outline.notes and "rope" in outline.notes[0]
    assert all(event.why for event in outline.events[:-2]) and not outline.events[-1].why


def test_the_story_is_back_where_it_was() -> None:
    outline = read("A knight sleeps in the castle. The day before, he had crossed the desert. The knight wakes.")
    assert [event.place for event in outline.events] == ["desert", "castle", "castle"]


def test_nothing_is_lost_by_ordering() -> None:
    told = "Before the sun rises, Ada packs a bag, and after she has locked the door she leaves, because a train waits."
    assert sorted(in_time(linked(told))) == list(range(len(clauses(told))))


def test_no_story_of_the_sets_is_in_what_the_planner_is_given() -> None:
    root = Path(__file__).parents[2]
    files = [*root.glob("planner/*.yaml"), *root.glob("prompts/templates/*")]
    given = " ".join(" ".join(path.read_text("utf-8").lower().split()) for path in files)
    told = [s.lower() for name in ("intents", "order") for story in data(name) for s in sentences(story["text"])]
    assert len(told) > 300 and [s for s in told if len(s.split()) > 2 and s.strip(" .") in given] == []


STORY = " ".join(
    f"A fox runs to the beach. The fox finds a red ball number {i} in the sand and laughs." for i in range(20)
)


class Wide(ScriptedModel):
    """Answers several questions at a time, by what they are about."""

    slots = 4


def test_the_plan_does_not_depend_on_the_slots() -> None:
    answers = {f"number {i} ": ["fox | finds the red ball in the sand | beach | - | happy", "end"] for i in range(20)}
    one, four = ScriptedModel(answers), Wide(answers)
    narrow, wide = (plan(STORY, llm=llm, capabilities=MINI) for llm in (one, four))
    assert narrow == wide and not wide.planner.degraded
    assert len(one.requests) == len(four.requests) > 3


class Together(BaseHTTPRequestHandler):
    """A server that tells nobody what happens before two have asked."""

    waiting: ClassVar[list[str]] = []
    two = threading.Event()

    def do_POST(self) -> None:
        if b"list what happens" in self.rfile.read(int(self.headers["Content-Length"])):
            self.waiting.append(self.path)
            if len(self.waiting) > 1:
                self.two.set()
            if not self.two.wait(timeout=60):
                self.send_error(500, "nobody else asks")
                return
        answer = {"message": {"content": json.dumps({"lines": ["end"]})}, "finish_reason": "stop"}
        self._send({"choices": [answer]})

    def do_GET(self) -> None:
        self._send({"data": [{"id": "m"}]})

    def _send(self, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Together)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}/v1"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_a_server_is_asked_several_questions_at_once(server: str) -> None:
    two = " ".join(STORY.split()[:160])
    llm = OpenAICompatible(server)
    planned = plan(two, llm=llm, capabilities=MINI)
    assert not planned.planner.degraded, planned.notes
