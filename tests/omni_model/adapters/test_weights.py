"""Folders of open weights: what a broken one is told, what whole ones cost, and how memory is planned."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("diffusers", reason="the extra 'wan' is not installed")
pytest.importorskip("transformers", reason="the extra 'wan' is not installed")

from omni_model.adapters import Spec, open_weights
from omni_model.adapters.base import OpenWeights
from omni_model.adapters.checkpoint import Checkpoint
from omni_model.adapters.options import Options
from omni_model.adapters.plan import GIB, MemoryPlan, Sizes, choose
from omni_model.adapters.survey import survey
from omni_model.adapters.wan_vace import WanVACE
from omni_model.spec.conditioning import Conditioning
from omni_model.spec.errors import WeightsError
from tests.omnireel.conftest import Run, omnireel  # noqa: F401

SHARD = "transformer/diffusion_pytorch_model-00002-of-00003.safetensors"
TEXT = "text_encoder/model.safetensors"


@pytest.fixture(scope="module")
def whole(tiny: Callable[[str], Path]) -> Path:
    return tiny("wan-vace")


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(whole, tmp_path / "copy"))


def rewritten(path: Path, **change: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


def truncated(path: Path, by: int) -> None:
    path.write_bytes(path.read_bytes()[:-by])


def pickled(folder: Path) -> None:
    (folder / TEXT).rename(folder / "text_encoder/pytorch_model.bin")


def opened_and_used(folder: Path) -> OpenWeights:
    generator = open_weights(Spec.parse(f"wan-vace:{folder}"))
    asked = Conditioning(caption="a fox", frames=1, width=16, height=16, steps=1)
    generator.render([asked], dict.__getitem__)  # type: ignore[arg-type]
    return generator


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "sizes of no number": (
        lambda f: rewritten(f / "transformer/config.json", num_attention_heads=[]),
        "make no wan-vace",
    ),
    "a shard elsewhere": (
        lambda f: rewritten(f / "transformer/diffusion_pytorch_model.safetensors.index.json", weight_map={"a": "../x"}),
        "lists no files beside it",
    ),
    "an index of no lists": (lambda f: rewritten(f / "model_index.json", vae=7), "its vae is missing"),
    "no shard": (lambda f: (f / SHARD).unlink(), "00002-of-00003.safetensors is missing \\(1 of 3 shards\\)"),
    "truncated": (lambda f: truncated(f / SHARD, 100), "is truncated: \\d+ of \\d+ bytes"),
    "cut in the header": (lambda f: (f / SHARD).write_bytes(b"\x90\x10\0\0\0\0\0\0{}"), "is truncated, or no safetens"),
    "no safetensors": (lambda f: (f / SHARD).write_bytes(b"\x02\0\0\0\0\0\0\0[]"), "is no safetensors file"),
    "a pickle": (pickled, "holds only pytorch_model.bin, a pickle"),
    "no weights": (lambda f: (f / TEXT).unlink(), "text_encoder holds no safetensors file"),
    "no index": (lambda f: (f / "model_index.json").unlink(), "has no model_index.json"),
    "no config": (lambda f: (f / "vae/config.json").unlink(), "vae/config.json is missing"),
    "no JSON": (lambda f: (f / "vae/config.json").write_text("{"), "vae/config.json is no JSON"),
    "a wrong class": (
        lambda f: rewritten(f / "model_index.json", vae=["diffusers", "AutoencoderKLLTXVideo"]),
        "its vae is AutoencoderKLLTXVideo, and AutoencoderKLWan is wanted",
    ),
    "a part too few": (lambda f: rewritten(f / "model_index.json", transformer=[None, None]), "transformer is missing"),
    "another size": (
        lambda f: rewritten(f / "transformer/config.json", num_layers=5),
        "blocks.3.* is missing, and its config says .* such tensors",
    ),
    "no sense": (lambda f: rewritten(f / "transformer/config.json", vace_layers=[9]), "its config makes no WanVACE"),
    "no scheduler": (lambda f: shutil.rmtree(f / "scheduler"), "scheduler_config.json is missing"),
    "no tokenizer": (lambda f: shutil.rmtree(f / "tokenizer"), "tokenizer: no tokenizer"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_folder_is_refused_in_one_line(folder: Path, fault: str) -> None:
    damage, said = BROKEN[fault]
    damage(folder)
    with pytest.raises(WeightsError, match=said) as refused:
        opened_and_used(folder)
    assert "\n" not in str(refused.value)


def test_a_tokenizer_is_read_from_its_sentencepiece_model_alone(folder: Path) -> None:
    """LTX-Video's lies there so, without a tokenizer.json."""
    from sentencepiece import SentencePieceTrainer

    place = folder / "tokenizer"
    shutil.rmtree(place)
    place.mkdir()
    SentencePieceTrainer.train(
        sentence_iterator=iter(["a red fox walks in the forest", "a white ghost at night"] * 9), minloglevel=2,
        model_prefix=str(place / "spiece"), vocab_size=26, pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
    )  # fmt: skip
    (place / "spiece.vocab").unlink()
    (place / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "T5Tokenizer"}))
    tokenizer = open_weights(Spec.parse(f"wan-vace:{folder}")).parts.tokenizer()
    pieces = tokenizer.convert_ids_to_tokens(tokenizer("a red fox").input_ids)
    assert "".join(pieces) == "▁a▁red▁fox</s>"


