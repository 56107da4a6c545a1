"""Media: films as browsers want them, the same bytes twice, and hostile files answered in one line."""

import hashlib
import io
import os
import struct
import weakref
import zlib
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from omni_model.media import (
    Caption,
    Limits,
    MediaError,
    SheetRow,
    contact_sheet,
    encode_clip,
    encode_image,
    fit,
    load_image,
    probe,
    read_clip,
    read_film,
    write_film,
)
from omni_model.media.lettering import cut, lacking, length, spelt
from omni_model.media.scale import box_mean
from omni_model.spec.generator import Clip

COLOURS = [(210, 40, 40), (40, 160, 60), (40, 60, 200), (240, 240, 240), (20, 20, 25), (250, 200, 60)]


def flat(colour: tuple[int, int, int], frames: int = 5) -> Tensor:
    return torch.tensor(colour, dtype=torch.uint8).view(1, 3, 1, 1).repeat(frames, 1, 64, 112)


def moving(frames: int = 13) -> Tensor:
    clip = flat((90, 130, 190), frames)
    for t in range(frames):
        clip[t, :, 20:50, 5 * t : 5 * t + 24] = torch.tensor([230, 90, 40], dtype=torch.uint8).view(3, 1, 1)
    return clip


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    write_film(path, [moving(), flat(COLOURS[1], 4)], 12.0, metadata={"title": "Hut", "story": "ghost"})
    return path


def test_a_film_is_what_browsers_play(film: Path) -> None:
    facts = probe(film)
    assert (facts.codec, facts.pixel_format, facts.width, facts.height) == ("h264", "yuv420p", 448, 256)
    assert facts.bt709 and facts.faststart
    assert (facts.frames, facts.fps, facts.captions) == (17, 12.0, 0)
    assert facts.seconds == pytest.approx(17 / 12)
    assert facts.metadata["title"] == "Hut" and facts.metadata["story"] == "ghost"
    assert not [key for key in facts.metadata if "time" in key or "encoder" in key]


def test_the_same_frames_give_the_same_bytes(film: Path, tmp_path: Path) -> None:
    clips: Iterator[Tensor] = iter([moving(), flat(COLOURS[1], 4)])
    assert write_film(tmp_path / "b.mp4", clips, 12.0, metadata={"title": "Hut", "story": "ghost"}) == 17
    assert (tmp_path / "b.mp4").read_bytes() == film.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["b.mp4"]


def test_where_clips_end_does_not_change_the_film(film: Path, tmp_path: Path) -> None:
    whole = torch.cat([moving(), flat(COLOURS[1], 4)])
    write_film(tmp_path / "b.mp4", [whole], 12.0, metadata={"title": "Hut", "story": "ghost"})
    assert (tmp_path / "b.mp4").read_bytes() == film.read_bytes()


def test_a_film_is_streamed(tmp_path: Path) -> None:
    alive: list[weakref.ref[Tensor]] = []

    def clips() -> Iterator[Tensor]:
        for colour in COLOURS:
            assert sum(ref() is not None for ref in alive) <= 1
            clip = flat(colour, 3)
            alive.append(weakref.ref(clip))
            yield clip
            del clip

    assert write_film(tmp_path / "film.mp4", clips(), 24.0, (64, 32)) == 18


def test_a_broken_source_of_clips_leaves_the_old_film(film: Path, tmp_path: Path) -> None:
    def clips() -> Iterator[Tensor]:
        yield moving()
        raise KeyError("take")

    (tmp_path / "film.mp4").write_bytes(film.read_bytes())
    with pytest.raises(KeyError):
        write_film(tmp_path / "film.mp4", clips(), 12.0)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    assert (tmp_path / "film.mp4").read_bytes() == film.read_bytes()


