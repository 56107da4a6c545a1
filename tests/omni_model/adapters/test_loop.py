"""The loop that all open weights share: words alone as by the stock pipelines, batches, shards, pieces, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from omni_model.adapters import Spec, open_weights
from omni_model.adapters.given import resolve_inputs
from omni_model.spec.conditioning import Conditioning, ContextClip, Reference, Region
from omni_model.spec.errors import WeightsError
from tests.omni_model.adapters.shots import GUIDANCE, KINDS, STEPS, WORDS, Shelf, asking, latents, pixels, same, theirs
from tests.support.tiny_weights import build

# The stock LTX pipeline gives numpy a tensor.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


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


def test_progress_of_an_edit_ends_at_its_whole(opened: Any) -> None:
    shelf, told = Shelf(), list[tuple[int, int]]()
    edit = ContextClip(clip=shelf.put(pixels(5, 3, 32, 32)), role="edit")
    asked = asking("wan-t2v", context=(edit,), frames=5, steps=5, guidance=1.0)
    opened("wan-t2v").render([asked], shelf, lambda done, total: told.append((done, total)))
    assert told == [(2, 5), (3, 5), (4, 5), (5, 5)]


def some_shots(kind: str, shelf: Shelf) -> list[Conditioning]:
    """Shots of two shapes, each with its own words, seed and guidance, and with what the kind can be given."""
    shots = [
        asking(kind, caption=f"{WORDS} {words}", seed=seed, guidance=3.0 + seed, frames=frames)
        for seed, (words, frames) in enumerate([("blue scarf", 9), ("white ghost", 5), ("at night", 9)])
    ]
    if kind.startswith("ltx"):
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
        found = together.latents([resolve_inputs(shot, shelf) for shot in shots])
        for shot, made in zip(shots, found, strict=True):
            same(made, alone.latents([resolve_inputs(shot, shelf)])[0])
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
    monkeypatch.setattr(generator, "capabilities", generator.capabilities.model_copy(update={"max_frames": 9}))
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


def test_an_attention_backend_is_chosen_by_name(opened: Any) -> None:
    plain = latents(opened("wan-t2v"), asking("wan-t2v"), Shelf())
    same(latents(opened("wan-t2v", "attention=native"), asking("wan-t2v"), Shelf()), plain)
    with pytest.raises(WeightsError, match=r"cannot be loaded: .* must be one of"):
        latents(opened("wan-t2v", "attention=fastest"), asking("wan-t2v"), Shelf())


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
