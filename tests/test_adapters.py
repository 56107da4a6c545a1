"""Open weights on tiny random checkpoints: our loop against the stock pipelines, alone and in batches."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

pytest.importorskip("diffusers", reason="the extra 'wan' is not installed")
pytest.importorskip("transformers", reason="the extra 'wan' is not installed")

from omni_model.adapters import Spec, WeightsError, open_weights
from omni_model.adapters.base import OpenWeights
from omni_model.adapters.caches import Residual, cached
from omni_model.adapters.given import Given, given
from omni_model.adapters.options import Options
from omni_model.conditioning import Conditioning, ContextClip, Reference, Region, Track, TrackKey, sha256
from tests.tiny_weights import build

# The stock LTX pipeline gives numpy a tensor.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SIDE = {"ltx": 64, "wan-ti2v": 64}
WORDS = "a red fox walks in the forest at night"
STEPS, GUIDANCE = 3, 4.0
KINDS = ("wan-vace", "wan-t2v", "wan-t2v-two", "wan-ti2v", "ltx")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a checkpoint by kind."""

    @cache
    def made(kind: str) -> Path:
        return build(kind, tmp_path_factory.mktemp(kind))

    return made


@pytest.fixture(scope="module")
def opened(tiny: Callable[[str], Path]) -> Callable[..., OpenWeights]:
    @cache
    def made(kind: str, options: str = "") -> OpenWeights:
        return open_weights(Spec.parse(f"{kind.removesuffix('-two')}:{tiny(kind)}?{options}"))

    return made


@pytest.fixture(scope="module")
def stock(tiny: Callable[[str], Path]) -> Callable[..., Any]:
    """A stock pipeline, by its class, over a checkpoint's folder."""
    import diffusers

    @cache
    def made(kind: str, name: str) -> Any:
        pipeline = getattr(diffusers, name).from_pretrained(tiny(kind))
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    return made


def pixels(*shape: int, seed: int = 0) -> Tensor:
    """Random uint8 pixels."""
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


class Shelf(dict[str, Tensor]):
    """Assets by digest."""

    def put(self, value: Tensor) -> str:
        digest = sha256(value.numpy().tobytes())
        self[digest] = value
        return digest

    def __call__(self, digest: str) -> Tensor:
        return self[digest]


def asking(kind: str, **fields: Any) -> Conditioning:
    side = SIDE.get(kind, 32)
    fields = {"caption": WORDS, "frames": 9, "fps": 24.0, "seed": 5, "steps": STEPS, "guidance": GUIDANCE} | fields
    return Conditioning(width=side, height=side, **fields)


def picture(frame: Tensor) -> Image.Image:
    return Image.fromarray(frame.permute(1, 2, 0).numpy())


def latents(generator: OpenWeights, asked: Conditioning, shelf: Shelf) -> Tensor:
    """Ours, as the pipelines give them."""
    shot: Given = given(asked, shelf)
    with torch.inference_mode():
        made = generator.latents([shot])[0]
        return generator.unpacked(made, shot) if hasattr(generator, "unpacked") else made


def theirs(
    pipeline: Any, generator: OpenWeights, asked: Conditioning, frames: int | None = None, **more: Any
) -> Tensor:
    more |= {name: more[name][None] for name in ("video", "mask") if name in more}
    found = pipeline(
        prompt=asked.caption, negative_prompt=generator.negative, height=asked.height, width=asked.width,
        num_frames=frames or asked.frames, num_inference_steps=asked.steps, guidance_scale=asked.guidance,
        generator=torch.Generator().manual_seed(asked.seed), output_type="latent", **more,
    )  # fmt: skip
    return torch.as_tensor(found.frames[0])


def same(a: Tensor, b: Tensor) -> None:
    assert a.shape == b.shape
    assert (a - b).abs().max() < 1e-4


def unknown(frames: int, side: int = 32) -> tuple[Tensor, Tensor]:
    """A control video of 0 and a mask of 1, as the stock pipeline takes them: 0..1, [T, 3, H, W]."""
    return torch.full((frames, 3, side, side), 0.5), torch.ones(frames, 3, side, side)


