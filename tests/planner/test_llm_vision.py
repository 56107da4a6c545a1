"""Language models that see: a tiny random Qwen-VL of the real class, in process and behind a real server."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from planner.llm import LanguageModelError, Message, TimedFrame, may_see, open_model
from planner.llm.cache import CachedModel
from planner.llm.llamacpp import LlamaCpp
from planner.llm.openai import OpenAICompatible
from planner.llm.scoring import LEAST_MASS, share, token_word, word_probabilities
from planner.llm.scripted import ScriptedModel
from planner.llm.transformers import Transformers

WORDS = ("yes", "no")


class Described(BaseModel):
    model_config = ConfigDict(extra="forbid")

    species: str = Field(pattern=r"^[a-z]{1,12}$")
    legs: int = Field(ge=0, le=8)
    sure: bool


def png(colour: str, size: tuple[int, int] = (61, 43)) -> bytes:
    out = io.BytesIO()
    picture = Image.new("RGB", size, colour)
    picture.paste((9, 99, 200), (5, 5, 20, 30))
    picture.save(out, "PNG")
    return out.getvalue()


def ask(text: str, *images: bytes) -> list[Message]:
    return [Message(role="system", text="Look."), Message(role="user", text=text, images=images)]


def filmed(*colours: str, seconds: float) -> list[Message]:
    """A question about a clip of one frame every so many seconds."""
    clip = tuple(TimedFrame(image=png(colour), seconds=seconds * i) for i, colour in enumerate(colours))
    return [Message(role="user", text="Does it turn red?", images=(png("blue"),), clip=clip)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Transformers:
    pytest.importorskip("transformers")
    pytest.importorskip("llguidance")
    from tests.support.tiny_vl import build

    opened = open_model(f"transformers:{build(tmp_path_factory.mktemp('vl'))}")
    assert isinstance(opened, Transformers)
    return opened


@pytest.fixture
def remote(model: Transformers) -> Iterator[tuple[Any, OpenAICompatible]]:
    from tests.support.tiny_vl import Server

    with Server(model) as server:
        client = OpenAICompatible(server.url)
        yield server, client


class TestScoring:
    @given(st.floats(0, 0.5), st.floats(0, 0.5))
    def test_a_share_is_of_both_words_or_a_failure(self, yes: float, no: float) -> None:
        answers = {"?": {"yes": yes, "no": no}}
        if yes + no < LEAST_MASS:
            with pytest.raises(LanguageModelError, match="answers neither 'yes' nor 'no'"):
                share(ScriptedModel(answers), ask("?"))
            return
        here, there = share(ScriptedModel(answers), ask("?")), share(ScriptedModel(answers), ask("?"), "no", "yes")
        assert 0 <= here <= 1 and here + there == pytest.approx(1)

    def test_every_spelling_of_a_word_counts(self) -> None:
        tokens = [("Ġyes", 0.1), ("▁Yes", 0.1), (" YES", 0.1), ("yes", 0.1), ("yesterday", 0.3), ("No\n", 0.2)]
        assert word_probabilities(tokens, WORDS) == pytest.approx({"yes": 0.4, "no": 0.2})
        assert token_word("Ġ") == ""


class TestTransformers:
    def test_whatever_it_sees_its_answer_is_of_the_schema(self, model: Transformers) -> None:
        assert model.sees
        answers = {
            model.generate_object(ask("Who?", png(colour)), Described, max_tokens=80).model_dump_json()
            for colour in ("red", "green", "white")
        }
        assert answers
        again = model.generate_object(ask("Who?", png("red"), png("blue")), Described, max_tokens=80)
        assert again == model.generate_object(ask("Who?", png("red"), png("blue")), Described, max_tokens=80)

    def test_probabilities_are_those_of_a_forward_pass(self, model: Transformers) -> None:
        question = ask("Is it red?", png("red"), png("blue"))
        inputs = model._inputs(question)
        assert inputs["image_grid_thw"].shape[0] == 2, "both pictures reach the network"
        with torch.inference_mode():
            wanted = model._network(**inputs).logits[0, -1].float().softmax(-1)
        ids = model._tokenizer.get_vocab()
        direct = {word: float(wanted[ids[word]] + wanted[ids[word.capitalize()]]) for word in WORDS}
        assert model.first_token_probabilities(question, WORDS) == pytest.approx(direct, rel=1e-4)
        assert share(model, question) == pytest.approx(direct["yes"] / sum(direct.values()), rel=1e-4)
        assert model.next_token(question).sum() == pytest.approx(1, abs=1e-4)

    def test_usage_counts_tokens(self, model: Transformers) -> None:
        usage, before = model.usage, replace(model.usage)
        model.generate_object(ask("Who?", png("red")), Described, max_tokens=80)
        with pytest.raises(LanguageModelError, match="cut off"):
            model.generate_object(ask("Who?", png("red")), Described, max_tokens=2)
        assert (usage.calls - before.calls, usage.failures - before.failures) == (2, 1)
        assert usage.prompt_tokens > before.prompt_tokens and usage.completion_tokens > before.completion_tokens + 2

    def test_what_is_seen_decides(self, model: Transformers) -> None:
        shares = {share(model, ask("Is it red?", png(colour))) for colour in ("red", "green", "blue")}
        assert len(shares) == 3

    def test_a_word_that_it_does_not_have_is_a_failure(self, model: Transformers) -> None:
        with pytest.raises(LanguageModelError, match="answers neither 'zebra' nor 'quagga'"):
            share(model, ask("Which?", png("red")), "zebra", "quagga")

    def test_a_damaged_picture_is_one_line(self, model: Transformers) -> None:
        with pytest.raises(LanguageModelError, match="damaged"):
            share(model, ask("Is it red?", png("red")[:60]))


class TestOpenAI:
    def test_the_same_model_over_http_sees_and_says_the_same(
        self, model: Transformers, remote: tuple[Any, OpenAICompatible]
    ) -> None:
        server, client = remote
        question = ask("Who?", png("red"), png("green"))
        assert client.sees
        assert client.generate_object(question, Described, max_tokens=80) == model.generate_object(
            question, Described, max_tokens=80
        )
        sent = server.received[-1]
        assert sent == question, "the pictures arrive byte for byte"
        assert client.first_token_probabilities(question, WORDS) == pytest.approx(
            model.first_token_probabilities(question, WORDS), rel=1e-4
        )
        assert share(client, question) == pytest.approx(share(model, question), rel=1e-4)

    def test_a_clip_arrives_with_its_times_and_they_are_read(
        self, model: Transformers, remote: tuple[Any, OpenAICompatible]
    ) -> None:
        server, client = remote
        question = filmed("red", "green", seconds=1.0)
        first = client.first_token_probabilities(question, WORDS)
        assert server.received[-1] == question, "frames and times arrive as they were sent"
        assert first == pytest.approx(model.first_token_probabilities(question, WORDS), rel=1e-4)
        others = [filmed("green", "red", seconds=1.0), filmed("red", "green", seconds=2.0)]
        assert all(client.first_token_probabilities(other, WORDS) != first for other in others)

    def test_a_blind_server_is_found_out_and_shown_nothing(self, model: Transformers) -> None:
        from tests.support.tiny_vl import Server

        with Server(model, blind=True) as server:
            client = OpenAICompatible(server.url)
            assert not client.sees
            with pytest.raises(LanguageModelError, match="cannot see images"):
                client.first_token_probabilities(ask("Is it red?", png("red")), WORDS)
            assert client.first_token_probabilities(ask("Is it red?"), WORDS)["yes"] > 0
            with pytest.raises(LanguageModelError, match="cannot see images"):
                client.first_token_probabilities(filmed("red", "green", seconds=1.0), WORDS)
            assert not any(m.images or m.clip for question in server.received for m in question)

    def test_a_server_without_probabilities_fails(self, model: Transformers) -> None:
        from tests.support.tiny_vl import Server

        with Server(model, logprobs=False) as server:
            client = OpenAICompatible(server.url)
            with pytest.raises(LanguageModelError, match="no token probabilities"):
                share(client, ask("Is it red?", png("red")))

    def test_nobody_there_is_no_blindness(self) -> None:
        client = OpenAICompatible("http://127.0.0.1:1/v1", "m")
        with pytest.raises(LanguageModelError, match="cannot reach"):
            _ = client.sees


def test_models_without_eyes_say_so_and_refuse_pictures() -> None:
    assert LlamaCpp.sees is False
    with pytest.raises(LanguageModelError, match="cannot see images"):
        ScriptedModel([{"yes": 1.0}]).first_token_probabilities(ask("?", png("red")), WORDS)
    assert [may_see(spec) for spec in ("auto", "none", "llamacpp:x.gguf", "openai:u", "vllm:m", "transformers:m")] == [
        False, False, False, True, True, True,
    ]  # fmt: skip


def test_cached_probabilities_are_not_asked_for_again(tmp_path: Path) -> None:
    llm = ScriptedModel([{"yes": 0.25, "no": 0.5}, {"yes": 0.5}], sees=True)
    cached = CachedModel(llm, tmp_path)
    assert cached.sees
    for _ in range(2):
        assert cached.first_token_probabilities(ask("?", png("red")), WORDS) == {"yes": 0.25, "no": 0.5}
    assert cached.first_token_probabilities(ask("?", png("blue")), WORDS)["yes"] == 0.5
    assert len(llm.requests) == 2


def stand_in(model: Transformers) -> ModuleType:
    """vLLM's public names as far as the backend uses them, over the tiny model: what it is called with is real."""

    class SamplingParams(SimpleNamespace):
        def __init__(
            self, *, temperature: float = 1.0, max_tokens: int | None = 16, seed: int | None = None,
            logprobs: int | None = None, structured_outputs: Any = None,
        ) -> None:  # fmt: skip
            super().__init__(**{k: v for k, v in vars().items() if k not in ("self", "__class__")})

    class LLM:
        model_config = SimpleNamespace(is_multimodal_model=True)

        def __init__(self, model: str) -> None:
            self.model = model

        def chat(self, messages: list[Any], sampling_params: Any, *, use_tqdm: bool = True) -> list[Any]:
            question = [_turn(turn) for turn in messages]
            text, logprobs, reason = "", None, "stop"
            if sampling_params.structured_outputs is not None:
                import json

                grammar = json.dumps(sampling_params.structured_outputs.json)
                text = model.constrained(question, "json_schema", grammar, sampling_params.max_tokens)
            else:
                top = model.next_token(question).log().topk(sampling_params.logprobs)
                spell = model._tokenizer.decode
                logprobs = [
                    {
                        i: SimpleNamespace(logprob=p, rank=n, decoded_token=spell([i]))
                        for n, (i, p) in enumerate(zip(top.indices.tolist(), top.values.tolist(), strict=True), 1)
                    }
                ]
                reason = "length"
            answer = SimpleNamespace(text=text, token_ids=[*text], logprobs=logprobs, finish_reason=reason)
            return [SimpleNamespace(prompt_token_ids=[1, 2, 3], outputs=[answer])]

    def _turn(turn: Any) -> Message:
        images = []
        for part in turn["content"]:
            if part["type"] == "image_pil":
                out = io.BytesIO()
                part["image_pil"].save(out, "PNG")
                images.append(out.getvalue())
        return Message(role=turn["role"], text=turn["content"][-1]["text"], images=tuple(images))

    fake = ModuleType("vllm")
    fake.LLM, fake.SamplingParams = LLM, SamplingParams  # type: ignore[attr-defined]
    fake.sampling_params = ModuleType("vllm.sampling_params")  # type: ignore[attr-defined]
    fake.sampling_params.StructuredOutputsParams = lambda json: SimpleNamespace(json=json)
    return fake


