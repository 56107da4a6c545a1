"""omni-mini with tiny untrained networks: the contract of a generator, exactly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from omni_model.eyes.perception import signal_of
from omni_model.mini.dit import DiTConfig, OmniDiT
from omni_model.mini.drawing import MiniConfig
from omni_model.mini.edits.retouch import RetouchConfig, Retoucher, RetouchNet
from omni_model.mini.engine import OmniMini
from omni_model.mini.layout import FRAMES_AT_ONCE
from omni_model.mini.tokenizer import Tokenizer
from omni_model.mini.upscale import Upscaler, UpscalerConfig, UpscalerNet
from omni_model.mini.vae import VAEConfig, VideoVAE
from omni_model.spec.conditioning import (
    CameraKey,
    CameraPath,
    Conditioning,
    ContextClip,
    Reference,
    Region,
    Track,
    TrackKey,
    take_digest,
)
from omni_model.spec.errors import MissingWeights, WeightsError
from omni_model.spec.generator import Clip, Generator
from omni_model.spec.instructions import FreeText, SetScene
from omni_model.weights.io import EVERYTHING, load_network, save_weights
from tests.support.other_device import OTHER, OtherDevice

NAMES = {"sheet": "a" * 64, "plate": "b" * 64, "clip": "c" * 64, "still": "d" * 64, "two": "e" * 64}
TRACK = Track(entity="mia", keys=(TrackKey(t=0, x=0.2, y=0.9, height=0.5), TrackKey(t=1, x=0.8, y=0.9, height=0.5)))
SHOT = Conditioning(
    caption="@mia a red fox walks in the forest by day; calm mood, flat style; wide shot, static",
    references=(
        Reference(image=NAMES["plate"], role="plate", entity="forest"),
        Reference(image=NAMES["sheet"], role="sheet", entity="mia"),
    ),
    tracks=(TRACK,),
    camera=CameraPath(keys=(CameraKey(t=0), CameraKey(t=1, zoom=1.5))),
    frames=9, width=32, height=16, seed=3, steps=2,
)  # fmt: skip


def assets(digest: str) -> torch.Tensor:
    shapes = {"sheet": (3, 16, 16), "plate": (3, 16, 32), "clip": (13, 3, 16, 32), "still": (3, 16, 32), "two": (2, 2)}
    name = {value: key for key, value in NAMES.items()}[digest]
    seed = torch.Generator().manual_seed(len(name))
    return torch.randint(0, 256, shapes[name], generator=seed, dtype=torch.uint8)


def _mini(config: MiniConfig | None = None) -> OmniMini:
    torch.manual_seed(0)
    vae = VideoVAE(VAEConfig(channels=4, width=8, inner_width=16, depth=1, inner_depth=1))
    dit = OmniDiT(DiTConfig(vocabulary=Tokenizer().size, channels=4, width=32, depth=2, heads=2, text_depth=1))
    for weight in [*vae.parameters(), *dit.parameters()]:
        if not weight.any():
            weight.data.normal_(std=0.1)  # what starts at zero would hide mistakes
    return OmniMini(vae, dit, config or MiniConfig(width=32, height=16, sheet_size=16))


@pytest.fixture(scope="module")
def mini() -> OmniMini:
    return _mini()


@pytest.fixture(scope="module")
def editor() -> OmniMini:
    trained = ("continue", "precede", "edit", "last_frame")
    return _mini(MiniConfig(width=32, height=16, sheet_size=16, trained=trained))


def _render(mini: OmniMini, **changes: object) -> torch.Tensor:
    clip: Clip = mini.render([SHOT.model_copy(update=changes)], assets)[0]
    return clip.frames


def test_it_is_a_generator(mini: OmniMini) -> None:
    assert isinstance(mini, Generator)
    assert mini.capabilities.context_roles == {"continue", "motion"} and mini.capabilities.max_frames == 73


@pytest.mark.parametrize("frames", [1, 2, 5, 9, 24, 25, 26, 90])
@pytest.mark.parametrize("context", [(), (ContextClip(clip=NAMES["clip"], role="continue"),)])
def test_a_clip_has_exactly_the_frames_asked_for(mini: OmniMini, frames: int, context: tuple[ContextClip, ...]) -> None:
    rendered = _render(mini, frames=frames, context=context, steps=1)
    assert rendered.shape == (frames, 3, 16, 32) and rendered.dtype is torch.uint8


def test_same_inputs_same_bytes_whatever_the_batch(mini: OmniMini) -> None:
    other = SHOT.model_copy(update={"seed": 4, "caption": "an empty forest at night", "frames": 6})
    together = mini.render([SHOT, other, SHOT], assets)
    alone = [mini.render([asked], assets)[0] for asked in (SHOT, other, SHOT)]
    assert all(torch.equal(a.frames, b.frames) for a, b in zip(together, alone, strict=True))
    assert not torch.equal(together[0].frames, _render(mini, seed=5))


def test_everything_asked_for_reaches_the_picture(mini: OmniMini) -> None:
    base = _render(mini)
    light = SHOT.references[1].model_copy(update={"weight": 0.25})
    changes: list[dict[str, object]] = [
        {"caption": SHOT.caption.replace("red", "blue")},
        {"instruction": SetScene(attribute="time", value="night")},
        {"references": SHOT.references[:1]},
        {"references": SHOT.references[1:]},
        {"references": (SHOT.references[0], light)},
        {"tracks": ()},
        {"camera": CameraPath()},
        {"first_frame": NAMES["still"]},
        {"context": (ContextClip(clip=NAMES["clip"], role="continue"),)},
        {"guidance": 3.0},
        {"steps": 3},
    ]
    assert [c for c in changes if torch.equal(_render(mini, **c), base)] == []


def test_what_finds_no_slot_is_drawn_from_its_words(mini: OmniMini) -> None:
    caption = "@mia and @bo and @eve and @ball a red ball falls"
    ball = TRACK.model_copy(update={"entity": "ball"})
    assert torch.equal(_render(mini, caption=caption), _render(mini, caption=caption, tracks=(TRACK, ball)))


def test_a_first_frame_is_kept(mini: OmniMini) -> None:
    still = assets(NAMES["still"])[None, None].float() / 127.5 - 1
    kept = ((mini.vae.decode(mini.vae.encode(still))[0, 0] + 1) * 127.5).round().clamp(0, 255)
    assert (_render(mini, first_frame=NAMES["still"])[0] - kept).abs().max() <= 1


def test_going_on_depends_on_the_last_four_frames_only(mini: OmniMini) -> None:
    def early_changed(digest: str) -> torch.Tensor:
        clip = assets(digest).clone()
        if clip.dim() == 4:
            clip[:-4] = 0
        return clip

    asked = SHOT.model_copy(update={"context": (ContextClip(clip=NAMES["clip"], role="continue"),)})
    assert torch.equal(mini.render([asked], assets)[0].frames, mini.render([asked], early_changed)[0].frames)


def test_an_edit_outside_its_regions_keeps_the_source(editor: OmniMini) -> None:
    context = (ContextClip(clip=NAMES["clip"], role="edit"),)
    left = Region(x0=0, y0=0, x1=0.5, y1=1)
    seeds = [_render(editor, context=context, regions=(left,), seed=seed, frames=5) for seed in (1, 2)]
    difference = (seeds[0].float() - seeds[1].float()).abs().amax((0, 1, 2))
    assert difference[:16].min() > 0
    assert not torch.equal(seeds[0], _render(editor, context=context, seed=1, frames=5))
    assert not torch.equal(seeds[0], _render(editor, seed=1, frames=5))


def test_a_last_frame_reaches_the_end_only(editor: OmniMini) -> None:
    with_end, base = _render(editor, last_frame=NAMES["still"]), _render(editor)
    assert torch.equal(with_end[:1], base[:1]) and not torch.equal(with_end[-4:], base[-4:])


def test_the_clip_that_follows_reaches_the_end_only(editor: OmniMini) -> None:
    follows = (ContextClip(clip=NAMES["clip"], role="precede"),)
    with_end, base = _render(editor, context=follows), _render(editor)
    assert torch.equal(with_end[:1], base[:1]) and not torch.equal(with_end[-4:], base[-4:])

    def late_changed(digest: str) -> torch.Tensor:
        clip = assets(digest).clone()
        if clip.dim() == 4:
            clip[1:] = 0
        return clip

    asked = SHOT.model_copy(update={"context": follows})
    assert torch.equal(editor.render([asked], late_changed)[0].frames, with_end)


def test_finishing_enlarges_and_sees_the_references(tmp_path: Path) -> None:
    torch.manual_seed(1)
    net = UpscalerNet(UpscalerConfig(width=8, depth=1))
    net.write.weight.data.normal_(std=0.1)
    mini = _mini()
    clip = mini.render([SHOT], assets)[0]
    assert torch.equal(mini.finish(SHOT, clip, assets).frames, clip.frames)  # nothing to enlarge it with
    mini.upscaler = Upscaler(net)
    mini.save(tmp_path)
    mini = OmniMini.load(tmp_path)
    finished = mini.finish(SHOT, clip, assets)
    assert finished.frames.shape == (9, 3, 64, 128) and finished.fps == clip.fps
    blind = mini.finish(SHOT.model_copy(update={"references": ()}), clip, assets)
    assert not torch.equal(blind.frames, finished.frames)
    told = SHOT.model_copy(update={"references": ()})
    assert mini.hints(told, assets).any(), "what was imagined for a shot of words alone"
    unread = told.model_copy(update={"caption": "something else"})
    assert not mini.hints(unread, assets).any()


def test_a_sheet_has_no_place(mini: OmniMini) -> None:
    asked = {"references": (), "width": 16, "height": 16, "frames": 1}
    sheet = {**asked, "caption": "character sheet: a red fox; flat style"}
    moved = CameraPath(keys=(CameraKey(t=0, x=0.3, zoom=1.0),))
    assert _render(mini, **sheet).shape == (1, 3, 16, 16)
    assert torch.equal(_render(mini, **sheet, tracks=()), _render(mini, **sheet, tracks=(), camera=moved))
    assert not torch.equal(_render(mini, **asked, tracks=()), _render(mini, **asked, tracks=(), camera=moved))


def test_a_shot_is_drawn_in_as_few_windows_as_cover_it_and_as_equal() -> None:
    mini = _mini(MiniConfig(width=32, height=16, sheet_size=16, latent_window=3))
    shot = mini.encoder.encode(SHOT.model_copy(update={"frames": 25}), assets)
    assert mini.windows.passes(shot) == [[(0, 3)], [(3, 5), (5, 7)]]


def test_progress_ends_at_its_total(mini: OmniMini) -> None:
    seen: list[tuple[int, int]] = []
    mini.render([SHOT, SHOT.model_copy(update={"frames": 1})], assets, lambda *step: seen.append(step))
    assert seen == [(done, len(seen)) for done in range(1, len(seen) + 1)] and len(seen) == 2 * (2 + 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"first_frame": "f" * 64}, "no picture or clip has the digest ffff"),
        ({"first_frame": NAMES["clip"]}, r"asset cccccccccccc is torch.uint8 of shape \(13, 3, 16, 32\)"),
        ({"first_frame": NAMES["sheet"]}, "asset aaaaaaaaaaaa is 16x16 in a shot of 32x16"),
        ({"first_frame": NAMES["two"]}, "asset eeeeeeeeeeee is"),
        ({"last_frame": NAMES["still"]}, "has not learned last_frame"),
        ({"context": (ContextClip(clip=NAMES["clip"], role="precede"),)}, "has not learned precede"),
        ({"context": (ContextClip(clip=NAMES["clip"], role="example"),)}, "an example is two clips"),
        ({"regions": (Region(x0=0, y0=0, x1=1, y1=1),)}, "regions need a context clip of role 'edit'"),
        ({"width": 36}, "36x16: width and height are multiples of 8"),
        ({"width": 4096}, "4096x16 is too large"),
        ({"caption": "@a and @b and @c and @d"}, "mia: omni-mini draws at most 3 subjects"),
        (
            {"context": (ContextClip(clip=NAMES["clip"], role="continue"),), "first_frame": NAMES["still"]},
            "can have neither a first frame nor an edit source",
        ),
    ],
)
def test_what_it_cannot_draw_is_one_clear_line(mini: OmniMini, changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        _render(mini, **changes)
    assert "\n" not in str(caught.value)


def test_weights_round_trip(mini: OmniMini, tmp_path: Path) -> None:
    mini.save(tmp_path)
    loaded = OmniMini.load(tmp_path)
    loaded.save(tmp_path / "again")
    again = OmniMini.load(tmp_path / "again")
    assert loaded.weights_digest == again.weights_digest and len(again.weights_digest) == 64
    assert torch.equal(_render(loaded), _render(again))
    assert (_render(loaded).int() - _render(mini).int()).abs().float().mean() < 3  # matrices of bytes
    assert take_digest(SHOT, loaded.weights_digest, loaded.sampler)


def loaded(path: Path) -> torch.nn.Linear:
    return load_network(path, MiniConfig, lambda _: torch.nn.Linear(64, 8)).net


def test_matrices_of_bytes_are_near_and_stay_what_they_are(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net, path = torch.nn.Linear(64, 8), tmp_path / "net.safetensors"
    net.weight.data[0] = 0.0
    weights = net.weight.detach().clone()
    save_weights(path, net, MiniConfig(words=()), as_bytes=EVERYTHING)
    bias, first = net.bias.detach().clone(), path.read_bytes()
    near = loaded(path)
    assert len(first) < 64 * 8 + 1024
    assert ((near.weight - weights).abs() <= weights.abs().amax(1, keepdim=True) / 250).all()
    assert torch.equal(near.bias, bias.half().float())
    save_weights(path, near, MiniConfig(words=()), as_bytes=EVERYTHING)
    assert path.read_bytes() == first
    save_weights(path, net, MiniConfig(words=()), as_bytes=("other",))
    assert torch.equal(loaded(path).weight, weights.half().float())
    config = {"config": MiniConfig(words=()).model_dump_json()}
    save_file({"weight": torch.ones(8, 64, dtype=torch.int8), "bias": bias}, path, config)
    with pytest.raises(WeightsError, match="weight is missing"):
        loaded(path)


def test_a_vocabulary_that_grew_does_not_break_old_weights(tmp_path: Path) -> None:
    words = Tokenizer().words[:-1]
    vae = VideoVAE(VAEConfig(channels=4, width=8, inner_width=16))
    dit = OmniDiT(DiTConfig(vocabulary=Tokenizer(words).size, channels=4, width=32, depth=1, heads=2))
    OmniMini(vae, dit, MiniConfig(words=words)).save(tmp_path)
    assert OmniMini.load(tmp_path).tokenizer.words == words
    with pytest.raises(ValueError, match="tokens for a network that knows"):
        OmniMini(vae, dit, MiniConfig())
    with pytest.raises(ValueError, match="6 latent channels for a network of 4"):
        OmniMini(VideoVAE(VAEConfig(channels=6, width=8, inner_width=16)), dit, MiniConfig(words=words))


def test_unusable_weights_are_refused_in_one_line(mini: OmniMini, tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=r"vae\.safetensors is missing: .* train with `omnireel train"):
        OmniMini.load(tmp_path)
    mini.save(tmp_path)
    dit, state = tmp_path / "dit.safetensors", mini.dit.state_dict()
    sizes = mini.dit.config.model_dump()
    config, wider, broken = (
        {"config": json.dumps({"dit": sizes | {"width": width}, "mini": mini.config.model_dump()})}
        for width in (32, 64, -1)
    )
    nan = state | {"order": state["order"] * torch.nan}
    cases = [
        (state, wider, "and its config says of shape"),
        (state, broken, "config dit.width: Input should be greater than"),
        (state, {}, "holds no config"),
        ({k: v for k, v in state.items() if k != "order"}, config, "order is missing"),
        (nan, config, "order holds numbers that are not finite"),
    ]
    for tensors, metadata, message in cases:
        save_file({name: value.contiguous() for name, value in tensors.items()}, dit, metadata=metadata)
        with pytest.raises(ValueError, match=message) as caught:
            OmniMini.load(tmp_path)
        assert "\n" not in str(caught.value)
    dit.write_bytes(b"no weights at all")
    with pytest.raises(ValueError, match=r"dit\.safetensors is truncated, or no safetensors file"):
        OmniMini.load(tmp_path)


def test_a_shot_is_drawn_finished_and_enlarged_where_the_networks_are(editor: OmniMini) -> None:
    torch.manual_seed(2)
    upscaler, retoucher = (
        Upscaler(UpscalerNet(UpscalerConfig(width=8, depth=1))),
        Retoucher(RetouchNet(RetouchConfig())),
    )
    mini = OmniMini(editor.vae, editor.dit, editor.config, upscaler=upscaler, retoucher=retoucher)
    context = (ContextClip(clip=NAMES["clip"], role="continue"),)
    edit = {
        "context": (ContextClip(clip=NAMES["clip"], role="edit"),),
        "instruction": FreeText(text="make it glow"),
        "references": (),
    }
    shots = [SHOT, *(SHOT.model_copy(update=changes) for changes in ({"context": context}, edit))]
    wanted = mini.render(shots, assets)
    larger = mini.finish(SHOT, wanted[0], assets)
    networks = (mini.vae, mini.dit, upscaler.net, retoucher.net)
    with OtherDevice() as device:
        try:
            for network in networks:
                network.to(OTHER)
            clips = mini.render(shots, assets)
            assert torch.equal(mini.finish(SHOT, clips[0], assets).frames, larger.frames)
            assert device.moves > sum(len(list(network.parameters())) for network in networks)
            assert all(torch.equal(one.frames, other.frames) for one, other in zip(clips, wanted, strict=True))
        finally:
            for network in networks:
                network.cpu()


def test_a_tensor_left_on_the_cpu_is_an_error_on_the_other_device() -> None:
    with OtherDevice(), pytest.raises(RuntimeError, match="on the other device"):
        torch.ones(3, device=OTHER) + torch.arange(3)


def test_a_long_shot_is_made_in_pieces_that_are_the_whole(mini: OmniMini) -> None:
    frames = FRAMES_AT_ONCE + 13
    asked = SHOT.model_copy(update={"frames": frames})
    clip = torch.randint(0, 256, (frames, 3, 16, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    parts = list(mini.encoder.composites(asked, assets, torch.split(clip, FRAMES_AT_ONCE), frames))
    assert [at.stop - at.start for at, _ in parts] == [FRAMES_AT_ONCE, 13]
    whole = mini.encoder.composite(asked, assets, signal_of(clip))
    for name, expected in zip(whole._fields, whole, strict=True):
        assert torch.equal(torch.cat([getattr(part, name) for _, part in parts]), expected), name
    hints = list(mini.encoder.hints(asked, assets))
    assert len(hints) > 1 and sum(map(len, hints)) == frames
    upscaler = Upscaler(UpscalerNet(UpscalerConfig(width=8, depth=1)))
    pieces = list(upscaler.pieces(clip, hints))
    assert max(map(len, pieces)) < 16 and torch.equal(torch.cat(pieces), upscaler.enlarge(clip, torch.cat(hints)))
    retoucher = Retoucher(RetouchNet(RetouchConfig()))
    retouched = [retoucher.retouch_frames(clip, at, part) for at, part in parts]
    assert torch.equal(torch.cat(retouched), retoucher.retouch(signal_of(clip), whole))
