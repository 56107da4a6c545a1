"""The conditioning language: everything a generator may be asked, concrete and numeric.

A :class:`Conditioning` is plain JSON. Pixels never travel in it: an image or a clip is named by the
SHA-256 digest of its blob, and an :data:`Assets` look-up turns the digest into a tensor. That is what
makes a take reusable: same canonical JSON, same weights, same sampler, same bytes.

Coordinates. The *stage* is the whole empty place as its plate shows it: x runs 0..1 from left to
right, y runs 0..1 from top to bottom. The camera is a window on the stage: its centre and a zoom
(1 sees the whole stage, 2 sees half its width). Time ``t`` in a key runs 0..1 over the clip.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    field_serializer,
)

from omni_model.spec.base import Frozen as Frozen
from omni_model.spec.instructions import Instruction, parse_instruction

if TYPE_CHECKING:
    from torch import Tensor

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,64}$")]
Unit = Annotated[float, Field(ge=0.0, le=1.0)]
MAX_FPS = 120
MAX_FRAMES = 600 * MAX_FPS
"""The longest shot that a story may have, ten minutes, at the highest rate."""
CaptionStyle = Literal["grammar", "wan", "ltx"]
StageCoordinate = Annotated[float, Field(ge=-1.0, le=2.0)]

SHEET_FOOT, SHEET_HEIGHT = 0.92, 0.80
"""A sheet is a square that shows one entity upright: its feet, and how tall it is, as shares of the square."""
SHEET_GROUND = (0.55, 0.62, 0.70)
"""The plain ground of sheets, linear 0..1: far from every colour that is worn, white and black among them."""

#: digest -> uint8 tensor: an image is [3, H, W], a clip is [T, 3, H, W].
Assets = Callable[[str], "Tensor"]


class Reference(Frozen):
    """A still that shows what an entity looks like."""

    image: Digest
    role: Literal["sheet", "plate", "style"]
    entity: Slug
    weight: Annotated[float, Field(ge=0.0, le=2.0)] = 1.0


class ContextClip(Frozen):
    """A clip the target relates to: what came before, what comes after, what is edited, what is imitated."""

    clip: Digest
    role: Literal["continue", "precede", "edit", "motion", "example"]
    strength: Unit = 1.0


class Region(Frozen):
    """A box of the *frame* (0..1) that is generated anew while the rest is kept."""

    x0: Unit
    y0: Unit
    x1: Unit
    y1: Unit


class TrackKey(Frozen):
    """Where an entity stands at time t: feet at (x, y), height as a share of the stage's height."""

    t: Unit
    x: StageCoordinate
    y: StageCoordinate
    height: Annotated[float, Field(gt=0.0, le=2.0)]
    facing: Annotated[float, Field(ge=-1.0, le=1.0)] = 1.0


class Track(Frozen):
    """Staging of one entity: linear between keys, constant outside them. Its ``action`` moves the body as a whole."""

    entity: Slug
    action: Annotated[str, StringConstraints(max_length=64)] = ""
    keys: Annotated[tuple[TrackKey, ...], Field(min_length=1, max_length=64)]


class CameraKey(Frozen):
    t: Unit
    x: StageCoordinate = 0.5
    y: StageCoordinate = 0.5
    zoom: Annotated[float, Field(ge=0.25, le=8.0)] = 1.0


class CameraPath(Frozen):
    """The camera's window on the stage: linear between keys, constant outside them."""

    keys: Annotated[tuple[CameraKey, ...], Field(min_length=1, max_length=64)] = (CameraKey(t=0.0),)


def _of_words(value: object) -> object:
    """Requests on record before instructions were typed hold a sentence, or an empty one."""
    return (parse_instruction(value) if value else None) if isinstance(value, str) else value


class Conditioning(Frozen):
    """One request to a generator.

    ``frames`` is the exact number of frames wanted; a generator whose grid is coarser renders more
    and cuts. ``instruction`` is used with a context clip of role ``edit``; in place of a typed one a sentence is read.
    """

    caption: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    instruction: Annotated[Instruction | None, BeforeValidator(_of_words)] = None
    references: Annotated[tuple[Reference, ...], Field(max_length=16)] = ()
    context: Annotated[tuple[ContextClip, ...], Field(max_length=4)] = ()
    first_frame: Digest | None = None
    last_frame: Digest | None = None
    regions: Annotated[tuple[Region, ...], Field(max_length=8)] = ()
    tracks: Annotated[tuple[Track, ...], Field(max_length=16)] = ()
    camera: CameraPath = CameraPath()
    frames: Annotated[int, Field(ge=1, le=MAX_FRAMES)] = 25
    fps: Annotated[float, Field(gt=0.0, le=MAX_FPS)] = 12.0
    width: Annotated[int, Field(ge=16, le=8192)] = 112
    height: Annotated[int, Field(ge=16, le=8192)] = 64
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    guidance: Annotated[float, Field(ge=0.0, le=50.0)] = 1.0
    steps: Annotated[int, Field(ge=1, le=1000)] = 8

    @field_serializer("instruction", mode="wrap")
    def _empty_words(self, instruction: Instruction | None, plain: SerializerFunctionWrapHandler) -> Any:
        """No instruction is an empty text, as on record before instructions were typed: its digest stays the same."""
        return "" if instruction is None else plain(instruction)


class Capabilities(Frozen):
    """What a generator can do; the planner lowers every directive against it.

    ``vocabulary`` maps a kind (``species``, ``setting``, ``time`` ...) to the words that this
    generator can draw; an empty mapping means that any word may be tried.
    """

    name: str
    fps: float
    width: int
    height: int
    sheet_size: int
    frame_grid: int
    """Frames come as ``frame_grid * k + 1``."""
    max_frames: int
    max_references: int
    max_subjects: int
    context_roles: frozenset[str] = frozenset()
    vocabulary: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    size_grid: int = 8
    """Width and height are multiples of it."""
    steps: int = 8
    guidance: float = 1.0
    """What a shot is asked with unless a person or the critic says otherwise."""
    caption_style: CaptionStyle = "grammar"
    """How prompts are written: see :mod:`omni_model.spec.captions`."""
    staging: Literal["tracks", "boxes", "words"] = "tracks"
    """How it is told where things are and how the camera moves: in figures, as a video of boxes, in words alone."""
    frames_held: frozenset[str] = frozenset({"first"})
    """'first', 'last': frames that can be given."""
    edits: frozenset[str] = frozenset({"region", "instruction"})
    """With a context clip of role 'edit': 'instruction' (understood from words), 'region' (what is outside stays),
    'outpaint' (a smaller clip is surrounded), 'redraw' (all of it, held to the source by a strength)."""


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, no white space and shortest floats: one text per value."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256(data: bytes | str) -> str:
    """Hex SHA-256 of bytes, or of text as UTF-8."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def take_digest(conditioning: Conditioning, weights_digest: str, sampler: str) -> str:
    """What decides whether a take may be reused: the inputs, the weights and the sampler's version."""
    return sha256(canonical_json([conditioning.model_dump(mode="json"), weights_digest, sampler]))