@pytest.mark.parametrize("colour", COLOURS)
def test_colours_are_coded_with_the_matrix_that_is_flagged(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    write_film(tmp_path / "film.mp4", [flat(colour)], 12.0)
    with av.open(str(tmp_path / "film.mp4")) as container:
        frame = next(container.decode(video=0))
        y, u, v = (float(plane[128 // (2 if i else 1), 100]) for i, plane in enumerate(_planes(frame)))
    # ITU-R BT.709-6, 3.5: limited range back to R'G'B'.
    luma, cb, cr = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    red, blue = luma + 1.5748 * cr, luma + 1.8556 * cb
    green = (luma - 0.2126 * red - 0.0722 * blue) / 0.7152
    assert [255 * value for value in (red, green, blue)] == pytest.approx(colour, abs=4)


def _planes(frame: av.VideoFrame) -> list[Tensor]:
    planes = [torch.frombuffer(bytearray(plane), dtype=torch.uint8) for plane in frame.planes]
    return [data.view(-1, plane.line_size) for data, plane in zip(planes, frame.planes, strict=True)]


def test_captions_are_a_track_of_words(tmp_path: Path) -> None:
    said = [Caption(0.5, 9.0, "{\\b1}Was\nist das?"), Caption(0.75, 1.0, "모자!")]
    write_film(tmp_path / "film.mp4", [moving()], 12.0, captions=said)
    assert probe(tmp_path / "film.mp4").captions == 2
    with av.open(str(tmp_path / "film.mp4")) as container:
        packets = [packet for packet in container.demux(subtitles=0) if packet.size > 2]
    assert [bytes(packet)[2:].decode() for packet in packets] == ["{\\b1}Was\nist das?", "모자!"]
    assert [float(packet.pts * packet.time_base) for packet in packets] == [0.5, 0.75]
    assert float(packets[0].duration * packets[0].time_base) == 0.25


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "two\nlines", "{\\an8}", ""])
def test_any_words_make_a_film(tmp_path: Path, text: str) -> None:
    write_film(tmp_path / "film.mp4", [moving()], 12.0, metadata={"title": text}, captions=[Caption(0, 1, text)])
    assert probe(tmp_path / "film.mp4").frames == 13


@pytest.mark.parametrize(
    "clips, size, says",
    [
        ([], (448, 256), "at least one frame"),
        ([flat((0, 0, 0))], (447, 256), "must be even"),
        ([flat((0, 0, 0)).float()], (448, 256), "must be uint8"),
        ([flat((0, 0, 0))[0]], (448, 256), "must be uint8"),
    ],
)
def test_a_film_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, clips: list[Tensor], size: tuple[int, int], says: str
) -> None:
    with pytest.raises(MediaError, match=says):
        write_film(tmp_path / "film.mp4", clips, 12.0, size)
    assert list(tmp_path.iterdir()) == []


def test_a_film_cannot_be_written_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MediaError, match="cannot write"):
        write_film(tmp_path / "file" / "film.mp4", [moving()], 12.0)


def test_what_is_no_film_cannot_be_probed(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film" * 40)
    with pytest.raises(MediaError, match=r"^cannot read the film [^\n]*$"):
        probe(tmp_path / "film.mp4")


def test_a_film_is_read_as_it_was_written(film: Path) -> None:
    clip = read_film(film)
    assert clip.fps == 12.0 and clip.frames.shape == (17, 3, 256, 448)
    written = fit(torch.cat([moving(), flat(COLOURS[1], 4)]), (448, 256))
    assert (clip.frames.float() - written.float()).abs().mean() < 2
    assert read_film(film, size=(112, 112)).frames.shape == (17, 3, 64, 112)


@pytest.mark.parametrize(
    "limits, says",
    [
        (Limits(file_bytes=100), "bytes; 100 are allowed"),
        (Limits(pixels=100), "448x256 pixels"),
        (Limits(frames=16), "17 frames; 16 are allowed"),
        (Limits(seconds=1.0), r"lasts 1.4 s; 1 s are allowed"),
        (Limits(decoded_bytes=448 * 256 * 3 * 2), "more than 2 frames"),
        (Limits(memory_bytes=2**24), "cannot be decoded"),
    ],
)
def test_a_film_beyond_a_limit_is_refused(film: Path, limits: Limits, says: str) -> None:
    with pytest.raises(MediaError, match=says) as caught:
        read_film(film, limits)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("keep", [0, 7, 40, 1500, 0.5, 0.9])
def test_a_cut_off_film_is_refused(film: Path, tmp_path: Path, keep: float) -> None:
    data = film.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: int(keep if keep >= 1 else keep * len(data))])
    with pytest.raises(MediaError, match=r"^[^\n]*cut.mp4 [^\n]*$"):
        read_film(tmp_path / "cut.mp4")