def test_a_tensor_that_differs_is_another_model(whole: Path, folder: Path) -> None:
    same = open_weights(Spec.parse(f"wan-vace:{folder}")).weights_digest
    assert same == open_weights(Spec.parse(f"wan-vace:{whole}")).weights_digest
    data = bytearray((folder / SHARD).read_bytes())
    data[-1] ^= 1
    (folder / SHARD).write_bytes(bytes(data))
    assert open_weights(Spec.parse(f"wan-vace:{folder}")).weights_digest != same


@pytest.mark.parametrize(
    "part", ["tokenizer/*.json", "scheduler/*.json", "vae/config.json", "text_encoder/config.json"]
)
def test_a_file_that_decides_tokens_or_steps_is_another_model(whole: Path, folder: Path, part: str) -> None:
    rewritten(next(folder.glob(part)), a_new_field=1)
    told = [Checkpoint.open(str(place), WanVACE.classes).digest for place in (whole, folder)]
    assert told[0] != told[1]


def test_the_sampler_names_the_arithmetic(whole: Path) -> None:
    told = {
        open_weights(Spec.parse(f"wan-vace:{whole}?device=cpu&{options}")).sampler
        for options in ("", "dtype=bfloat16", "fp8=true", "cache=taylorseer", "attention=native", "compile=true")
    }
    assert len(told) == 6 and all("cpu" in sampler.split() for sampler in told)