@pytest.mark.parametrize("guidance", [GUIDANCE, 1.0])
@pytest.mark.parametrize(
    ("kind", "pipeline"),
    [("wan-vace", "WanVACEPipeline"), ("wan-t2v", "WanPipeline"), ("wan-t2v-two", "WanPipeline"),
     ("wan-ti2v", "WanPipeline"), ("ltx", "LTXConditionPipeline")],
)  # fmt: skip
def test_words_alone_give_the_stock_pipelines_latents(
    opened: Any, stock: Any, kind: str, pipeline: str, guidance: float
) -> None:
    asked = asking(kind, guidance=guidance)
    rate = {"frame_rate": 24} if kind == "ltx" else {}
    same(latents(opened(kind), asked, Shelf()), theirs(stock(kind, pipeline), opened(kind), asked, **rate))


def vace_first(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    frame = pixels(3, 32, 32)
    video, mask = unknown(9)
    video[0], mask[0] = frame / 255, 0
    return asking("wan-vace", first_frame=shelf.put(frame)), 9, {"video": video, "mask": mask}


def vace_last(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    first, last = pixels(3, 32, 32), pixels(3, 32, 32, seed=1)
    video, mask = unknown(9)
    video[0], mask[0], video[8], mask[8] = first / 255, 0, last / 255, 0
    asked = asking("wan-vace", first_frame=shelf.put(first), last_frame=shelf.put(last))
    return asked, 9, {"video": video, "mask": mask}


def vace_references(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    """The pipeline puts each reference before the others: it is given them in reverse."""
    shown = [pixels(3, 32, 16), pixels(3, 16, 32, seed=1)]
    references = tuple(Reference(image=shelf.put(p), role="sheet", entity=f"e{i}") for i, p in enumerate(shown))
    return asking("wan-vace", references=references), 9, {"reference_images": [picture(p) for p in shown[::-1]]}


def vace_weighted(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    asked, frames, more = vace_references(shelf)
    raised = tuple(r.model_copy(update={"weight": 1.5}) for r in asked.references)
    return asked.model_copy(update={"references": raised}), frames, {**more, "conditioning_scale": 1.5}


def vace_mask(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    clip = pixels(9, 3, 32, 32)
    box = Region(x0=0.25, y0=0.0, x1=1.0, y1=0.5)
    video, mask = clip / 255, torch.zeros(9, 3, 32, 32)
    mask[:, :, :16, 8:] = 1
    video = torch.where(mask > 0, torch.tensor(0.5), video)
    edit = ContextClip(clip=shelf.put(clip), role="edit")
    return asking("wan-vace", context=(edit,), regions=(box,)), 9, {"video": video, "mask": mask}


def vace_outpaint(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    clip = pixels(9, 3, 16, 16)
    video, mask = unknown(9)
    video[:, :, 8:24, 8:24], mask[:, :, 8:24, 8:24] = clip / 255, 0
    return asking("wan-vace", context=(ContextClip(clip=shelf.put(clip), role="edit"),)), 9, {
        "video": video, "mask": mask,
    }  # fmt: skip


def vace_continue(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    """Five frames of the clip before, nine of the shot, and three that fill the grid."""
    clip = pixels(7, 3, 32, 32)
    video, mask = unknown(17)
    video[:5], mask[:5] = clip[-5:] / 255, 0
    return asking("wan-vace", context=(ContextClip(clip=shelf.put(clip), role="continue"),)), 17, {
        "video": video, "mask": mask,
    }  # fmt: skip


def vace_precede(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    clip = pixels(7, 3, 32, 32)
    video, mask = unknown(13)
    video[9:], mask[9:] = clip[:4] / 255, 0
    return asking("wan-vace", context=(ContextClip(clip=shelf.put(clip), role="precede"),)), 13, {
        "video": video, "mask": mask,
    }  # fmt: skip


def vace_boxes(shelf: Shelf) -> tuple[Conditioning, int, dict[str, Any]]:
    """A body 0.5 tall at (0.5, 0.75) stands in a box 14.7 wide and 16.8 high; its outline is two pixels."""
    track = Track(entity="fox", keys=(TrackKey(t=0.0, x=0.5, y=0.75, height=0.5),))
    video, mask = torch.ones(9, 3, 32, 32), torch.ones(9, 3, 32, 32)
    video[:, :, 7:24, 9:23] = 0
    video[:, :, 9:22, 11:21] = 1
    return asking("wan-vace", tracks=(track,)), 9, {"video": video, "mask": mask}


VACE = [vace_first, vace_last, vace_references, vace_weighted, vace_mask, vace_outpaint, vace_continue, vace_precede,
        vace_boxes]  # fmt: skip


@pytest.mark.parametrize("case", VACE, ids=lambda case: case.__name__)
def test_vace_is_conditioned_as_by_the_stock_pipeline(opened: Any, stock: Any, case: Any) -> None:
    shelf, generator = Shelf(), opened("wan-vace")
    asked, frames, more = case(shelf)
    expected = theirs(stock("wan-vace", "WanVACEPipeline"), generator, asked, frames, **more)
    found = latents(generator, asked, shelf)
    same(found, expected)
    plain = latents(generator, asking("wan-vace"), shelf)
    assert plain.shape != found.shape or (plain - found).abs().max() > 1e-2, "what is given changes something"


def test_a_first_frame_is_held_by_ti2v_as_by_the_stock_pipeline(opened: Any, stock: Any) -> None:
    shelf, generator, frame = Shelf(), opened("wan-ti2v"), pixels(3, 64, 64)
    pipeline = stock("wan-ti2v", "WanImageToVideoPipeline")
    asked = asking("wan-ti2v", first_frame=shelf.put(frame))
    expected = theirs(pipeline, generator, asked, image=picture(frame))
    same(latents(generator, asked, shelf), expected)
    before = ContextClip(clip=shelf.put(torch.stack([pixels(3, 64, 64, seed=1), frame])), role="continue")
    went_on = asking("wan-ti2v", context=(before,), frames=8)
    same(latents(generator, went_on, shelf), expected)


def test_an_edit_without_a_mask_is_drawn_over_its_source(opened: Any, stock: Any) -> None:
    shelf, generator, clip = Shelf(), opened("wan-t2v"), pixels(9, 3, 32, 32)
    asked = asking("wan-t2v", context=(ContextClip(clip=shelf.put(clip), role="edit"),), steps=5)
    pipeline = stock("wan-t2v", "WanVideoToVideoPipeline")
    expected = pipeline(
        video=(clip / 255)[None], prompt=asked.caption, negative_prompt=generator.negative, height=32, width=32,
        num_inference_steps=5, guidance_scale=GUIDANCE, strength=0.6, output_type="latent",
        generator=torch.Generator().manual_seed(asked.seed),
    ).frames[0]  # fmt: skip
    same(latents(generator, asked, shelf), expected)


def test_progress_of_an_edit_ends_at_its_whole(opened: Any) -> None:
    shelf, told = Shelf(), list[tuple[int, int]]()
    edit = ContextClip(clip=shelf.put(pixels(5, 3, 32, 32)), role="edit")
    asked = asking("wan-t2v", context=(edit,), frames=5, steps=5, guidance=1.0)
    opened("wan-t2v").render([asked], shelf, lambda done, total: told.append((done, total)))
    assert told == [(2, 5), (3, 5), (4, 5), (5, 5)]


LTX_CASES: dict[str, Callable[[Shelf], tuple[dict[str, Any], int, list[dict[str, Any]]]]] = {
    "first": lambda shelf: (
        {"first_frame": shelf.put(pixels(3, 64, 64))}, 9, [{"image": picture(pixels(3, 64, 64))}],
    ),
    "first and last": lambda shelf: (
        {"first_frame": shelf.put(pixels(3, 64, 64)), "last_frame": shelf.put(pixels(3, 64, 64, seed=1))}, 9,
        [{"image": picture(pixels(3, 64, 64))}, {"image": picture(pixels(3, 64, 64, seed=1)), "frame_index": 8}],
    ),
    "continue": lambda shelf: (
        {"context": (ContextClip(clip=shelf.put(pixels(9, 3, 64, 64)), role="continue"),)}, 25,
        [{"video": [picture(frame) for frame in pixels(9, 3, 64, 64)]}],
    ),
    "continue loosely": lambda shelf: (
        {"context": (ContextClip(clip=shelf.put(pixels(9, 3, 64, 64)), role="continue", strength=0.4),)}, 25,
        [{"video": [picture(frame) for frame in pixels(9, 3, 64, 64)], "strength": 0.4}],
    ),
    "precede": lambda shelf: (
        {"context": (ContextClip(clip=shelf.put(pixels(9, 3, 64, 64)), role="precede"),)}, 17,
        [{"image": picture(pixels(9, 3, 64, 64)[0]), "frame_index": 9}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LTX_CASES)
def test_ltx_is_conditioned_as_by_the_stock_pipeline(opened: Any, stock: Any, case: str) -> None:
    from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition

    shelf, generator = Shelf(), opened("ltx")
    fields, frames, conditions = LTX_CASES[case](shelf)
    asked = asking("ltx", **fields)
    shown = [LTXVideoCondition(**condition) for condition in conditions]
    pipeline = stock("ltx", "LTXConditionPipeline")
    expected = theirs(pipeline, generator, asked, frames, conditions=shown, frame_rate=24)
    same(latents(generator, asked, shelf), expected)


def test_ltx_draws_an_edit_over_its_source(opened: Any, stock: Any) -> None:
    shelf, generator, clip = Shelf(), opened("ltx"), pixels(9, 3, 64, 64)
    asked = asking("ltx", context=(ContextClip(clip=shelf.put(clip), role="edit"),), steps=5)
    pipeline = stock("ltx", "LTXConditionPipeline")
    random = torch.Generator().manual_seed(asked.seed)
    torch.randn(8, 2, 2, 2, generator=random)
    with torch.inference_mode():
        coded = pipeline.vae.encode((clip / 127.5 - 1).movedim(0, 1)[None]).latent_dist.sample(random)
    mean, std = (value.view(1, -1, 1, 1, 1) for value in (pipeline.vae.latents_mean, pipeline.vae.latents_std))
    expected = theirs(pipeline, generator, asked, latents=(coded - mean) / std, denoise_strength=0.6, frame_rate=24)
    same(latents(generator, asked, shelf), expected)


def some_shots(kind: str, shelf: Shelf) -> list[Conditioning]:
    """Shots of two shapes, each with its own words, seed and guidance, and with what the kind can be given."""
    shots = [
        asking(kind, caption=f"{WORDS} {words}", seed=seed, guidance=3.0 + seed, frames=frames)
        for seed, (words, frames) in enumerate([("blue scarf", 9), ("white ghost", 5), ("at night", 9)])
    ]
    if kind == "ltx":
        held = shelf.put(pixels(3, 64, 64))
        return [shot.model_copy(update={"first_frame": held}) for shot in shots]
    if kind == "wan-vace":
        seen = [(Reference(image=shelf.put(pixels(3, 32, 32, seed=i)), role="sheet", entity="fox", weight=1.0 + i / 4),)
                for i in range(3)]  # fmt: skip
        return [shot.model_copy(update={"references": r}) for shot, r in zip(shots, seen, strict=True)]
    return shots


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_gives_what_its_shots_give_alone(opened: Any, kind: str) -> None:
    shelf, together, alone = Shelf(), opened(kind, "batch=4"), opened(kind)
    shots = some_shots(kind, shelf)
    with torch.inference_mode():
        found = together.latents([given(shot, shelf) for shot in shots])
        for shot, made in zip(shots, found, strict=True):
            same(made, alone.latents([given(shot, shelf)])[0])
    assert together.plan.batch == 4 and alone.plan.batch == 1


def test_shards_give_what_the_whole_gives(opened: Any, tmp_path: Path) -> None:
    asked, generator = asking("wan-vace"), opened("wan-vace")
    whole = open_weights(Spec.parse(f"wan-vace:{build('wan-vace', tmp_path / 'whole', shard='1GB')}"))
    assert len(whole.checkpoint.parts["transformer"].files) == 1
    assert len(generator.checkpoint.parts["transformer"].files) > 1
    assert torch.equal(latents(whole, asked, Shelf()), latents(generator, asked, Shelf()))


def test_clips_have_exactly_the_frames_asked_for_and_the_same_bytes_again(opened: Any) -> None:
    for kind in KINDS:
        told: list[tuple[int, int]] = []
        asked = [asking(kind, frames=6), asking(kind, frames=1, guidance=1.0)]
        clips = opened(kind).render(asked, Shelf(), lambda done, total: told.append((done, total)))  # noqa: B023
        assert [len(clip.frames) for clip in clips] == [6, 1] and clips[0].fps == 24.0
        assert told == [(done, 2 * STEPS) for done in range(1, 2 * STEPS + 1)]
        again = opened(kind).render(asked[:1], Shelf())
        assert torch.equal(again[0].frames, clips[0].frames)
        assert clips[0].frames.dtype == torch.uint8 and clips[0].frames.float().std() > 0
    assert not torch.equal(opened("wan-t2v").render([asking("wan-t2v", seed=6)], Shelf())[0].frames[:6],
                           opened("wan-t2v").render([asking("wan-t2v")], Shelf())[0].frames[:6])  # fmt: skip


@pytest.mark.parametrize("kind", ["wan-vace", "wan-ti2v", "wan-t2v"])
def test_a_shot_longer_than_a_clip_is_made_in_pieces(opened: Any, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = opened(kind)
    native = generator.native
    monkeypatch.setattr(type(generator), "native", type(native)(**{**vars(native), "max_frames": 9}))
    clip = generator.render([asking(kind, frames=15, steps=1)], Shelf())[0]
    assert len(clip.frames) == 15
    first = generator.render([asking(kind, frames=9, steps=1)], Shelf())[0]
    assert torch.equal(clip.frames[:9], first.frames)


def test_what_is_outside_of_the_regions_keeps_its_pixels(opened: Any) -> None:
    shelf, clip = Shelf(), pixels(9, 3, 32, 32)
    edit = ContextClip(clip=shelf.put(clip), role="edit")
    box = Region(x0=0.5, y0=0.0, x1=1.0, y1=1.0)
    for kind in ("wan-vace", "wan-t2v"):
        made = opened(kind).render([asking(kind, context=(edit,), regions=(box,))], shelf)[0].frames
        assert torch.equal(made[..., :16], clip[..., :16]) and not torch.equal(made[..., 16:], clip[..., 16:])


def test_work_can_be_stopped_between_steps_and_begun_again(opened: Any) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    generator = opened("wan-vace", "cache=residual")
    with pytest.raises(KeyboardInterrupt):
        generator.render([asking("wan-vace")], Shelf(), stop)
    again = generator.render([asking("wan-vace")], Shelf())[0]
    assert torch.equal(again.frames, opened("wan-vace", "cache=residual&batch=1").render(
        [asking("wan-vace")], Shelf())[0].frames)  # fmt: skip


def test_a_prompt_is_encoded_once(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = opened("wan-t2v", "steps=1")
    generator.render([asking("wan-t2v", seed=1)], Shelf())
    monkeypatch.setattr(generator.parts, "tokenizer", lambda: pytest.fail("encoded again"))
    generator.render([asking("wan-t2v", seed=2)], Shelf())


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("wan-t2v", {"width": 40}, "multiples of 16"),
        ("ltx", {"height": 80}, "multiples of 32"),
        ("wan-t2v", {"first_frame": "0" * 64}, "no picture or clip"),
        ("wan-t2v", {"regions": (Region(x0=0, y0=0, x1=1, y1=1),)}, "regions need a context clip"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_line(opened: Any, kind: str, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        opened(kind).render([asking(kind).model_copy(update=fields)], Shelf())


def test_what_a_model_cannot_be_given_is_refused(opened: Any) -> None:
    shelf = Shelf()
    clip = shelf.put(pixels(5, 3, 64, 64))
    still = shelf.put(pixels(3, 64, 64))
    seen = (Reference(image=still, role="sheet", entity="fox"),)
    refused: list[tuple[str, dict[str, Any], str]] = [
        ("wan-t2v", {"first_frame": still}, "takes no given first frame"),
        ("wan-ti2v", {"last_frame": still}, "takes no given last frame"),
        ("wan-t2v", {"context": (ContextClip(clip=clip, role="continue"),)}, "no clip of role continue"),
        ("ltx", {"context": (ContextClip(clip=clip, role="motion"),)}, "no clip of role motion"),
        ("ltx", {"references": seen}, "takes 0 references"),
    ]
    for kind, fields, said in refused:
        with pytest.raises(ValueError, match=said):
            opened(kind).render([asking(kind).model_copy(update=fields)], shelf)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cache", ["residual", "taylorseer", "pab"])
def test_a_cache_changes_nothing_where_inputs_do_not_change(opened: Any, kind: str, cache: str) -> None:
    """The network is called eight times with the same inputs, as in the middle of the denoising."""
    generator = opened(kind)
    calls = network_inputs(generator, kind)
    options = Options.model_validate({"cache": cache})
    with torch.inference_mode(), generator.parts.use("transformer") as network:
        plain = network(**calls)[0]
        with cached(network, options, steps=8) as quick:
            for _ in range(8):
                assert (quick(**calls)[0] - plain).abs().max() < 1e-4
            assert not isinstance(quick, Residual) or quick.skipped == 5
        assert torch.equal(network(**calls)[0], plain), "nothing of the cache stays"


def network_inputs(generator: OpenWeights, kind: str) -> dict[str, Tensor]:
    """What our loop calls the network with."""
    seen: list[dict[str, Tensor]] = []
    with generator.parts.use("transformer") as network:
        hook = network.register_forward_pre_hook(lambda m, a, k: seen.append(k), with_kwargs=True)
        latents(generator, asking(kind), Shelf())
        hook.remove()
    return seen[len(seen) // 2]


@pytest.mark.parametrize("kind", KINDS)
def test_the_residual_cache_skips_and_stays_near(opened: Any, kind: str) -> None:
    asked = asking(kind, steps=12)
    plain = latents(opened(kind), asked, Shelf())
    never = latents(opened(kind, "cache=residual&threshold=0"), asked, Shelf())
    often = latents(opened(kind, "cache=residual&threshold=1"), asked, Shelf())
    same(never, plain)
    assert not torch.equal(often, plain)
    assert (often - plain).std() < 0.5 * plain.std()


def test_an_attention_backend_is_chosen_by_name(opened: Any) -> None:
    plain = latents(opened("wan-t2v"), asking("wan-t2v"), Shelf())
    same(latents(opened("wan-t2v", "attention=native"), asking("wan-t2v"), Shelf()), plain)
    with pytest.raises(WeightsError, match=r"cannot be loaded: .* must be one of"):
        latents(opened("wan-t2v", "attention=fastest"), asking("wan-t2v"), Shelf())


def test_a_decoder_that_takes_a_time_is_given_one(tmp_path: Path) -> None:
    folder = build("ltx-timed", tmp_path)
    generator = open_weights(Spec.parse(f"ltx:{folder}"))
    first, second = (generator.render([asking("ltx", steps=1)], Shelf())[0].frames for _ in range(2))
    assert torch.equal(first, second) and first.float().std() > 0


def test_wrong_names_and_options_are_refused(tiny: Any) -> None:
    for text, said in [
        ("wan-vace:", "names no weights"),
        ("wan-vace:x?steps=none", "option steps: input should be a valid integer"),
        ("wan-vace:x?speed=9", "option speed: extra inputs are not permitted"),
        ("wan-vace:x?memory=13", "option memory"),
        (f"wan-t2v:{tiny('wan-ti2v')}", "open it as wan-ti2v"),
        (f"wan-ti2v:{tiny('wan-t2v')}", "open it as wan-t2v"),
        (f"wan-t2v:{tiny('wan-vace')}", "WanTransformer3DModel is wanted"),
        (f"wan-vace:{tiny('wan-vace')}?width=40", "multiples of 16"),
        ("sora:x", "use one of wan-vace"),
    ]:
        with pytest.raises(WeightsError, match=said):
            open_weights(Spec.parse(text))
