"""OmniDiT: one transformer over one sequence, text | references | context | target, without cross-attention.

Condition rows (text, references, context) attend among themselves at the fixed noise level 0; target rows
attend to everything. The keys and values of the condition are therefore computed once per shot
(:meth:`OmniDiT.condition`) and serve every step and every noise draw; training makes the same two calls.

Blocks are pre-norm with per-head normalised queries and keys and adaLN-single modulation (Chen et al.,
arXiv:2310.00426): one MLP of the noise level, one table per block. Normalisation is a layer norm without
bias: on CPUs its fused kernel is three times faster than the RMS norm. A row's role is an embedding, not a
modulation of its own: modulation per row would cost more memory traffic than the attention it steers.

Shapes: B samples, M condition rows, N target rows, L text tokens, D width, H heads, E head width, S slots.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, NamedTuple, cast

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from torch import Tensor, nn

from omni_model.mini.layout import LAYERS
from omni_model.mini.rows import ANCHOR, Role, Rows
from omni_model.mini.tokenizer import PAD, PromptTokens
from omni_model.spec.conditioning import Frozen

_OCTAVES = 6
_FEATURES = 4 * _OCTAVES + ANCHOR - 2
"""Of one anchor: sine and cosine of u and v, the raw du, dv, scale, and 1; all times nearness."""
_THETA = 100.0
"""Base of the rotary frequencies; positions span tens, not thousands."""
_ROWS_AT_ONCE = 400
"""Of one product on CPUs."""
_SMALL = 60.0
"""Scores whose exponentials, and the sum of thousands of them, bfloat16 holds."""
_FIRST_CHOICE = (0.0, 4.0, 2.0, 0.0)
"""Before anything is learned the cast is kept before what is behind it, a place or the clip that is edited."""
_ENTRIES = 9
"""Of a matrix of colours."""
_TIMESTEP, _FASTEST = 128, 100.0
"""Features of a noise level, and the highest of their angular frequencies."""


class DiTConfig(Frozen):
    """Sizes of an OmniDiT. ``vocabulary`` is the tokenizer's number of ids."""

    vocabulary: Annotated[int, Field(ge=1, le=1 << 20)]
    channels: Annotated[int, Field(ge=1, le=64)] = 64
    width: Annotated[int, Field(ge=16, le=8192)] = 256
    depth: Annotated[int, Field(ge=1, le=128)] = 8
    heads: Annotated[int, Field(ge=1, le=128)] = 4
    expansion: Annotated[int, Field(ge=1, le=8)] = 4
    """Width of a block's hidden layer over ``width``."""
    text_length: Annotated[int, Field(ge=1, le=4096)] = 96
    text_depth: Annotated[int, Field(ge=0, le=16)] = 2
    slots: Annotated[int, Field(ge=1, le=16)] = 3
    aux_classes: Annotated[int, Field(ge=0, le=1024)] = 0
    """Classes of the auxiliary head ('which entity is here'); 0: no head."""

    @model_validator(mode="after")
    def _even_heads(self) -> DiTConfig:
        if self.width % (self.heads * 8):
            raise ValueError(f"width {self.width} is not a multiple of 8 x {self.heads} heads")
        return self


class Rotation(NamedTuple):
    """Rotary factors [B, N, 1, E]; the sine carries the sign of the half that it multiplies."""

    cos: Tensor
    sin: Tensor


class KV(NamedTuple):
    """Keys and values of one layer, [B, H, M, E] each."""

    key: Tensor
    value: Tensor

    def after(self, past: KV | None) -> KV:
        """Both, ``past`` first."""
        return self if past is None else KV(torch.cat([past.key, self.key], 2), torch.cat([past.value, self.value], 2))


@dataclass(frozen=True)
class ConditionCache:
    """What target rows need to know of the condition: K/V per layer, and which of it is real."""

    layers: tuple[KV, ...]
    valid: Tensor
    """[B, M], see :class:`~omni_model.mini.rows.Rows`."""

    def repeat(self, draws: int) -> ConditionCache:
        """The same condition for ``draws`` targets per sample, sample by sample: [B draws, ...]."""

        def each(t: Tensor) -> Tensor:
            return t[:, None].expand(-1, draws, *t.shape[1:]).flatten(0, 1)  # of one sample, a view

        return ConditionCache(tuple(KV(each(key), each(value)) for key, value in self.layers), each(self.valid))


class Prediction(NamedTuple):
    """Clean latents [B, N, C], and the auxiliary head's logits [B, N, classes] where there is one."""

    clean: Tensor
    entity: Tensor | None


