"""What is installed, which weights are used, and what runs on what device."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from omni_model.adapters import Spec
from omni_model.eyes.captioner import Captioner
from omni_model.eyes.perception import Perception
from omni_model.mini.edits.retouch import Retoucher
from omni_model.mini.engine import load_dit, load_vae
from omni_model.mini.outlines import Outlines
from omni_model.mini.upscale import Upscaler
from omni_model.spec.errors import WeightsError
from omni_model.weights.io import SHIPPED, Network
from omnireel import __version__
from omnireel.settings import Settings
from planner.llm import weights

_PACKAGES = (
    "torch",
    "langgraph",
    "sqlalchemy",
    "av",
    "pydantic",
    "xllamacpp",
    "vllm",
    "transformers",
    "diffusers",
    "gradio",
)
NETWORKS: dict[str, Callable[[Path], Network[Any, Any] | Upscaler | Retoucher | Perception | Captioner | Outlines]] = {
    "vae": load_vae,
    "dit": load_dit,
    "upscaler": Upscaler.load,
    "retoucher": Retoucher.load,
    "critic": lambda path: Perception.load("critic", path.parent),
    "examiner": lambda path: Perception.load("examiner", path.parent),
    "captioner": Captioner.load,
    "outlines": Outlines.load,
}


def examine() -> dict[str, str]:
    """Name -> what is to be said of it, in the order to be shown."""
    settings = Settings.from_environment()
    return {
        "omnireel": __version__,
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
        **{package: _version(package) for package in _PACKAGES},
        "device": _device(),
        **{f"weights {network}": _digest(network) for network in NETWORKS},
        "language model": weights.status().removeprefix("local language model: "),
        "setting llm": settings.llm,
        "setting generator": settings.generator,
        "setting database": settings.database_url or "SQLite in the production's folder",
    }


def examine_generator(name: str) -> dict[str, str]:
    """The same of open weights, such as ``wan-vace:PATH``. Raises WeightsError."""
    from omni_model.adapters.survey import survey

    return survey(Spec.parse(name))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _device() -> str:
    gpu = f"; {torch.cuda.get_device_name()} is at hand" if torch.cuda.is_available() else ""
    return f"generator and critic on the CPU, {torch.get_num_threads()} threads{gpu}"


def _digest(network: str) -> str:
    """What names the weights, and their size; what is wrong with them where they cannot be used."""
    path = SHIPPED / f"{network}.safetensors"
    try:
        return f"{NETWORKS[network](path).digest[:16]} ({path.stat().st_size / 2**20:.1f} MiB)"
    except WeightsError as error:
        return f"cannot be used: {error}"
