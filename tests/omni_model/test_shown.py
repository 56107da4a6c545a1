"""What a person shows: as any player shows it, or refused by its name and the true reason."""

from __future__ import annotations

import io
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from omni_model.media import MediaError, encode_image, load_shown, write_film
from omni_model.media.files import written_aside
from omni_model.media.panels import has_panels
from omni_model.media.stills import to_pil
from omni_model.media.timing import steady
from omni_model.spec.generator import Clip
from omni_model.world.render import plate, render, sheet
from omni_model.world.sample import sample_scene

CASES = Path(__file__).parents[2].parent / "shared" / "cases"
NEEDED = pytest.mark.skipif(not CASES.is_dir(), reason="the folder of cases is not here")


def picture() -> Tensor:
    """Red, green, blue and white parts of 64x32 pixels: no turn or flip leaves it as it is."""
    image = torch.zeros(3, 32, 64, dtype=torch.uint8)
    image[0, :12, :24] = image[1, :12, 24:] = image[2, 12:, :24] = 255
    image[:, 12:, 24:] = 255
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def still(source: bytes | Path) -> Tensor:
    shown = load_shown(source)
    return shown.frames[0] if isinstance(shown, Clip) else shown


def clip(path: Path, pixel: tuple[int, int] = (1, 1), turn: tuple[int, bool, bool] = (0, False, False)) -> Path:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=12, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv444p"
        stream.codec_context.sample_aspect_ratio = Fraction(*pixel)
        stream.set_display_rotation(turn[0], hflip=turn[1], vflip=turn[2])
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture().permute(1, 2, 0).numpy(), "rgb24")))
        container.mux(stream.encode())
    return path


def near(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and float((one.float() - other.float()).abs().mean()) < 12


def test_clips_are_turned_and_their_pixels_made_square(tmp_path: Path) -> None:
    assert near(still(clip(tmp_path / "a.mp4")), picture())
    turned = still(clip(tmp_path / "b.mp4", turn=(90, False, False)))
    assert near(turned, torch.rot90(picture(), 1, (1, 2))) or near(turned, torch.rot90(picture(), -1, (1, 2)))
    assert near(still(clip(tmp_path / "c.mp4", turn=(180, False, False))), torch.rot90(picture(), 2, (1, 2)))
    assert near(still(clip(tmp_path / "d.mp4", turn=(0, True, False))), picture().flip(2))
    assert near(still(clip(tmp_path / "e.mp4", turn=(0, False, True))), picture().flip(1))
    assert near(still(clip(tmp_path / "f.mp4", (2, 1))), picture().repeat_interleave(2, 2))
    assert near(still(clip(tmp_path / "g.mp4", (1, 2))), picture().repeat_interleave(2, 1))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    shown = still(saved(to_pil(picture()), "PNG", exif=exif))
    turns = {1: 0, 2: 0, 3: 2, 4: 2, 5: -1, 6: -1, 7: 1, 8: 1}
    upright = torch.rot90(picture(), turns[orientation], (1, 2))
    assert torch.equal(shown, upright.flip(2) if orientation in (2, 4, 5, 7) else upright)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "GIF", "WEBP", "AVIF", "JPEG"])
def test_common_kinds_of_stills_are_read(kind: str) -> None:
    assert near(still(saved(to_pil(picture()), kind)), picture())


def test_sixteen_bits_are_shown_as_eight() -> None:
    ramp = np.linspace(0, 65535, 64 * 32).astype(np.uint16).reshape(32, 64)
    for kind in ("PNG", "TIFF"):
        shown = still(saved(Image.fromarray(ramp), kind))
        assert torch.equal(shown[0], torch.from_numpy(((ramp / 65535) * 255).round().astype(np.uint8)))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_a_picture_that_moves_is_a_clip_and_its_frames_keep_their_times(kind: str) -> None:
    frames = [to_pil(picture()), to_pil(picture().flip(1)), to_pil(picture().flip(2))]
    options = {"save_all": True, "append_images": frames[1:], "duration": [100, 100, 300], "lossless": True}
    shown = load_shown(saved(frames[0], kind, **options))
    assert isinstance(shown, Clip) and shown.fps == pytest.approx(10) and len(shown.frames) == 5
    assert near(shown.frames[1], picture().flip(1)) and near(shown.frames[4], picture().flip(2))


