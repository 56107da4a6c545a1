"""How open weights are named: ``KIND:SOURCE?option=value&option=value``.

SOURCE is a folder in diffusers' layout, or a hub name such as ``Wan-AI/Wan2.1-VACE-1.3B-diffusers``.
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import parse_qsl

from pydantic import Field, ValidationError

from omni_model.spec.conditioning import Frozen
from omni_model.spec.errors import WeightsError

ModelSize = Annotated[int, Field(ge=16, le=8192)]
CacheKind = Literal["none", "residual", "taylorseer", "pab"]


class Options(Frozen):
    """What a person may decide about open weights; None and 'auto' leave it to the adapter and the memory plan."""

    memory: Literal["auto", "8", "12", "16", "24", "80"] = "auto"
    """GiB of GPU memory that may be used; auto is what the device has free."""
    device: str = "auto"
    """'cpu', 'cuda', 'cuda:1' ...; auto is the first GPU, or the CPU."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """auto is bfloat16 on a GPU and float32 on a CPU."""
    width: ModelSize | None = None
    height: ModelSize | None = None
    sheet: ModelSize | None = None
    """Side of a character sheet in pixels."""
    steps: Annotated[int, Field(ge=1, le=1000)] | None = None
    guidance: Annotated[float, Field(ge=1.0, le=50.0)] | None = None
    batch: Annotated[int, Field(ge=1, le=16)] | None = None
    """Shots of one shape that are denoised together; by default as many as the memory plan has room for."""
    cache: CacheKind = "none"
    """What is reused from step to step: see :mod:`omni_model.adapters.caches`."""
    threshold: Annotated[float, Field(ge=0.0, le=1.0)] = 0.1
    """Of the residual cache: the change of the network's input up to which its residual is reused."""
    attention: str = ""
    """Name of one of diffusers' attention backends; empty leaves PyTorch's own."""
    fp8: bool | None = None
    """Whether transformers are stored in 8-bit floats; by default where the memory plan needs it."""
    compile: bool = False
    """Whether the transformer's blocks are compiled (slow once, then faster)."""


class Spec(Frozen):
    kind: str
    source: str
    options: Options = Options()

    @classmethod
    def parse(cls, text: str) -> Spec:
        """Raises WeightsError."""
        kind, _, rest = text.partition(":")
        source, _, query = rest.partition("?")
        if not source:
            raise WeightsError(f"{text!r} names no weights: use {kind}:FOLDER or {kind}:HUB/NAME")
        try:
            return cls(kind=kind, source=source, options=Options.model_validate(dict(parse_qsl(query, True))))
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"][1:] or first["loc"])
            raise WeightsError(f"{text!r}: option {name}: {first['msg'].lower()}") from None


__all__ = ["Options", "Spec"]
