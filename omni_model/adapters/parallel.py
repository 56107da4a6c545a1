"""Several processes on one shot, a GPU each: the network's tokens are divided among them (Ulysses, arXiv:2309.14509).

``torchrun --nproc-per-node 2 -m omnireel.cli make ...`` starts them. Each opens the generator; there the first goes on
alone and tells the others what to render, and they follow it until it ends. Every process holds all weights; text and
pictures are encoded and decoded by each of them.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.device_mesh import init_device_mesh

from omni_model.adapters.parts import library
from omni_model.spec.conditioning import Assets, Conditioning
from omni_model.spec.errors import WeightsError
from omni_model.spec.generator import Progress

_ACROSS_TOKENS = "attn1"
"""Attention among the clip's tokens; that to the text needs no others, for every process holds the whole text."""


class _Stopped(Exception):
    """The leader was cancelled."""


class Team:
    """The processes of one generator; of one process, it does nothing."""

    def __init__(self, device: torch.device) -> None:
        """Meets the others where torchrun started them."""
        self.rank, self.size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        self._device = device
        self._under_way = False
        """The others are in the middle of a shot, and hear nothing."""
        if self.size > 1 and not dist.is_initialized():
            if device.type == "cuda":
                torch.cuda.set_device(device)
            dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
            atexit.register(self._end)

    @contextmanager
    def playing(
        self, batch: Sequence[Conditioning], assets: Assets, progress: Progress | None
    ) -> Iterator[Progress | None]:
        """The leader's render: the others are asked for the same, and told between steps whether to go on."""
        if self.size == 1 or self.rank > 0:
            yield progress
            return

        def told(done: int, total: int) -> None:
            try:
                if progress is not None:
                    progress(done, total)
            except BaseException:
                self._heard(False)
                self._under_way = False
                raise
            self._heard(True)

        self._heard((list(batch), _shown(batch, assets)))
        self._under_way = True
        try:
            yield told
        except WeightsError:
            raise
        except ValueError:
            self._under_way = False  # the others refuse it too
            raise
        self._under_way = False

    def follow(self, render: Callable[[Sequence[Conditioning], Assets, Progress], object]) -> None:
        """Renders what the leader renders until it ends."""

        def go_on(done: int, total: int) -> None:
            if not self._heard():
                raise _Stopped

        while asked := self._heard():
            batch, shown = asked
            try:
                render(batch, shown.__getitem__, go_on)
            except WeightsError:
                raise
            except (_Stopped, ValueError):
                continue

    def divide(self, network: Any, plan: Mapping[str, Any] | None) -> None:
        """The network's tokens among the processes, as the plan says (None: as the library does). Raises WeightsError
        for an attention backend that would look at a process's own tokens alone."""
        processors = [m.processor for name, m in network.named_modules() if name.endswith(_ACROSS_TOKENS)]
        _check_backend(processors[0])
        parallel = library("diffusers.models._modeling_parallel")
        ulysses = parallel.ContextParallelConfig(ulysses_degree=self.size, ulysses_anything=True)
        mesh = init_device_mesh(self._device.type, ulysses.mesh_shape, mesh_dim_names=ulysses.mesh_dim_names)
        config = parallel.ParallelConfig(context_parallel_config=ulysses)
        config.setup(self.rank, self.size, self._device, mesh=mesh)
        for processor in processors:
            processor._parallel_config = config
        library("diffusers.hooks.context_parallel").apply_context_parallel(network, ulysses, plan or network._cp_plan)

    def _heard(self, said: object = None) -> Any:
        """What the leader says."""
        box = [said]
        dist.broadcast_object_list(box, src=0, device=torch.device("cpu"))
        return box[0]

    def _end(self) -> None:
        if self._under_way:
            os._exit(1)  # torchrun ends the others
        if self.rank == 0:
            self._heard(None)
        dist.destroy_process_group()


def _check_backend(processor: Any) -> None:
    backends = library("diffusers.models.attention_dispatch")
    registry = backends._AttentionBackendRegistry
    backend = backends.AttentionBackendName(processor._attention_backend or registry.get_active_backend()[0])
    if not registry._is_context_parallel_available(backend):
        known = ", ".join(sorted(registry._supports_context_parallel))
        raise WeightsError(f"attention {backend.value} does not reach across processes: use one of {known}")


def _shown(batch: Sequence[Conditioning], assets: Assets) -> dict[str, Tensor]:
    """The pixels that shots name; what is missing is missed by all."""
    found = {}
    for asked in batch:
        pictures = [*(item.image for item in asked.references), asked.first_frame, asked.last_frame]
        named = [*pictures, *(item.clip for item in asked.context)]
        for digest in filter(None, named):
            with suppress(LookupError):
                found[digest] = assets(digest)
    return found