def test_frames_at_uneven_times_are_shown_as_long_as_they_last() -> None:
    assert steady([0.0, 0.1, 0.2], 10.0, 100) == (None, 10.0)
    assert steady([5.0, 5.1, 5.2, 6.0], 0.0, 100)[0] == [0, 1, *[2] * 8, 3]


REFUSED = {
    "empty": (b"", "is empty"),
    "text": (b"not a film", "is text"),
    "sound": (b"ID3\x04" + bytes(80), "sound without a picture"),
    "list": (b"ffconcat version 1.0\nfile 'film.mp4'\n", "list of other files"),
    "playlist": (b"#EXTM3U\n/film.mp4\n", "list of other files"),
    "document": (b"%PDF-1.4", "PDF"),
    "dot": (encode_image(torch.zeros(3, 1, 1, dtype=torch.uint8)), "1x1 pixels: too small"),
    "half": (saved(to_pil(picture().repeat(1, 4, 4)), "JPEG")[:-600], "truncated"),
    "clear": (saved(Image.new("RGBA", (64, 64), (9, 9, 9, 0)), "PNG"), "transparent everywhere"),
    "pages": (
        saved(Image.new("L", (64, 64)), "TIFF", save_all=True, append_images=[Image.new("L", (64, 64))]),
        "pages",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_called_what_it_is(tmp_path: Path, name: str) -> None:
    path = tmp_path / "shown\x1b[31m.mp4"
    path.write_bytes(REFUSED[name][0])
    with pytest.raises(MediaError, match=REFUSED[name][1]) as caught:
        load_shown(path)
    assert "shown" in str(caught.value) and str(caught.value).isprintable()
    with pytest.raises(MediaError, match=f"^@tom .*{REFUSED[name][1]}"):
        load_shown(REFUSED[name][0], "@tom")


def test_several_pictures_on_one_sheet_are_not_one_and_ordinary_pictures_are() -> None:
    scenes = [sample_scene(i, frames=1) for i in range(6)]
    ordinary = [*(render(s).frames[0] for s in scenes), *(plate(s) for s in scenes), sheet("fox", "red")]
    assert not any(map(has_panels, ordinary))
    four = torch.cat([torch.cat(ordinary[:2], 2), torch.cat(ordinary[2:4], 2)], 1)
    assert has_panels(four)
    gap = torch.full((3, 64, 6), 255, dtype=torch.uint8)
    assert has_panels(torch.cat([ordinary[0], gap, ordinary[1], gap, ordinary[2]], 2))


def test_what_killed_processes_left_is_swept_away(tmp_path: Path) -> None:
    left, ours, other = (tmp_path / name for name in (".a.png.4194999.tmp", f".b.png.{os.getpid()}.tmp", ".c.tmp"))
    for path in (left, ours, other):
        path.touch()
    with written_aside(tmp_path / "film.mp4") as aside:
        aside.touch()
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted((ours.name, other.name, "film.mp4"))


def test_a_clip_breaks_off_or_has_sound_alone_and_says_so(tmp_path: Path) -> None:
    write_film(tmp_path / "a.mp4", [torch.zeros(9, 3, 32, 64, dtype=torch.uint8)], 12.0, (64, 32))
    data = (tmp_path / "a.mp4").read_bytes()
    with pytest.raises(MediaError):
        load_shown(data[:-60])
    assert isinstance(load_shown(data), Clip)


@NEEDED
def test_a_picture_of_tiles_is_shown_whole() -> None:
    assert still(CASES / "heic_first_tile.heic").shape == (3, 256, 448)


@NEEDED
@pytest.mark.parametrize("name", ["anamorphic.mp4", "rotated_clip_a.mp4"])
def test_a_clip_is_shown_as_players_show_it(name: str) -> None:
    assert still(CASES / name).shape == (3, 256, 448)


@NEEDED
@pytest.mark.parametrize("name, says", [("two_and_a_half_minutes.mp4", "150.0 s; 120 s"), ("sound_only.mp3", "sound")])
def test_the_reason_is_the_true_one(name: str, says: str) -> None:
    with pytest.raises(MediaError, match=says):
        load_shown(CASES / name)
