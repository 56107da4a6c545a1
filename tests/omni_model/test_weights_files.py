"""Every weights file that ships, with every damage: one clear line, before memory is taken for what it claims."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from omni_model.adapters.checkpoint import read_json
from omni_model.mini.engine import OmniMini
from omni_model.mini.vae import VAEConfig, VideoVAE
from omni_model.spec.errors import MissingWeights, WeightsError
from omni_model.weights.header import read_header
from omni_model.weights.io import SHIPPED, save_weights
from omnireel.doctor import NETWORKS
from tests.omnireel.conftest import Run, omnireel  # noqa: F401

#: Each with a network whose file is put in its place.
OTHER = {name: "dit" if name == "vae" else "vae" for name in NETWORKS}


def config_of(path: Path) -> str:
    text: str = read_header(path).metadata["config"]
    return text


def rewritten(path: Path, change: Callable[[dict[str, torch.Tensor]], object], config: str | None = None) -> None:
    """The same file with changed tensors, or another config."""
    config, tensors = config or config_of(path), load_file(path)
    change(tensors)
    save_file(tensors, path, {"config": config})


def with_header(path: Path, header: object) -> None:
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text)


def not_finite(tensors: dict[str, torch.Tensor]) -> None:
    name = next(name for name, value in tensors.items() if value.is_floating_point())
    tensors[name].view(-1)[-1] = torch.nan


def slightly_changed(tensors: dict[str, torch.Tensor]) -> None:
    first = tensors[min(tensors)].view(-1)[:1]
    first.copy_(first == 0)


def too_few(tensors: dict[str, torch.Tensor]) -> None:
    del tensors[max(tensors)]


def nested(path: Path) -> None:
    text = b"[" * 200_000
    path.write_bytes(len(text).to_bytes(8, "little") + text)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "is missing"),
    "a folder": (a_folder, "is no file"),
    "empty": (lambda path: path.write_bytes(b""), "is truncated, or no safetensors file"),
    "half": (lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]), "is truncated"),
    "longer": (lambda path: path.write_bytes(path.read_bytes() + b"0"), "is truncated: \\d+ of \\d+ bytes"),
    "random": (
        lambda path: path.write_bytes(bytes(torch.randint(0, 256, (5000,), dtype=torch.uint8).tolist())),
        "no safetensors file",
    ),
    "deep": (nested, "is no safetensors file"),
    "a header of nothing": (lambda path: with_header(path, []), "is no safetensors file"),
    "a huge claim": (
        lambda path: with_header(path, {"w": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}}),
        "is truncated",
    ),
    "no config": (lambda path: save_file(load_file(path), path), "holds no config"),
    "a config of nothing": (lambda path: rewritten(path, dict.copy, "{"), "config as a whole: "),
    "not finite": (lambda path: rewritten(path, not_finite), "holds numbers that are not finite"),
    "a tensor too few": (
        lambda path: rewritten(path, too_few),
        "is missing and its config says|does not hold|is of shape",
    ),
}


@pytest.mark.parametrize("damage", [*DAMAGES, "another network"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_damaged_file_is_one_clear_line(tmp_path: Path, name: str, damage: str) -> None:
    path = tmp_path / f"{name}.safetensors"
    shutil.copy(SHIPPED / path.name, path)
    if damage == "another network":
        shutil.copy(SHIPPED / f"{OTHER[name]}.safetensors", path)
        said = "config"
    else:
        spoil, said = DAMAGES[damage]
        spoil(path)
    with pytest.raises(WeightsError, match=said) as refused:
        NETWORKS[name](path)
    assert str(path) in str(refused.value) and "install omnireel again" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert isinstance(refused.value, MissingWeights) == (damage in ("missing", "a folder"))


HOSTILE = {
    "dit": {"dit": {"vocabulary": 1 << 20, "width": 8192, "depth": 128, "heads": 1}, "mini": {}},
    "vae": {"width": 1024, "inner_width": 1024, "depth": 16, "inner_depth": 16},
    "upscaler": {"width": 512, "depth": 32},
    "retoucher": {"widths": [512] * 8},
    "critic": {"widths": [4096] * 8, "blocks": 16},
    "examiner": {"widths": [32], "blocks": 10**9},
    "captioner": {"widths": [4096] * 4, "crop_widths": [4096] * 8},
    "outlines": {"names": ["hat"] * 100_000},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_config_that_claims_a_huge_network_takes_no_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.safetensors"
    shutil.copy(SHIPPED / path.name, path)
    rewritten(path, dict.copy, json.dumps(HOSTILE[name]))
    with pytest.raises(WeightsError, match=r"its config says of shape|config blocks|does not hold"):
        NETWORKS[name](path)


def test_bytes_are_not_spread_by_a_largest_of_another_shape(tmp_path: Path) -> None:
    path = tmp_path / "dit.safetensors"
    shutil.copy(SHIPPED / path.name, path)

    def wide(tensors: dict[str, torch.Tensor]) -> None:
        tensors["head.weight.largest"] = torch.ones(1, 1 << 20, dtype=torch.half)

    rewritten(path, wide)
    with pytest.raises(WeightsError, match=r"head\.weight\.largest is of shape \(1, 1048576\) for bytes of shape"):
        NETWORKS["dit"](path)


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "weights", ignore=shutil.ignore_patterns("*.py", "__pycache__")))


#: Files that decide pixels.
DRAWERS = tuple(name for name in NETWORKS if name != "examiner")


@pytest.mark.parametrize("name", DRAWERS)
def test_the_digest_changes_with_every_network_that_decides_pixels(copies: Path, name: str) -> None:
    before = OmniMini.load(copies).weights_digest
    path = copies / f"{name}.safetensors"
    rewritten(path, slightly_changed)
    changed = OmniMini.load(copies).weights_digest
    path.unlink()
    if name in ("vae", "dit"):
        with pytest.raises(MissingWeights):
            OmniMini.load(copies)
        assert changed != before
    else:
        assert len({before, changed, OmniMini.load(copies).weights_digest}) == 3


def test_the_digest_knows_the_precision_and_not_the_folder_nor_the_examiner(copies: Path) -> None:
    shipped = OmniMini.load()
    (copies / "examiner.safetensors").unlink()
    same = OmniMini.load(copies)
    assert same.weights_digest == shipped.weights_digest
    digests = set()
    for precision in (torch.float32, torch.bfloat16):
        same.precision = precision
        digests.add(same.weights_digest)
    assert len(digests) == 2 and shipped.weights_digest in digests


def test_a_network_of_other_latents_is_refused(copies: Path) -> None:
    net = VideoVAE(VAEConfig(channels=4, width=8, inner_width=16))
    save_weights(copies / "vae.safetensors", net, net.config)
    with pytest.raises(WeightsError, match="4 latent channels for a network of 64"):
        OmniMini.load(copies)


def test_the_command_line_says_it_in_a_line(copies: Path, omnireel: Run) -> None:  # noqa: F811
    (copies / "examiner.safetensors").write_bytes(b"")
    done = omnireel("eval", "omni-mini", "--weights", copies, "--task", "VAE", "--cases", 1)
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1) and "examiner.safetensors" in done.err


def test_a_config_that_is_nested_too_deep_is_no_config(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("[" * 200_000)
    with pytest.raises(WeightsError, match="is no JSON"):
        read_json(path)