def rotation(position: Tensor, head_width: int) -> Rotation:
    """Rotary factors of float positions [B, N, 3]: a quarter of the frequencies for time, the rest halved
    between y and x."""
    pairs = head_width // 2
    time, y = pairs // 4, (pairs - pairs // 4) // 2
    angles = []
    for axis, count in enumerate((time, y, pairs - time - y)):
        frequencies = _THETA ** (-torch.arange(count, device=position.device) / count)
        angles.append(position[..., axis, None] * frequencies)
    angle = torch.cat(angles, -1)[:, :, None]
    return Rotation(torch.cat([angle.cos()] * 2, -1), torch.cat([-angle.sin(), angle.sin()], -1))


def rotate(x: Tensor, by: Rotation) -> Tensor:
    """Rotary position embedding (Su et al., arXiv:2104.09864) of [B, N, H, E]."""
    return torch.addcmul(x * by.cos, x.roll(x.shape[-1] // 2, -1), by.sin)


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Attention [B, H, N, E]; ``mask`` [B, 1, 1 or N, M] is added to the scores.

    On CPUs the fused kernel does not use bfloat16 matrix units: there, plain matrix products are 2.5x faster.
    """
    if query.device.type != "cpu" or query.dtype is not torch.bfloat16:
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    if torch.is_grad_enabled():
        return _products(query, key, value, mask)
    small = float(_longest(query) * _longest(key)) * query.shape[-1] ** -0.5 < _SMALL
    out = torch.empty_like(query)  # head by head, some rows at a time: all scores at once are most of the memory
    for head in range(query.shape[1]):
        part = slice(head, head + 1)
        for rows, drawn in zip(_parts(query[:, part], 2), _parts(out[:, part], 2), strict=True):
            drawn.copy_(_products(rows, key[:, part], value[:, part], mask, small))
    return out


def _parts(rows: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Rows in as few equal parts as are computed at once."""
    return rows.chunk(-(-rows.shape[dim] // _ROWS_AT_ONCE), dim)


def _longest(vectors: Tensor) -> Tensor:
    return cast(Tensor, vectors.norm(dim=-1)).amax()


def _products(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, small: bool = False) -> Tensor:
    """``small``: no score is too large for its exponential."""
    scores: Tensor = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    if mask is not None:
        scores += mask
    if torch.is_grad_enabled():
        return scores.softmax(-1) @ value
    if not small:
        scores -= scores.amax(-1, keepdim=True)
    scores.exp_()  # the same, where the scores are
    return (scores @ value) / scores.sum(-1, keepdim=True)


def _modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return torch.addcmul(shift, F.layer_norm(x, x.shape[-1:]), 1 + scale)


class DiTBlock(nn.Module):
    """Attention and MLP, each gated. ``table`` is zero at first: a new block changes nothing."""

    def __init__(self, width: int, heads: int, expansion: int) -> None:
        super().__init__()
        self.heads = heads
        self.query_key = nn.Linear(width, 2 * width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, expansion * width, bias=False)
        self.down = nn.Linear(expansion * width, width, bias=False)
        self.sharpness = nn.Parameter(torch.ones(width // heads))
        self.table = nn.Parameter(torch.zeros(6, width))

    def forward(
        self, x: Tensor, shared: Tensor, by: Rotation, mask: Tensor | None = None, past: KV | None = None
    ) -> tuple[Tensor, KV]:
        """``x`` [B, N, D] under the modulation ``shared`` [B or 1, N or 1, 6, D]; it attends to itself and
        to ``past``. Also returns its own K/V, or ``past`` again."""
        modulation = (shared + self.table).to(x.dtype).unbind(-2)
        query, own = self._heads(_modulate(x, *modulation[:2]), by)
        seen = own.after(past)
        own = own if past is None else past  # nobody asks what target rows told, and it is large
        mixed = attend(query, *seen, mask).transpose(1, 2).flatten(2)
        x = torch.addcmul(x, modulation[2], self.out(mixed))
        del query, seen, mixed
        return torch.addcmul(x, modulation[5], self._mlp(_modulate(x, *modulation[3:5]))), own

    def _mlp(self, x: Tensor) -> Tensor:
        """The hidden layer is several times as wide as the rest: on CPUs a shot is drawn some rows at a time."""
        if x.device.type != "cpu" or torch.is_grad_enabled():
            return cast(Tensor, self.down(F.gelu(self.up(x))))
        out = torch.empty_like(x)
        for rows, drawn in zip(_parts(x.flatten(0, 1)), _parts(out.flatten(0, 1)), strict=True):
            drawn.copy_(self.down(F.gelu(self.up(rows))))
        return out

    def remember(self, x: Tensor, shared: Tensor, by: Rotation) -> KV:
        """The K/V of ``x`` alone: all that the last layer needs of the condition."""
        modulation = (shared + self.table).to(x.dtype).unbind(-2)
        return self._heads(_modulate(x, *modulation[:2]), by)[1]

    def _heads(self, x: Tensor, by: Rotation) -> tuple[Tensor, KV]:
        both = self.query_key(x).unflatten(-1, (2 * self.heads, -1))
        both = F.layer_norm(both, both.shape[-1:], self.sharpness.to(both.dtype))
        query, key = (rotate(part, by).transpose(1, 2) for part in both.chunk(2, 2))
        value = self.value(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        return query, KV(key, value)


def _fourier(anchors: Tensor) -> Tensor:
    """[B, N, S+1, 6] -> [B, N, S+1, features]."""
    octaves = torch.pi * 2.0 ** torch.arange(_OCTAVES, device=anchors.device)
    angles = (anchors[..., :2, None] * octaves).flatten(-2)
    near = anchors[..., -1:]
    return torch.cat([angles.sin(), angles.cos(), anchors[..., 2:-1], torch.ones_like(near)], -1) * near


def _normal(*size: int, std: float, mean: float = 0.0) -> nn.Parameter:
    """A parameter that begins with normal numbers."""
    return nn.Parameter(nn.init.normal_(torch.empty(*size), mean, std))


class Anchoring(nn.Module):
    """Anchors [B, N, S + 1, 6] -> [B, N, D].

    Subjects share one map of where on the sheet a row lies. Each slot scales its output channels by gains of
    its own, so that two subjects close to each other stay apart in the sum, and adds its embedding.
    """

    def __init__(self, slots: int, width: int) -> None:
        super().__init__()
        self.slots = _normal(slots, width, std=1 / 2)
        self.gains = _normal(slots, width, std=1 / 2, mean=1.0)
        self.subject = _normal(width, _FEATURES - 1, std=1 / math.sqrt(_FEATURES))
        self.plate = _normal(width, _FEATURES, std=1 / math.sqrt(_FEATURES))

    def forward(self, anchors: Tensor) -> Tensor:
        subjects = torch.cat([self.gains[..., None] * self.subject, self.slots[..., None]], -1)
        weight = torch.cat([self.plate[None], subjects]).transpose(0, 1).flatten(1)
        return F.linear(_fourier(anchors).flatten(-2), weight)


class OmniDiT(nn.Module):
    """Predicts the clean latents of target rows. ``condition`` first, then ``forward`` as often as needed."""

    colours: Tensor
    """[9, C, C]: what each entry of a 3 x 3 matrix of colours does to latents, see
    :meth:`~omni_model.mini.vae.VideoVAE.colours`."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.words = nn.Embedding(config.vocabulary, width)
        self.order = _normal(config.text_length, width, std=1 / 4)
        self.latents = nn.Linear(config.channels, width)
        self.layout = nn.Linear(LAYERS * config.channels, width, bias=False)
        self.roles = nn.Embedding(len(Role), width)
        self.anchoring = Anchoring(config.slots, width)
        self.noise_level = nn.Sequential(nn.Linear(_TIMESTEP, width), nn.SiLU(), nn.Linear(width, 6 * width))
        self.refiner = nn.ModuleList(self._block() for _ in range(config.text_depth))
        self.blocks = nn.ModuleList(self._block() for _ in range(config.depth))
        self.table = nn.Parameter(torch.zeros(2, width))
        self.head = nn.Linear(width, config.channels)
        self.choice = nn.Linear(width, LAYERS + 1)
        self.tints = nn.Linear(width, _ENTRIES * LAYERS)
        self.change = nn.Linear(width, config.channels)
        self.register_buffer("colours", torch.zeros(_ENTRIES, config.channels, config.channels))
        self.entity = nn.Linear(width, config.aux_classes) if config.aux_classes else None
        self._initialise()

    def _block(self) -> DiTBlock:
        return DiTBlock(self.config.width, self.config.heads, self.config.expansion)

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for embedding in (self.words, self.roles):
            nn.init.normal_(embedding.weight, std=0.5)
        nn.init.zeros_(self.layout.weight)
        for zero in (self.head, self.choice, self.tints, self.change, cast(nn.Linear, self.noise_level[-1])):
            nn.init.zeros_(zero.weight)
        self.choice.bias.data = torch.tensor(_FIRST_CHOICE)
        for block in self.refiner:
            cast(DiTBlock, block).table.data[[2, 5]] = 1.0  # text is not modulated: its gates start open

    def condition(self, text: PromptTokens, rows: Rows | None = None) -> ConditionCache:
        """K/V of text [B, L] and condition rows [B, N]; L is at most ``config.text_length``."""
        x = self._read(text)
        valid = text.ids != PAD
        position = torch.zeros(*text.ids.shape, 3, device=x.device)
        if rows is not None:
            seen = self._embed(rows)
            x = torch.cat([x, seen], 1)
            valid = torch.cat([valid, rows.valid], 1)
            position = torch.cat([position, rows.position], 1)
        mask, by = _mask(valid, x), self._rotation(position, x)
        shared = self._modulation(torch.zeros(1, 1, device=x.device))
        layers = []
        for block in self.blocks[:-1]:
            x, own = block(x, shared, by, mask)
            layers.append(own)
        layers.append(cast(DiTBlock, self.blocks[-1]).remember(x, shared, by))
        return ConditionCache(tuple(layers), valid)

    def forward(self, rows: Rows, cache: ConditionCache, layout: Tensor | None = None) -> Prediction:
        """The clean latents of target rows at their noise levels; ``layout``, if any, is [B, N, LAYERS C]."""
        x = self._embed(rows)
        if layout is not None:
            layout = layout.to(x.dtype)
            x = x + self.layout(layout)
        # One level per sample is the usual case, and modulating by sample is far cheaper than by row.
        uniform = bool((rows.sigma == rows.sigma[:, :1]).all())
        shared = self._modulation(rows.sigma[:, :1] if uniform else rows.sigma)
        by, mask = self._rotation(rows.position, x), _mask(torch.cat([cache.valid, rows.valid], 1), x)
        entity = None
        for index, (block, past) in enumerate(zip(self.blocks, cache.layers, strict=True), 1):
            x, _ = block(x, shared, by, mask, past)
            if self.entity is not None and index == (len(self.blocks) + 1) // 2:
                entity = self.entity(F.layer_norm(x, x.shape[-1:]))
        shift, scale = (shared[..., :2, :] + self.table).to(x.dtype).unbind(-2)
        x = _modulate(x, shift, scale)
        clean = self.head(x)
        return Prediction(clean if layout is None else self._laid(x, layout, clean), entity)

    def _laid(self, x: Tensor, layout: Tensor, drawn: Tensor) -> Tensor:
        """The layout with its changes, or ``drawn`` where it shows nothing: each row chooses among the layers that show
        anything, changes their colours by matrices of its own, as another light would, and adds what is missing."""
        layers = layout.view(*layout.shape[:2], LAYERS, -1)
        shown = (layers != 0).any(-1)
        nothing = torch.ones_like(shown[..., :1])
        choice = self.choice(x).masked_fill(~torch.cat([shown, nothing], -1), -torch.inf).softmax(-1)
        chosen = (choice[..., None, :LAYERS] @ layers).squeeze(-2)
        tints = self.tints(x).view(*layout.shape[:2], _ENTRIES, LAYERS)
        tinted = (tints @ layers).flatten(-2) @ self.colours.to(x.dtype).flatten(0, 1)
        return torch.where(shown.any(-1, keepdim=True), chosen + tinted + self.change(x), drawn)

    def _read(self, text: PromptTokens) -> Tensor:
        slots = F.pad(self.anchoring.slots, (0, 0, 1, 0))
        words = self.words(text.ids) + self.order[: text.ids.shape[1]]
        x: Tensor = (words + F.embedding(text.slots, slots)).to(self._dtype())
        mask, by = _mask(text.ids != PAD, x), self._rotation(x.new_zeros(*text.ids.shape, 3), x)
        for block in self.refiner:
            x, _ = block(x, x.new_zeros(1, 1, 6, 1), by, mask)
        return x

    def _embed(self, rows: Rows) -> Tensor:
        x: Tensor = self.latents(rows.latent) + self.anchoring(rows.anchors) + self.roles(rows.role)
        return x.to(self._dtype())

    def _dtype(self) -> torch.dtype:
        """What the blocks compute in; embeddings do not obey autocast by themselves."""
        weight = self.latents.weight
        autocast = torch.is_autocast_enabled(weight.device.type)
        return torch.get_autocast_dtype(weight.device.type) if autocast else weight.dtype

    def _modulation(self, sigma: Tensor) -> Tensor:
        """[B, N] -> [B, N, 6, D]."""
        octaves = torch.linspace(0.0, math.log(_FASTEST), _TIMESTEP // 2, device=sigma.device)
        angle = sigma[..., None] * octaves.exp()
        encoded = torch.cat([angle.sin(), angle.cos()], -1)
        return cast(Tensor, self.noise_level(encoded).unflatten(-1, (6, -1)))

    def _rotation(self, position: Tensor, x: Tensor) -> Rotation:
        by = rotation(position, self.config.width // self.config.heads)
        return Rotation(by.cos.to(x.dtype), by.sin.to(x.dtype))


def _mask(valid: Tensor, like: Tensor) -> Tensor | None:
    """Weights [B, M] -> their logarithm [B, 1, 1, M], to add to scores; None where all are 1."""
    return None if bool((valid == 1).all()) else valid.to(like.dtype).log()[:, None, None]
