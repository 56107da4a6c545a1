"""The parts of a model in memory: loaded at first use, put where the plan wants them, freed when it says so."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import torch
from safetensors import SafetensorError

from omni_model.adapters.checkpoint import Checkpoint, Component
from omni_model.adapters.options import Options
from omni_model.adapters.plan import MemoryPlan
from omni_model.spec.errors import WeightsError

_HOMES = {"text_encoder": "transformers", "connectors": "diffusers.pipelines.ltx2"}
"""Part -> where its class is; all others are diffusers' own."""
INSTALL = 'pip install "omnireel[wan]"'


def library(name: str) -> Any:
    """diffusers or transformers, or a module of theirs, without progress bars. Raises WeightsError."""
    package = name.partition(".")[0]
    try:
        import_module(f"{package}.utils.logging").disable_progress_bar()
        return import_module(name)
    except ImportError:
        raise WeightsError(f"{package} is not installed: {INSTALL}") from None


def class_of(part: Component) -> Any:
    """Raises WeightsError where the library is not installed."""
    return getattr(library(_HOMES.get(part.name, "diffusers")), part.kind)


def skeleton(part: Component) -> Any:
    """The part's module without memory, on the meta device. Raises WeightsError."""
    try:
        with torch.device("meta"):
            if part.name == "text_encoder":
                config = library("transformers").AutoConfig.from_pretrained(part.folder, local_files_only=True)
                return class_of(part)(config)
            return class_of(part).from_config(dict(part.config))
    except WeightsError:
        raise
    except Exception as error:  # whatever a constructor makes of a config that is not its own
        raise WeightsError(f"{part.folder}: its config makes no {part.kind}: {_line(error)}") from error


def check_tensors(part: Component) -> None:
    """That the files hold what the config says, tensor by tensor. Raises WeightsError."""
    if part.name == "text_encoder":
        return  # transformers ties and renames tensors, and checks them itself
    wanted = {name: tuple(value.shape) for name, value in skeleton(part).state_dict().items()}
    held = part.shapes
    wrong = sorted(name for name, shape in wanted.items() if held.get(name) != shape)
    if wrong:
        has = f"of shape {held[wrong[0]]}" if wrong[0] in held else "missing"
        many = f" ({len(wrong)} such tensors)" if len(wrong) > 1 else ""
        raise WeightsError(f"{part.folder}: {wrong[0]} is {has}, and its config says {wanted[wrong[0]]}{many}")


def _line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


class Parts:
    """Modules by name, as a :class:`MemoryPlan` places them."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        plan: MemoryPlan,
        options: Options,
        divide: Callable[[Any], None] = lambda network: None,
    ) -> None:
        """``divide`` is told every network that was loaded."""
        self._checkpoint, self._plan, self._options, self._divide = checkpoint, plan, options, divide
        self._modules: dict[str, Any] = {}

    @contextmanager
    def use(self, name: str) -> Iterator[Any]:
        """The module, on the device (or streamed to it) while it is used. Raises WeightsError."""
        module = self._modules.get(name)
        if module is None:
            module = self._modules[name] = self._load(name)
        if name not in self._plan.streamed:
            module.to(self._plan.device)
        try:
            yield module
        finally:
            self._put_away(name)

    def _put_away(self, name: str) -> None:
        """The text encoder is freed, for it is needed once a batch; another part makes room on the device."""
        if self._plan.together:
            return
        if name == "text_encoder":
            del self._modules[name]
            gc.collect()
        elif name not in self._plan.streamed:
            self._modules[name].to("cpu")
        if self._plan.device.type == "cuda":
            torch.cuda.empty_cache()

    def tokenizer(self) -> Any:
        folder = self._checkpoint.folder / "tokenizer"
        try:
            return library("transformers").AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, ImportError, LookupError, TypeError) as error:
            raise WeightsError(f"{folder}: no tokenizer: {_line(error)}") from None

    def scheduler(self) -> Any:
        """A fresh one: schedulers keep what they saw."""
        kind = (self._checkpoint.index.get("scheduler") or [None, "UniPCMultistepScheduler"])[1]
        folder = self._checkpoint.folder
        try:
            return getattr(library("diffusers"), kind).from_pretrained(
                folder, subfolder="scheduler", local_files_only=True
            )
        except WeightsError:
            raise
        except Exception as error:  # whatever a constructor makes of a config that is not its own
            raise WeightsError(f"{folder / 'scheduler'}: its config makes no {kind}: {_line(error)}") from error

    def _load(self, name: str) -> Any:
        part = self._checkpoint.parts[name]
        check_tensors(part)
        dtype = torch.float32 if name == "vae" else self._plan.dtype
        try:
            module = class_of(part).from_pretrained(
                part.folder, dtype=dtype, use_safetensors=True, local_files_only=True
            )
            module.eval().requires_grad_(False)
            self._prepare(name, module)
        except (OSError, ValueError, RuntimeError, LookupError, TypeError, SafetensorError) as error:
            raise WeightsError(f"{part.folder} cannot be loaded: {_line(error)}") from error
        return module

    def _prepare(self, name: str, module: Any) -> None:
        plan, options = self._plan, self._options
        if name.startswith("transformer"):
            if plan.fp8:
                module.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=plan.dtype)
            if options.attention:
                module.set_attention_backend(options.attention)
            self._divide(module)
            if options.compile:
                module.compile_repeated_blocks(fullgraph=True)
        if name == "vae" and plan.tiling:
            module.enable_tiling()
        if name in plan.streamed:
            self._stream(module)

    def _stream(self, module: Any) -> None:
        library("diffusers.hooks").apply_group_offloading(
            module,
            onload_device=self._plan.device,
            offload_device=torch.device("cpu"),
            offload_type="leaf_level",
            use_stream=self._plan.device.type == "cuda",
        )
