"""Model servers that are away, slow, busy, broken or hostile: one line, and a film all the same."""

from __future__ import annotations

import asyncio
import email.utils
import gzip
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from planner.direct.plan import plan
from planner.llm import LanguageModelError, Message, open_model
from planner.llm.openai import OpenAICompatible
from planner.llm.scoring import share
from planner.llm.server import BACKOFF, MOST_BYTES, retry_after
from tests.planner.raw_server import Behaviour, RawServer, chat, dripping, endless, probable, response, silent
from tests.planner.stories import MINI

DEEP = "[" * 100_000 + "]" * 100_000


class Legs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    legs: float


GOOD = chat('{"legs": 4}')
OPENING = b"HTTP/1.1 200 OK\r\n"


def ask(text: str = "?", *images: bytes) -> list[Message]:
    return [Message(role="user", text=text, images=images)]


def legs(model: OpenAICompatible) -> float:
    return model.generate_object(ask(), Legs).legs


def failure(call: Callable[[], object]) -> str:
    """The message that a call fails with: one printable line."""
    with pytest.raises(LanguageModelError) as caught:
        call()
    text = str(caught.value)
    assert text and text.isprintable() and len(text) < 500
    return text


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little patience, with servers that never answer; one that answers may need longer on a loaded machine."""
    monkeypatch.setenv("OMNIREEL_LLM_TIMEOUT", "1.5")


BROKEN: dict[str, tuple[Behaviour, str]] = {
    "hangs up": (b"", "broke off"),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.9\r\n", "broke off"),
    "short body": (OPENING + b"content-length: 900\r\n\r\n{}", "broke off"),
    "short chunks": (OPENING + b"transfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n", "broke off"),
    "bad chunks": (OPENING + b"transfer-encoding: chunked\r\n\r\nzz\r\nabcde\r\n", "broke off"),
    "huge headers": (OPENING + b"x: " + b"y" * 500_000 + b"\r\n\r\n{}", "broke off"),
    "bomb": (
        response(gzip.compress(b" " * 10**7), "200 OK", "content-encoding: gzip"),
        r"compresses .* \(gzip\) unasked",
    ),
    "too long": (endless(OPENING + b"\r\n"), f"more than {MOST_BYTES:,} bytes"),
    "redirect": (
        response("", "307 Temporary Redirect", "location: http://192.0.2.1/v1"),
        r"on to http://192\.0\.2\.1/v1",
    ),
    "not modified": (response("", "304 Not Modified"), "answered 304: Not Modified"),
    "no content": (response("", "204 No Content"), "did not answer with JSON"),
    "web page": (response("<html>", "200 OK", "content-type: text/html"), "did not answer with JSON"),
    "stream": (
        response('data: {"choices": []}', "200 OK", "content-type: text/event-stream"),
        "did not answer with JSON",
    ),
    "not UTF-8": (response(b'{"choices": "\xff\xfe"}'), "did not answer with JSON"),
    "half a letter": (response('{"choices": [{"message": {"content": "\\ud800"}}]}'), "did not answer with JSON"),
    "no number": (response('{"choices": [], "created": NaN}'), "did not answer with JSON"),
    "infinite": (response('{"choices": [], "created": 1e999}'), "did not answer with JSON"),
    "long number": (response('{"created": ' + "9" * 9999 + "}"), "did not answer with JSON"),
    "deep": (response(DEEP), "did not answer with JSON"),
    "list": (response("[]"), "not a valid chat completion"),
    "error": (
        response('{"error": {"message": "no such\\n\\u001b[31m model"}}'),
        "refused the request: no such .* model",
    ),
    "error in words": (response('{"error": "overloaded", "choices": null}'), "refused the request: overloaded"),
    "no choices": (response('{"choices": [], "error": null}'), "no choices"),
    "choices of text": (response('{"choices": ["yes"]}'), "not a valid chat completion: choices.0"),
    "no message": (response('{"choices": [{"message": null}]}'), r"choices\.0\.message"),
    "number": (response('{"choices": [{"message": {"content": 4}}]}'), r"choices\.0\.message\.content"),
    "no text": (chat(None), r"no text \(finish reason stop\)"),
    "tool": (chat(None, "tool_calls", tool_calls=[{"function": {"name": "rm"}}]), "no text .*tool_calls"),
    "withheld": (chat('{"legs": 4}', "content_filter"), "no text .*content_filter"),
    "empty": (chat(" \n"), "no text"),
    "cut off": (chat('{"legs": 4}', "length"), "cut off"),
    "not JSON": (chat("four"), "did not answer with JSON"),
    "infinite legs": (chat('{"legs": Infinity}'), "did not answer with JSON"),
    "deep answer": (chat(DEEP), "did not answer with JSON"),
    "other object": (chat('{"arms": 2}'), "not a valid Legs: legs"),
    "unauthorized": (response("", "401 Unauthorized"), "answered 401: Unauthorized"),
    "not found": (response("<h1>nginx</h1>", "404 Not Found"), "answered 404: <h1>nginx"),
    "on fire": (response(b"on\nfire \xff \x1b[31m", "500 Internal Server Error"), "answered 500: on fire"),
    "away": (response("", "503 Service Unavailable"), "answered 503: Service Unavailable"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_answer_is_one_line_and_the_next_question_is_asked(fault: str) -> None:
    behaviour, message = BROKEN[fault]
    with RawServer(behaviour, GOOD) as server:
        model = OpenAICompatible(server.url, "m")
        why = failure(lambda: legs(model))
        assert re.search(message, why), why
        assert legs(model) == 4
        assert len(server.requests) == 2
        assert (model.usage.calls, model.usage.failures) == (2, 1)


@pytest.mark.parametrize(
    "behaviour",
    [silent, dripping(OPENING, b"x: y\r\n"), dripping(OPENING + b"\r\n"),
     dripping(OPENING + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n")],
    ids=["silent", "drips headers", "drips a body", "drips chunks"],
)  # fmt: skip
@pytest.mark.usefixtures("hurried")
def test_a_server_that_does_not_come_to_an_end_is_given_up(behaviour: Behaviour) -> None:
    with RawServer(behaviour) as server:
        model = OpenAICompatible(server.url, "m")
        first = failure(lambda: legs(model))
        assert first.endswith("did not answer within 1.5 s")
        assert failure(lambda: legs(model)) == failure(lambda: model.sees) == first
        assert len(server.requests) == 1


def test_nobody_there_is_given_up() -> None:
    with RawServer(GOOD) as server:
        gone = server.url
    for address in (gone, "http://no-such-host.invalid/v1", "localhost:80/v1"):
        model = OpenAICompatible(address, "m")
        first = failure(lambda: legs(model))  # noqa: B023
        assert first.startswith(f"cannot reach {address}: ") and failure(lambda: legs(model)) == first  # noqa: B023
    with RawServer(GOOD) as server:
        assert "SSL" in failure(lambda: legs(OpenAICompatible(server.url.replace("http:", "https:"), "m")))


class TestBusy:
    def again(self, *headers: str, status: str = "429 Too Many Requests") -> bytes:
        return response('{"error": {"message": "slow down"}}', status, *headers)

    def test_a_busy_server_is_asked_again(self) -> None:
        past = email.utils.formatdate(0, usegmt=True)
        busy = [self.again("retry-after: 0"), self.again(f"retry-after: {past}", status="503 Service Unavailable")]
        with RawServer(*busy, self.again(), GOOD) as server:
            model = OpenAICompatible(server.url, "m")
            assert legs(model) == 4
            assert len(server.requests) == 4 and len({json.dumps(r) for r in server.requests}) == 1
            assert (model.usage.calls, model.usage.failures) == (1, 0)

    def test_one_that_stays_busy_is_given_up(self) -> None:
        with RawServer(self.again("retry-after: 0")) as server:
            model = OpenAICompatible(server.url, "m")
            assert "too busy: it answered 429: " in failure(lambda: legs(model))
            failure(lambda: legs(model))
            assert len(server.requests) == len(BACKOFF) + 1

    def test_nobody_waits_for_an_hour(self) -> None:
        with RawServer(self.again("retry-after: 3600"), GOOD) as server:
            assert "too busy" in failure(lambda: legs(OpenAICompatible(server.url, "m")))
            assert len(server.requests) == 1

    @pytest.mark.usefixtures("hurried")
    def test_waits_count_as_the_answers_time(self) -> None:
        with RawServer(self.again("retry-after: 20"), GOOD) as server:
            assert "within 1.5 s" in failure(lambda: legs(OpenAICompatible(server.url, "m")))

    @pytest.mark.parametrize(
        ("header", "seconds"), [("7", 7.0), ("0.5", 0.5), ("-3", 0.0), ("", None), ("soon", None), ("nan", None)]
    )
    def test_how_long_to_wait(self, header: str, seconds: float | None) -> None:
        assert retry_after(header) == seconds


class TestProbabilities:
    @pytest.mark.parametrize(
        "top",
        [None, "yes", ["yes"], [{"token": "yes"}], [{"token": 4, "logprob": -1}], [{"token": "yes", "logprob": None}],
         [{"token": "yes", "logprob": "high"}], [{"token": "yes", "logprob": 5}], [{"token": "yes", "logprob": 1e3}],
         [{"token": "yes", "logprob": 0}, {"token": "Yes", "logprob": 0}]],
    )  # fmt: skip
    def test_what_is_none_is_a_failure(self, top: Any) -> None:
        with RawServer(probable(top)) as server:
            why = failure(lambda: share(OpenAICompatible(server.url, "m"), ask()))
            assert why.startswith("no token probabilities (logprobs): ")

    @pytest.mark.parametrize("logprobs", [None, [], "x", {}, {"content": None}, {"content": []}])
    def test_where_there_are_none_too(self, logprobs: Any) -> None:
        with RawServer(chat("yes", logprobs=logprobs)) as server:
            assert "no token probabilities" in failure(lambda: share(OpenAICompatible(server.url, "m"), ask()))

    def test_those_of_a_server_that_rounds_are_taken(self) -> None:
        with RawServer(probable([{"token": "yes", "logprob": 0.0001}, {"token": "no", "logprob": -9999.0}])) as server:
            assert share(OpenAICompatible(server.url, "m"), ask()) == 1


class TestModels:
    LISTS = (
        '"x"', "[]", '{"data": "x"}', '{"data": [7]}', '{"data": [{"id": 7}]}', '{"data": [{"id": ""}]}', "{}",
        '{"data": [{"id": "\\u001b[31mred"}]}', '{"data": [{"name": "m"}]}', "<html>", DEEP, "\\xff",
    )  # fmt: skip

    @pytest.mark.parametrize("listed", LISTS)
    def test_a_list_that_is_none_is_one_line(self, listed: str) -> None:
        with RawServer(GOOD) as server:
            server.models = response(listed)
            assert "name the model as openai:URL#MODEL" in failure(lambda: open_model(f"openai:{server.url}"))

    @pytest.mark.parametrize("listed", [*(response(listed) for listed in LISTS), response("", "404 Not Found")])
    def test_a_model_that_is_named_needs_no_list(self, listed: bytes) -> None:
        with RawServer(chat('{"lines": ["a"]}')) as server:
            server.models = listed
            model = OpenAICompatible(server.url, "m")
            assert model.generate_lines(ask(), "root ::= x") == model.generate_lines(ask(), "root ::= x") == ["a"]
            assert server.listed == 1 and "grammar" not in server.requests[0]

    def test_none_at_all(self) -> None:
        with RawServer(GOOD) as server:
            server.models = response('{"data": []}')
            assert "lists no models" in failure(lambda: open_model(f"openai:{server.url}"))


class TestSecrets:
    def test_neither_key_nor_password_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", " s3cret\n")
        with RawServer(response("", "500 Internal Server Error")) as server:
            model = OpenAICompatible(server.url.replace("//", "//me:pa55word@"), "m")
            why = failure(lambda: legs(model))
            assert "answered 500" in why and "s3cret" not in why and "pa55word" not in why

    @pytest.mark.parametrize("key", ["ké", "a\r\nx: y", "a\0b"])
    def test_a_key_that_no_header_holds_is_one_line(self, key: str) -> None:
        assert "API key" in failure(lambda: OpenAICompatible("http://127.0.0.1:1/v1", "m", api_key=key))


@pytest.mark.parametrize("seconds", ["soon", "0", "-1", "nan", "inf"])
def test_a_time_that_is_none_is_refused(seconds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNIREEL_LLM_TIMEOUT", seconds)
    assert "OMNIREEL_LLM_TIMEOUT is a number of seconds above 0" in failure(
        lambda: OpenAICompatible("http://h/v1", "m")
    )


def test_it_can_be_asked_from_within_an_event_loop() -> None:
    async def within(model: OpenAICompatible) -> float:
        return legs(model)

    with RawServer(GOOD) as server:
        assert asyncio.run(within(OpenAICompatible(server.url, "m"))) == 4


def test_usage_counts_what_the_server_tells() -> None:
    odd = response('{"choices": [{"message": {"content": "{\\"legs\\": 2}"}}], "usage": {"prompt_tokens": "many"}}')
    with RawServer(GOOD, odd, chat("four"), GOOD) as server:
        usage = (model := OpenAICompatible(server.url, "m")).usage
        assert legs(model) == 4 and legs(model) == 2
        failure(lambda: legs(model))
        assert legs(model) == 4
        assert (usage.calls, usage.failures, usage.prompt_tokens, usage.completion_tokens) == (4, 1, 33, 21)
        assert usage.seconds > 0 and str(usage).startswith("4 calls (1 failed), 33 tokens read and 21 written, ")


STORY = " ".join(f"A fox finds a red ball in the forest. The fox carries the ball home, number {i}." for i in range(60))


def note_without(server: RawServer) -> str:
    """The one note that a plan made with a model of this server has beyond those of a plan by the rules alone."""
    alone = plan(STORY, llm=None, capabilities=MINI)
    planned = plan(STORY, llm=OpenAICompatible(server.url, "m"), capabilities=MINI)
    assert planned.story == alone.story and planned.planner.degraded
    (note,) = set(planned.notes) - set(alone.notes)
    return note


@pytest.mark.usefixtures("hurried")
def test_a_film_is_planned_without_a_server_that_is_silent() -> None:
    with RawServer(silent) as server:
        note = note_without(server)
        assert re.fullmatch(r"who is who and \d+ more read by rules: .*did not answer within 1\.5 s", note)
        assert len(server.requests) <= OpenAICompatible.slots


def test_a_film_is_planned_without_a_server_that_is_broken() -> None:
    with RawServer(response("", "500 Internal Server Error")) as server:
        note = note_without(server)
        assert re.fullmatch(r"who is who and \d+ more read by rules: .*answered 500: .*", note)
        assert len(server.requests) > 10
