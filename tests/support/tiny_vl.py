"""A tiny random vision-language model of a real class, and a real server that speaks the OpenAI chat format for it."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import torch

from planner.llm.base import LanguageModelError, Message, TimedFrame
from planner.llm.transformers import Transformers

_PAD, _TURN, _END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
_SEE, _SEEN, _IMAGE, _VIDEO = "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"
_WHOLE = ("yes", "Yes", "no", "No", "A", "B")
_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.content is string %}{{ m.content }}{% else %}"
    "{% for part in m.content %}{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def build(folder: Path, *, seed: int = 0) -> Path:
    """Writes a Qwen2.5-VL of two layers; about a second. Same seed, same weights."""
    import transformers

    tokenizer = _tokenizer()
    ids = tokenizer.get_vocab()
    config = transformers.Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(ids), "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2,
            "num_attention_heads": 4, "num_key_value_heads": 2, "bos_token_id": None, "eos_token_id": ids[_END],
            "pad_token_id": ids[_PAD],
            "rope_parameters": {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0},
        },
        vision_config={
            "depth": 2, "hidden_size": 32, "intermediate_size": 32, "num_heads": 2, "out_hidden_size": 64,
            "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 56,
            "fullatt_block_indexes": [1],
        },
        image_token_id=ids[_IMAGE], video_token_id=ids[_VIDEO],
        vision_start_token_id=ids[_SEE], vision_end_token_id=ids[_SEEN],
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = transformers.Qwen2_5_VLForConditionalGeneration(config).eval()
        _let_it_answer(network, tokenizer)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    images = {
        "image_processor_type": "Qwen2VLImageProcessor", "patch_size": 14, "merge_size": 2, "temporal_patch_size": 2,
        "size": {"shortest_edge": 4 * 28 * 28, "longest_edge": 12 * 28 * 28},
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(images))
    return folder


def _tokenizer() -> Any:
    """Bytes, and the words that questions are answered with as tokens of their own."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    special = [_TURN, _SEE, _SEEN, _IMAGE, _VIDEO]
    tokens = [_PAD, _END, *special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    merges = []
    for word in _WHOLE:
        for end in range(2, len(word) + 1):
            merges += [(word[: end - 1], word[end - 1])]
            tokens += [word[:end]]
    bpe = models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges)
    tokenizer = Tokenizer(bpe)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=_END, pad_token=_PAD, extra_special_tokens=special
    )
    fast.chat_template = _TEMPLATE
    return fast


def _let_it_answer(network: Any, tokenizer: Any) -> None:
    """Turns the rows of the answers' words towards what the network thinks when it is asked something, each in its
    own way: they are likely next, and which of them is likeliest depends on the question."""
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": "?"}], add_generation_prompt=True, return_dict=True, return_tensors="pt"
    )
    with torch.no_grad():
        thought = network.model(**asked).last_hidden_state[0, -1]
        for word in _WHOLE:
            own = torch.randn_like(thought)
            row = 0.4 * thought / thought.norm() + 0.2 * own / own.norm()
            network.lm_head.weight[tokenizer.convert_tokens_to_ids(word)] = row


class Server:
    """Serves a model on loopback. ``received`` are the questions as decoded from the wire, oldest first."""

    def __init__(self, model: Transformers, *, blind: bool = False, logprobs: bool = True) -> None:
        self.received: list[list[Message]] = []
        self._model, self._blind, self._logprobs = model, blind, logprobs
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply(200, {"data": [{"id": "tiny-vl", "owned_by": "us"}]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                try:
                    self._reply(200, {"choices": [server._choice(body)]})
                except LanguageModelError as error:
                    self._reply(400, {"error": {"message": str(error)}})

            def _reply(self, status: int, value: Any) -> None:
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None:
                pass

        self._http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    def _choice(self, body: dict[str, Any]) -> dict[str, Any]:
        messages = [_message(turn) for turn in body["messages"]]
        if self._blind and any(m.images for m in messages):
            raise LanguageModelError("image input is not supported")
        self.received.append(messages)
        if "response_format" in body:
            schema = json.dumps(body["response_format"]["json_schema"]["schema"])
            text = self._model.constrained(messages, "json_schema", schema, body["max_tokens"])
            return {"message": {"content": text}, "finish_reason": "stop"}
        likeliest = self._likeliest(messages, body.get("top_logprobs", 1))
        logprobs = {"content": [{"top_logprobs": likeliest}]} if body.get("logprobs") and self._logprobs else None
        return {"message": {"content": likeliest[0]["token"]}, "finish_reason": "length", "logprobs": logprobs}

    def _likeliest(self, messages: list[Message], count: int) -> list[dict[str, Any]]:
        found = self._model.next_token(messages).log().topk(count)
        tokens = [self._model._tokenizer.decode([i]) for i in found.indices.tolist()]
        return [{"token": t, "logprob": p} for t, p in zip(tokens, found.values.tolist(), strict=True)]

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def _message(turn: dict[str, Any]) -> Message:
    if isinstance(turn["content"], str):
        return Message(role=turn["role"], text=turn["content"])
    *shown, said = turn["content"]
    images, clip, seconds = [], [], None
    for part in shown:
        if part["type"] == "text":
            seconds = float(part["text"].removeprefix("<").removesuffix(" seconds>"))
            continue
        image = base64.b64decode(part["image_url"]["url"].partition("base64,")[2])
        if seconds is None:
            images.append(image)
        else:
            clip.append(TimedFrame(image=image, seconds=seconds))
    return Message(role=turn["role"], text=said["text"], images=tuple(images), clip=tuple(clip))
