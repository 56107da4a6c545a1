"""References that a request describes and nobody gave: drawn first from its own words, then held to.

A shot from words alone becomes a shot with a plate and a sheet for everybody whom its caption describes. An edit of
somebody's looks has a sheet of the new look, and a shot that goes on from a clip has the flight of what is in the air
at its end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from omni_model.eyes.perception import Perception
from omni_model.mini.edits.recast import recast
from omni_model.mini.layout import collages
from omni_model.mini.pictures import asset, clip_of
from omni_model.mini.puppet import difference
from omni_model.mini.rows import TRACK
from omni_model.motion.ballistics import in_flight
from omni_model.spec.caption_parser import parse
from omni_model.spec.captions import PropFacts, SceneFacts, SubjectFacts, plate_caption, sheet_caption
from omni_model.spec.conditioning import (
    SHEET_FOOT,
    SHEET_HEIGHT,
    Assets,
    CameraPath,
    Conditioning,
    Reference,
    Track,
    TrackKey,
    canonical_json,
    sha256,
)

_WITH_CARE = {"steps": 16, "guidance": 2.5}
"""A place from words alone is the least determined picture of all, and everything else stands on it."""
_REMEMBERED = 64
"""Stills that are drawn once for many shots."""

#: one picture, uint8 [3, H, W], of a request and the pictures that it names.
Draw = Callable[[Conditioning, Assets], Tensor]


class Album:
    """Pictures that were drawn on the way, before those that were given."""

    def __init__(self, given: Assets) -> None:
        self._given, self._drawn = given, dict[str, Tensor]()

    def __call__(self, digest: str) -> Tensor:
        return self._drawn[digest] if digest in self._drawn else self._given(digest)

    def keep(self, picture: Tensor) -> str:
        """The digest of a picture or clip, under which it is found from now on."""
        digest = sha256(picture.contiguous().numpy().tobytes())
        self._drawn[digest] = picture
        return digest


@dataclass(frozen=True)
class Imagination:
    """Completes requests. ``draw`` draws a complete one; ``critic`` finds in a clip whom an instruction means; at most
    ``slots`` subjects and props can be shown."""

    draw: Draw
    critic: Callable[[], Perception]
    slots: int
    _known: dict[str, Tensor] = field(default_factory=dict)
    """The last stills by their requests, which decide them."""

    def complete(self, asked: Conditioning, assets: Assets) -> tuple[Conditioning, Album]:
        """The request with every reference that its words or clips describe, and the pictures that it now names.

        What has a picture already, be it a reference, a first frame or a clip, is left as it is; of those whom a clip
        that is edited shows as they are to be, sheets are put away.
        """
        album, clips = Album(assets), {item.role: item.clip for item in asked.context}
        facts = parse(asked.caption)
        if "edit" in clips:
            asked = self._recast(asked, clips["edit"], album)
        elif "continue" in clips:
            asked = self._goes_on_flying(asked, clips["continue"], album)
        elif facts is not None and not clips and asked.first_frame is None:
            plate = asked.caption.startswith("plate:")
            asked = asked.model_copy(update=_WITH_CARE) if plate else self._described(asked, facts, album)
        return asked, album

    def _made(self, still: Conditioning, album: Album) -> str:
        key = canonical_json(still)
        if key not in self._known:
            while len(self._known) >= _REMEMBERED:
                self._known.pop(next(iter(self._known)))
            self._known[key] = self.draw(*self.complete(still, album))
        return album.keep(self._known[key])

    def _described(self, asked: Conditioning, facts: SceneFacts, album: Album) -> Conditioning:
        """With a plate, and a sheet of everybody and everything staged whose looks the caption tells."""
        shot = asked
        if all(reference.role != "plate" for reference in asked.references):
            shot = _with(shot, self._made(plate_of(asked, facts), album), "plate", "place")
        staged = {track.entity for track in asked.tracks}
        for who in facts.shown[: self.slots]:
            if who.entity in staged and not _is_shown(shot, who):
                shot = _with(shot, self._made(sheet_of(shot, who, facts.style), album), "sheet", who.entity)
        return shot

    def _recast(self, asked: Conditioning, clip: str, album: Album) -> Conditioning:
        """With a sheet of nobody but of whom the instruction adds or gives another look: all others are shown by the
        clip. Of what somebody is given to wear that alone is shown, as he wears it."""
        source = clip_of(album, clip, asked)
        who = recast(asked, source, self.critic)
        changed = None if who is None else who.entity
        kept = tuple(r for r in asked.references if r.role != "sheet" or r.entity == changed)
        asked = asked.model_copy(update={"references": kept})
        if who is None or _is_shown(asked, who):
            return asked
        style = self.critic().scene(source).best("style")[0]
        wanted = sheet_of(asked, who, style)
        sheet = self._made(wanted, album)
        if isinstance(who, SubjectFacts) and who.wardrobe:
            bare = sheet_of(asked, who.model_copy(update={"wardrobe": ()}), style)
            plain = self._made(bare.model_copy(update={"seed": wanted.seed}), album)
            sheet = album.keep(difference(album(plain), album(sheet)))
        return _with(asked, sheet, "sheet", who.entity)

    def _goes_on_flying(self, asked: Conditioning, clip: str, album: Album) -> Conditioning:
        """With the sheet and the track of a thing that flies at the end of the clip, where the plate tells it apart."""
        plate = next((reference.image for reference in asked.references if reference.role == "plate"), None)
        if plate is None or len(asked.tracks) >= self.slots:
            return asked
        key, size = asked.camera.keys[0], (asked.height, asked.width)
        window = torch.tensor([[[key.x, key.y, key.zoom]]])
        picture = asset(album, plate, 3)[None].float() / 255.0
        place, _ = collages(picture, [], torch.zeros(1, 1, 1, TRACK), window, size)
        flight = in_flight(asked, clip_of(album, clip, asked), place[0, 0])
        if flight is None:
            return asked
        asked = asked.model_copy(update={"tracks": (*asked.tracks, flight.track)})
        return _with(asked, album.keep(flight.sheet), "sheet", flight.track.entity)


def _is_shown(asked: Conditioning, who: SubjectFacts | PropFacts) -> bool:
    return any(reference.role == "sheet" and reference.entity == who.entity for reference in asked.references)


def _with(asked: Conditioning, image: str, role: Literal["plate", "sheet"], entity: str) -> Conditioning:
    reference = Reference(image=image, role=role, entity=entity)
    return asked.model_copy(update={"references": (*asked.references, reference)})


def only(asked: Conditioning, meant: Callable[[str], bool]) -> Conditioning:
    """The request with the tracks and references of those entities that are ``meant``."""
    tracks = tuple(track for track in asked.tracks if meant(track.entity))
    references = tuple(reference for reference in asked.references if meant(reference.entity))
    return asked.model_copy(update={"tracks": tracks, "references": references})


def plate_of(asked: Conditioning, facts: SceneFacts) -> Conditioning:
    """Asks for the empty place of a shot."""
    nothing = {"instruction": None, "references": (), "context": (), "tracks": (), "last_frame": None, "regions": ()}
    return asked.model_copy(update={**nothing, "caption": plate_caption(facts), "camera": CameraPath(), "frames": 1})


def sheet_of(asked: Conditioning, who: SubjectFacts | PropFacts, style: str) -> Conditioning:
    """Asks for a character or prop of a shot alone. Its words decide the seed: it is the same one in every shot."""
    said = sheet_caption(who, style)
    key = TrackKey(t=0.0, x=0.5, y=SHEET_FOOT, height=SHEET_HEIGHT)
    return plate_of(asked, SceneFacts(setting="")).model_copy(
        update={
            "caption": said,
            "seed": int(sha256(said)[:8], 16),
            "tracks": (Track(entity=who.entity, keys=(key,)),),
            "width": asked.height,
            "height": asked.height,
        }
    )