def test_vllm_is_asked_in_its_own_terms(model: Transformers, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = stand_in(model)
    monkeypatch.setitem(sys.modules, "vllm", fake)
    monkeypatch.setitem(sys.modules, "vllm.sampling_params", fake.sampling_params)
    engine = open_model("vllm:tiny")
    assert engine is not None and engine.sees
    question = ask("Is it red?", png("red"))
    assert engine.generate_object(question, Described, max_tokens=80) == model.generate_object(
        question, Described, max_tokens=80
    )
    assert engine.first_token_probabilities(question, WORDS) == pytest.approx(
        model.first_token_probabilities(question, WORDS), rel=1e-4
    )
    usage = engine.usage
    assert (usage.calls, usage.failures, usage.prompt_tokens) == (2, 0, 6) and usage.completion_tokens > 9


def test_vllm_takes_what_it_is_asked_with() -> None:
    """The contract of the stand-in above, held against vLLM's own classes where it is installed."""
    vllm = pytest.importorskip("vllm", reason="vLLM is not installed: its contract is not checked here")
    import inspect

    from vllm.logprobs import Logprob
    from vllm.sampling_params import StructuredOutputsParams

    sampling = vllm.SamplingParams(temperature=0.0, max_tokens=1, logprobs=20, seed=0)
    assert (sampling.max_tokens, sampling.logprobs) == (1, 20)
    constrained = StructuredOutputsParams(json=Described.model_json_schema())
    assert vllm.SamplingParams(structured_outputs=constrained).structured_outputs is constrained
    assert {"messages", "sampling_params", "use_tqdm"} <= set(inspect.signature(vllm.LLM.chat).parameters)
    assert "prompt_token_ids" in inspect.signature(vllm.RequestOutput).parameters
    assert "token_ids" in inspect.signature(vllm.CompletionOutput).parameters
    assert Logprob(logprob=-1.0, rank=1, decoded_token="yes").decoded_token == "yes"
    assert isinstance(vllm.config.ModelConfig.is_multimodal_model, property)