@pytest.mark.parametrize("read", [read_film, load_image])
def test_what_is_no_file_is_refused(tmp_path: Path, read: object) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    kinds = {tmp_path: "is a folder, not a file", tmp_path / "pipe": "is a pipe", Path("/dev/zero"): "is a device"}
    for path, says in (kinds | dict.fromkeys((tmp_path / "nothing", tmp_path / "loop", "a\0b"), "cannot read")).items():
        with pytest.raises(MediaError, match=says):
            read(path)  # type: ignore[operator]


@given(
    shape=st.tuples(st.integers(1, 4), st.just(3), st.integers(1, 9), st.integers(1, 9)),
    seed=st.integers(0, 99),
    fps=st.floats(0.1, 120),
)
def test_clips_are_kept_exactly(shape: tuple[int, ...], seed: int, fps: float) -> None:
    frames = torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)
    data = encode_clip(Clip(frames, fps))
    again = read_clip(data)
    assert torch.equal(again.frames, frames) and again.fps == fps
    assert encode_clip(again) == data


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff" * 64, encode_clip(Clip(moving(), 12.0))[:-9]])
def test_what_is_no_clip_is_refused(data: bytes) -> None:
    with pytest.raises(MediaError, match="not a clip"):
        read_clip(data)


def test_a_clip_must_be_frames_at_a_rate() -> None:
    with pytest.raises(MediaError, match="must be uint8"):
        encode_clip(Clip(moving().float(), 12.0))
    with pytest.raises(MediaError, match="above 0"):
        encode_clip(Clip(moving(), float("nan")))


def test_an_image_is_kept_exactly(tmp_path: Path) -> None:
    image = moving()[4]
    assert torch.equal(load_image(encode_image(image)), image)
    (tmp_path / "image.png").write_bytes(encode_image(image))
    assert torch.equal(load_image(tmp_path / "image.png"), image)


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def test_a_transparent_picture_lies_on_the_ground_of_sheets() -> None:
    picture = Image.new("RGBA", (4, 2), (255, 0, 0, 0))
    picture.putpixel((0, 0), (255, 255, 255, 255))
    shown = load_image(_saved(picture, "PNG"))
    assert shown[:, 0, 0].tolist() == [255] * 3 and shown[:, 1, 3].tolist() == [140, 158, 178]


def test_a_phone_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert load_image(_saved(Image.new("L", (8, 4)), "JPEG", exif=exif)).shape == (3, 8, 4)


