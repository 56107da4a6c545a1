"""What a training set holds, counted: scenes generated, left out and why, captions, balance, tasks of a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from safetensors import safe_open

from omni_model.mini.tokenizer import Tokenizer
from omni_model.spec.captions import caption
from omni_model.spec.vocabulary import VOCABULARY
from omni_model.train.data.batches import GIVEN, TASKS
from omni_model.train.data.scenes import edited, scenes_of
from omni_model.world.spec import SceneSpec

_SCENE_KINDS = ("setting", "time", "weather", "mood", "style", "size")
CAPTIONS = 4
"""Paraphrases of every caption, dense and terse."""


def census(shards: list[Path], frames: int) -> dict[str, Any]:
    """The counts of a set of scene shards, stage by stage: generate, filter, caption, balance, pack."""
    parts = [_numbers(path) for path in shards]
    numbers = [n for part in parts for n in part]
    specs = [scenes_of(frames)(n) for n in numbers]
    tried = sum(part[-1] - part[0] + 1 for part in parts)
    edits = Counter(e.kind for spec, n in zip(specs, numbers, strict=True) if (e := edited(spec, n)))
    lengths = [len(list(Tokenizer().tokens(caption(s.facts, v)))) for s in specs[:200] for v in range(CAPTIONS)]
    return {
        "generated": tried,
        "filtered": {"first subject hidden or off screen": tried - len(specs)},
        "kept": len(specs),
        "edits": dict(sorted(edits.items())),
        "captions": {"styles": CAPTIONS, "shortest_tokens": min(lengths), "longest_tokens": max(lengths)},
        "balance": {kind: _spread(kind, values) for kind, values in _values(specs)},
        "pack": {"tasks": TASKS, "surroundings_of_a_shot": GIVEN},
    }


def _numbers(path: Path) -> list[int]:
    with safe_open(path, framework="pt") as file:
        return [int(n) for n in file.get_tensor("seed").tolist()]


def _values(specs: list[SceneSpec]) -> Iterable[tuple[str, list[str]]]:
    yield from ((kind, [getattr(s, kind) for s in specs]) for kind in _SCENE_KINDS)
    yield from (
        (kind, [getattr(c, kind) for s in specs for c in s.subjects]) for kind in ("species", "colour", "action")
    )


def _spread(kind: str, values: list[str]) -> dict[str, float]:
    """The rarest and the most frequent word of a kind, as shares."""
    shares = [values.count(word) / max(len(values), 1) for word in VOCABULARY[kind]]
    return {"least": round(min(shares), 4), "most": round(max(shares), 4)}
