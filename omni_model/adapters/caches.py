"""Reusing what hardly changes from one denoising step to the next.

``residual``: what all blocks together add to the network's input is kept, and added again while the input has changed
by less than a threshold since it was computed (after TeaCache, arXiv:2411.19108, without its fitted polynomial). It
sees a network's blocks as one, so that it is right where hints of a second branch are added between blocks (VACE);
diffusers' first-block and magnitude caches add them twice there and are not offered. ``taylorseer``
(arXiv:2503.06923) and ``pab`` (arXiv:2408.12588) are diffusers' own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

from omni_model.adapters.options import Options
from omni_model.adapters.parts import library

_BLOCKS = ("blocks", "vace_blocks", "transformer_blocks")
_STREAMS = (("patch_embedding", "norm_out"), ("proj_in", "norm_out"), ("audio_proj_in", "audio_norm_out"))
"""What a stream of tokens enters the blocks from, and what it leaves them to."""
_PAB_EVERY = 2
_WARM = 2
"""First steps that are always computed: there the picture is laid out."""


@contextmanager
def cached(module: Any, options: Options, steps: int) -> Iterator[Any]:
    """``module`` with the cache that the options name, for one run of ``steps`` calls; it is as before afterwards."""
    if options.cache == "none":
        yield module
    elif options.cache == "residual":
        with Residual(module, options.threshold, steps) as quick:
            yield quick
    else:
        with _diffusers(module, options.cache):
            yield module


@contextmanager
def _diffusers(module: Any, name: str) -> Iterator[None]:
    diffusers, time = library("diffusers"), _Time()
    config = (
        diffusers.TaylorSeerCacheConfig(taylor_factors_dtype=module.dtype)
        if name == "taylorseer"
        else diffusers.PyramidAttentionBroadcastConfig(
            spatial_attention_block_skip_range=_PAB_EVERY, current_timestep_callback=lambda: time.now
        )
    )
    watch = module.register_forward_pre_hook(time.see, with_kwargs=True)
    module.enable_cache(config)
    try:
        with module.cache_context("both branches"):
            yield
    finally:
        module.disable_cache()
        watch.remove()


class _Time:
    """The timestep of the call under way: the largest, where tokens have their own."""

    now = 0

    def see(self, module: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.now = int(named["timestep"].max())


class _Stream:
    """What the blocks add to tokens between ``entry`` and ``exit``: kept when computed, added when they are skipped."""

    def __init__(self, entry: nn.Module, exit: nn.Module) -> None:
        self.skips = False
        self._entered: Tensor | None = None
        self._residual: Tensor | None = None
        self._hooks = [entry.register_forward_hook(self._enter), exit.register_forward_pre_hook(self._leave)]

    def close(self) -> None:
        for hook in self._hooks:
            hook.remove()

    def _enter(self, entry: nn.Module, arguments: tuple[Any, ...], output: Tensor) -> None:
        """Keeps the tokens [B, N, D] that the first block will see."""
        self._entered = output.flatten(2).transpose(1, 2) if output.dim() == 5 else output

    def _leave(self, norm: nn.Module, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
        (states,) = arguments
        if self.skips and self._residual is not None:
            return (states + self._residual,)
        assert self._entered is not None
        self._residual = states - self._entered.to(states)
        return None


class Residual:
    """Calls a transformer, or skips all its blocks where its input has hardly changed."""

    def __init__(self, module: Any, threshold: float, steps: int) -> None:
        self._module, self._threshold, self._steps = module, threshold, steps
        self._call = 0
        self._change = 0.0
        self._last: Tensor | None = None
        self.skipped = 0
        """Calls whose blocks were not run."""

    def __enter__(self) -> Residual:
        ends = [(getattr(self._module, a, None), getattr(self._module, b, None)) for a, b in _STREAMS]
        self._streams = [_Stream(entry, exit) for entry, exit in ends if entry is not None and exit is not None]
        return self

    def __exit__(self, *_: object) -> None:
        for stream in self._streams:
            stream.close()

    def __call__(self, *, hidden_states: Tensor, **named: Any) -> Any:
        skips = self._may_skip(hidden_states)
        for stream in self._streams:
            stream.skips = skips
        self._last = hidden_states
        self._call += 1
        if not skips:
            self._change = 0.0
            return self._module(hidden_states=hidden_states, **named)
        self.skipped += 1
        with ExitStack() as whole:
            for name in filter(lambda name: hasattr(self._module, name), _BLOCKS):
                whole.callback(setattr, self._module, name, getattr(self._module, name))
                setattr(self._module, name, nn.ModuleList())
            return self._module(hidden_states=hidden_states, **named)

    def _may_skip(self, states: Tensor) -> bool:
        """Adds up the input's relative change since the blocks were run."""
        if self._last is None or self._call < _WARM or self._call >= self._steps - 1:
            return False
        self._change += float((states - self._last).abs().mean() / self._last.abs().mean().clamp(min=1e-8))
        return self._change <= self._threshold