def _png_claiming(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


HOSTILE = {
    "nothing": b"",
    "no picture": b"<html>",
    "another kind": _saved(Image.new("RGB", (4, 4)), "PPM"),
    "cut off": encode_image(moving()[0])[:90],
    "a bomb": _png_claiming(60_000, 60_000),
    "a small bomb": _png_claiming(9_900, 9_900),
    "too large": bytes(200),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(MediaError) as caught:
        load_image(HOSTILE[name], max_bytes=199)
    assert "\n" not in str(caught.value)


def test_enlarging_keeps_flat_colours_and_adds_no_halo() -> None:
    large = fit(moving(), (448, 256))
    assert large.shape == (13, 3, 256, 448) and large.dtype == torch.uint8
    assert torch.equal(
        fit(flat(COLOURS[0]), (448, 256)), flat(COLOURS[0]).repeat_interleave(4, 2).repeat_interleave(4, 3)
    )
    for channel in range(3):
        assert large[:, channel].min() >= moving()[:, channel].min()
        assert large[:, channel].max() <= moving()[:, channel].max()


def test_another_shape_gets_bars_and_is_not_stretched() -> None:
    wide = fit(flat((200, 200, 200)), (200, 200))
    rows = (wide > 0).all(1).all(2)[0]
    assert int(rows.sum()) == round(200 * 64 / 112)
    assert not rows[0] and not rows[-1]
    assert fit(moving(), (112, 64)).equal(moving())
    assert fit(moving(), (56, 32)).shape == (13, 3, 32, 56)


def _sheet(path: Path, rows: list[SheetRow], **head: str) -> Tensor:
    contact_sheet(rows, path, **head)
    return load_image(path)


def test_a_contact_sheet_shows_every_frame_and_is_the_same_twice(tmp_path: Path) -> None:
    rows = [SheetRow(f"shot-{i}", "wide, static", list(flat(colour, 3)), "accept") for i, colour in enumerate(COLOURS)]
    sheet = _sheet(tmp_path / "a.png", rows, title="A film", subtitle="6 shots")
    for colour in COLOURS:
        shown = (sheet == torch.tensor(colour, dtype=torch.uint8).view(3, 1, 1)).all(0).sum()
        assert shown > 3 * 0.99 * 224 * 128
    contact_sheet(rows, tmp_path / "b.png", title="A film", subtitle="6 shots")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_long_text_never_reaches_the_frames(tmp_path: Path) -> None:
    frames = list(flat((255, 0, 255), 3))
    short = _sheet(tmp_path / "a.png", [SheetRow("s", "", frames)])
    long = _sheet(tmp_path / "b.png", [SheetRow("slug" * 50, "many words " * 99 + "w" * 9999, frames, "revise: " * 50)])
    assert long.shape == short.shape
    changed = (long != short).any(0).nonzero()
    first_frame = (short == torch.tensor([255, 0, 255], dtype=torch.uint8).view(3, 1, 1)).all(0).nonzero()
    assert len(changed) > 100
    assert changed[:, 1].max() < first_frame[:, 1].min()
    assert changed[:, 0].max() < first_frame[:, 0].max() + 1


@pytest.mark.parametrize(
    "text, letters",
    [
        ("강아 간가", "gang-a gan-ga"),
        ("a\nb\t\x07\ud800 c", "a b c"),
        ("北京", "[5317 4EAC]"),
        ("ghost-1 · 2.5 s", "ghost-1 · 2.5 s"),
    ],
)
def test_letters_that_no_font_has_are_spelt(text: str, letters: str) -> None:
    # What a font of this machine has is drawn as it is.
    assert spelt(text) == (text if not lacking([text]) and text.isprintable() else letters)


@given(st.text(max_size=60), st.integers(20, 300))
def test_what_is_cut_fits(text: str, width: int) -> None:
    line = cut(text, 13, width)
    assert length(line, 13) <= width or line == "…"
    assert line == spelt(text) or line.endswith("…")


def test_verdicts_differ_in_colour(tmp_path: Path) -> None:
    def digest(verdict: str) -> str:
        contact_sheet([SheetRow("s", "", list(moving()[:3]), verdict)], tmp_path / "s.png")
        return hashlib.sha256((tmp_path / "s.png").read_bytes()).hexdigest()

    assert len({digest(verdict) for verdict in ("accept", "revise", "failed", "", "  ")}) >= 4


def test_many_shots_take_several_columns(tmp_path: Path) -> None:
    rows = [SheetRow(str(i), "", list(flat((9, 9, 9), 3))) for i in range(30)]
    _, height, width = _sheet(tmp_path / "s.png", rows).shape
    assert width > height
    with pytest.raises(MediaError, match="at least one row"):
        contact_sheet([], tmp_path / "s.png")


@pytest.mark.parametrize("side", [3, 5, 9])
def test_the_blur_that_sharpens_is_the_mean_of_a_box_to_the_bit(side: int) -> None:
    frames = 255 * torch.rand(2, 3, 20, 31, generator=torch.Generator().manual_seed(0))
    assert torch.equal(box_mean(frames, side), F.avg_pool2d(frames, side, stride=1))