def test_a_hub_name_is_found_in_the_hubs_cache(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub.constants")
    place = tmp_path / "models--someone--tiny-vace"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text("1" * 40)
    shutil.copytree(whole, place / "snapshots" / ("1" * 40))
    monkeypatch.setattr(hub, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub, "HF_HUB_OFFLINE", True)
    assert open_weights(Spec.parse("wan-vace:someone/tiny-vace")).capabilities.name == "wan-vace"
    with pytest.raises(WeightsError, match="someone/other is no folder and cannot be had from the hub"):
        open_weights(Spec.parse("wan-vace:someone/other"))


def test_doctor_reads_configs_and_headers_alone(whole: Path, folder: Path, omnireel: Run) -> None:  # noqa: F811
    told = json.loads(omnireel("doctor", "--generator", f"wan-vace:{folder}?width=32&height=32", "--json").out)
    assert told["transformer"].startswith("WanVACETransformer3DModel: 0.000 billion parameters")
    assert {"text_encoder", "vae", "memory plan", "needs", "seconds a shot", "with 8 GiB", "with 80 GiB"} <= set(told)
    assert "81 frames of 32x32, 50 steps" in told["seconds a shot"] and "fits" in told["needs"]
    for path in folder.rglob("*.safetensors"):
        path.unlink()
    bare = survey(Spec.parse(f"wan-vace:{folder}?width=32&height=32"))
    assert bare["vae"] == told["vae"].split(" (")[0] + " (weights are not here)"
    assert bare["needs"] == told["needs"]


def test_doctor_counts_every_part_of_a_model(tiny: Callable[[str], Path]) -> None:
    told = survey(Spec.parse(f"ltx2:{tiny('ltx2')}?width=64&height=64"))
    assert told["connectors"].startswith("LTX2TextConnectors: ") and "121 frames of 64x64" in told["seconds a shot"]


def large(transformer: float, text: float = 11.0, vae: float = 0.5) -> Sizes:
    weights = {"text_encoder": text, "transformer": transformer, "vae": vae}
    work = {"text_encoder": 0.5, "transformer": 3.0, "vae": 3.0}
    return Sizes(*({part: int(size * GIB) for part, size in sizes.items()} for sizes in (weights, work)))


def planned(memory: str, sizes: Sizes, **options: object) -> MemoryPlan:
    return choose(Options.model_validate({"memory": memory, **options}), torch.device("cuda"), sizes)


def test_plans_use_what_there_is() -> None:
    assert planned("80", large(3.5)).together and planned("80", large(3.5)).batch == 4
    one = planned("16", large(3.5))
    assert not one.together and not one.fp8 and not one.streamed and one.fits
    small = planned("8", large(3.5))
    assert small.streamed == {"text_encoder"} and not small.fp8 and small.fits
    eight = planned("24", large(28.0))
    assert eight.fp8 and not eight.streamed and eight.fits
    assert planned("80", large(3.5), fp8=True).fp8
    whole = planned("24", large(28.0), fp8=False)
    assert not whole.fp8 and "transformer" in whole.streamed
    tight = planned("12", large(28.0))
    assert not tight.fp8 and tight.streamed == {"transformer", "text_encoder"} and tight.fits
    tiles = planned("8", Sizes(large(3.5).weights, large(3.5).work | {"vae": 12 * GIB}))
    assert tiles.tiling and tiles.fits
    assert str(small) == "cuda, bfloat16, 8 GiB; one part at a time; text_encoder streamed; a shot at a time"


SIZE = st.floats(0.1, 60.0)


@given(st.sampled_from(["8", "12", "16", "24", "80"]), SIZE, SIZE, SIZE)
def test_more_memory_never_makes_a_plan_slower(memory: str, transformer: float, text: float, vae: float) -> None:
    sizes = large(transformer, text, vae)
    plan, more = planned(memory, sizes), planned("80", sizes)
    assert (more.together, -len(more.streamed), not more.fp8) >= (plan.together, -len(plan.streamed), not plan.fp8)
    assert plan.batch >= 1 and (plan.fits or plan.streamed)


def test_every_placement_gives_the_same_frames(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a CPU too: one part at a time, and streamed; a tiled picture and 8-bit weights only come near."""
    asked = Conditioning(caption="a red fox", frames=5, width=32, height=32, steps=2, guidance=3.0)

    def made(**change: object) -> torch.Tensor:
        generator = open_weights(Spec.parse(f"wan-vace:{whole}"))
        generator.plan = MemoryPlan(**{**vars(generator.plan), **change})  # type: ignore[arg-type]
        return generator.render([asked], dict.__getitem__)[0].frames.float()  # type: ignore[arg-type]

    plain = made()
    assert torch.equal(made(together=False), plain)
    assert torch.equal(made(together=False, streamed=frozenset({"transformer", "text_encoder"})), plain)
    assert (made(fp8=True) - plain).abs().mean() < 8.0
