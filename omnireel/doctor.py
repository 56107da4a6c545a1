"""What is installed, which weights are used, and what runs on what device."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

import torch

import omni_model
from omni_model.adapters import Spec
from omni_model.spec.conditioning import sha256
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
_WEIGHTS = Path(omni_model.__file__).parent / "weights"
_NETWORKS = ("vae", "dit", "critic", "examiner")


def examine() -> dict[str, str]:
    """Name -> what is to be said of it, in the order to be shown."""
    settings = Settings.from_environment()
    return {
        "omnireel": __version__,
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
        **{package: _version(package) for package in _PACKAGES},
        "device": _device(),
        **{f"weights {network}": _digest(network) for network in _NETWORKS},
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
    path = _WEIGHTS / f"{network}.safetensors"
    if not path.is_file():
        return "missing; train them with: omnireel train omni-mini --config cpu"
    return f"{sha256(path.read_bytes())[:16]} ({path.stat().st_size / 2**20:.1f} MiB)"
