"""The captioner: reads a picture or a clip that nobody explained, and says how sure it is of each word.

It is a network of its own: neither the critic's nor the examiner's judgement enters what it says.

Shape legend: T frames, H/W pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from omni_model.eyes.camera import camera_of, move_of
from omni_model.eyes.captioner_net import (
    BOXED_HEADS,
    BOXED_PARTS,
    FOUND,
    PICTURES,
    WHOLE_HEADS,
    Box,
    Boxed,
    CaptionerConfig,
    CaptionerNet,
    boxes_of,
    hidden_kinds,
    lit,
    surest,
)
from omni_model.eyes.captioner_parts import FLYING_HEADS, MOVING_HEADS, places_of
from omni_model.eyes.observation import Corners, GarmentSeen, Observation, PropSeen, SubjectSeen, WordReading
from omni_model.eyes.perception import both_ways, crops_of, signal_of
from omni_model.eyes.registration import STAGE
from omni_model.eyes.tracking import DetectionTrack, tracked, within
from omni_model.spec.vocabulary import CAMERAS, COLOURS, SETTINGS, WARDROBE
from omni_model.weights.io import SHIPPED, load_network, save_weights

WEIGHTS = SHIPPED / "captioner.safetensors"
SHORT, LONG, STEP = 64, 160, 16
"""Pixels of a picture's shorter side when it is read, most of its longer side, and what sides are multiples of."""
MOST = 25
"""Frames of a clip that are read."""
LEAST = 5
"""Frames from which on it can be told what moves how."""
_OURS, _THERE, _WORN = 0.995, {"subject": 0.5, "prop": 0.8}, 0.5
"""Probability from which a picture is read as one of this world (97 of 100 of its stills are surer; a photograph of a
plain sky comes near), from which something is there (props seldom are), and from which something is worn."""
_PLAIN = 0.8
"""Least confidence from which the action of a single frame is told: many show only a pose."""
_WIDEST = 1.08
"""Frames of a shot whose zoom is at most so many times the least show its size."""
_BODY, _SHADOW = (0.05, 0.05, 0.05, 0.05), (0.3, -0.75, 0.3, 0.35)
"""How far beyond a box (left, above, right, below; in its sizes) what is in it may reach, and its shadow, which goes
with it: a camera found by shadows would be theirs."""


class Captioner:
    """``digest`` names the weights."""

    def __init__(self, net: CaptionerNet, digest: str = "") -> None:
        self.net = net.eval()
        self.digest = digest

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Captioner:
        """Raises WeightsError, and MissingWeights without the file."""
        net, _, digest = load_network(path, CaptionerConfig, CaptionerNet)
        return cls(net, digest)

    def save(self, path: Path) -> None:
        """Writes what :meth:`load` reads."""
        save_weights(path, self.net, self.net.config, as_bytes=BOXED_PARTS)

    @torch.inference_mode()
    def read(self, picture: Tensor) -> Observation:
        """What a picture uint8 [3, H, W] or a clip [T, 3, H, W] of any size shows; ValueError for anything else.

        Of a long clip the middle is read (two seconds of this world's). What is said of a picture that is hardly of
        this world is said with as little confidence.
        """
        return _View(self.net, sized(_middle(_checked(picture)))).seen()

    @torch.inference_mode()
    def figures(self, clip: Tensor) -> list[DetectionTrack]:
        """Where in a clip uint8 [T, 3, H, W] characters are, the most important first."""
        return [thing.track for thing in _View(self.net, sized(_checked(clip))).things("subject")]


def shares_of(net: CaptionerNet, head: str, logits: Tensor) -> list[float]:
    """Calibrated probabilities from logits [N, words] of one thing seen N times."""
    shares: list[float] = torch.softmax(logits.float().mean(0) / net.temperature(head), 0).tolist()
    return shares


class _Thing(NamedTuple):
    """A track, what its boxes show in every frame and then in every frame in a mirror, and how likely it is there."""

    track: DetectionTrack
    read: Boxed
    presence: float


class _View:
    """A picture or clip while it is read."""

    def __init__(self, net: CaptionerNet, frames: Tensor) -> None:
        self.net, self.frames, self.signal, self.count = net, frames, signal_of(frames), len(frames)
        logits, maps = zip(*(net.whole(piece) for piece in torch.split(both_ways(self.signal), MOST)), strict=True)
        self.logits = {head: torch.cat([told[head] for told in logits]) for head in WHOLE_HEADS}
        self.found = boxes_of(torch.cat(maps)[: self.count])
        shares = shares_of(net, "picture", self.logits["picture"])
        self.of_world, self.sheet = 1.0 - shares[PICTURES.index("outside")], shares[1] > shares[0]
        self.moves = self.count >= LEAST and not self.sheet
        indoors = self._likeliest("setting", self.logits["setting"], SETTINGS).word == "room"
        self.hidden = hidden_kinds(self.sheet, indoors)
        self.light = lit(self.logits, self.hidden)
        self.path = STAGE.repeat(self.count, 1)

    def seen(self) -> Observation:
        """Everything that can be told; of a picture that is not of this world, that."""
        cast = self.things("subject") if self.of_world >= _OURS else []
        if self.of_world < _OURS or (self.sheet and not cast):
            return Observation(picture="outside", of_world=min(self.of_world, _OURS), frames=self.count)
        cast, props = (cast[:1], []) if self.sheet else (cast, self.things("prop"))
        if self.moves:
            self.path = camera_of(self.frames, _place([thing.track for thing in (*cast, *props)], self.frames))
        told = {k: self._whole(k) for k in WHOLE_HEADS if k != "picture" and k not in self.hidden}
        return Observation(
            picture="sheet" if self.sheet else "shot",
            of_world=self.of_world,
            frames=self.count,
            facts=told | ({"camera": self._camera()} if self.moves else {}),
            subjects=tuple(self._subject(thing) for thing in cast),
            props=tuple(self._prop(thing) for thing in props),
        )

    def _props_again(self, found: list[list[Box]]) -> list[list[Box]]:
        """What was taken for props in each frame, after a second look. It comes before anything is followed: most are
        nothing, and would lead a track astray."""
        again: list[list[Box]] = [[] for _ in found]
        if not any(found):
            return again
        frames = [t for t, boxes in enumerate(found) for _ in boxes]
        corners = torch.tensor([box.corners for boxes in found for box in boxes])
        boxes, logits = self.net.props.look(self.signal[frames], corners)
        shares = torch.sigmoid(logits / self.net.temperature("prop_there")).tolist()
        for t, box, share in zip(frames, boxes.tolist(), shares, strict=True):
            if share > 0.5:
                again[t].append(Box("prop", tuple(box), share))
        return [surest(boxes) for boxes in again]

    def things(self, kind: str) -> list[_Thing]:
        """What is there of a kind, the most important first."""
        found = [[box for box in boxes if box.kind == kind] for boxes in self.found]
        if kind == "prop":
            things = [self._prop_in(track) for track in tracked(self._props_again(found))]
        else:
            things = [self._subject_in(track) for track in tracked(found)]
        return [thing for thing in things if thing.presence > _THERE[kind]]

    def _subject_in(self, found: DetectionTrack) -> _Thing:
        """A second look at who was found sets the boxes right, and tells of nothing that it is nothing."""
        track = found.boxed(self.net.sides.right(self.signal[found.frames], found.known))
        read = self._read(track)
        shares = shares_of(self.net, "thing", read.logits["thing"][self._found(track)])
        return _Thing(track, read, shares[FOUND.index("subject")])

    def _prop_in(self, track: DetectionTrack) -> _Thing:
        return _Thing(track, self._read(track), float(torch.sigmoid(torch.tensor(track.odds(self.count)))))

    def _read(self, track: DetectionTrack) -> Boxed:
        crops = crops_of(self.signal, track.corners(self.count), self.net.config.crop)
        return self.net.boxed(both_ways(crops), self.light)

    def _likeliest(self, head: str, logits: Tensor, words: tuple[str, ...]) -> WordReading:
        shares = shares_of(self.net, head, logits)
        best = max(range(len(words)), key=shares.__getitem__)
        return WordReading(word=words[best], confidence=shares[best] * self.of_world)

    def _whole(self, kind: str) -> WordReading:
        """A word for all of it; the size of a shot is told where it shows most."""
        logits = self.logits[kind]
        if kind == "size":
            logits = logits[: self.count][self.path[:, 2] < float(self.path[:, 2].min()) * _WIDEST]
        return self._likeliest(kind, logits, WHOLE_HEADS[kind])

    def _camera(self) -> WordReading:
        """The camera's move; how often that word is right was counted when the network was calibrated."""
        move = move_of(self.path)
        trust = float(self.net.get_buffer("trust")[CAMERAS.index(move)])
        return WordReading(word=move, confidence=trust * self.of_world)

    def _subject(self, thing: _Thing) -> SubjectSeen:
        facts = self._facts(thing, ("species", "colour", "action"))
        if self.moves:
            moving = self._moving(thing)
            facts |= {"action": moving["moving"], "direction": moving["direction"]}
        elif facts["action"].confidence < _PLAIN:
            del facts["action"]
        worn = tuple(self._worn(thing))
        return SubjectSeen(box=_corners(thing.track), presence=thing.presence, facts=facts, wardrobe=worn)

    def _prop(self, thing: _Thing) -> PropSeen:
        facts = self._facts(thing, ("prop", "prop_colour"))
        if self.moves:
            facts |= self._flying(thing)
        return PropSeen(box=_corners(thing.track), presence=thing.presence, facts=facts)

    def _facts(self, thing: _Thing, kinds: tuple[str, ...]) -> dict[str, WordReading]:
        found = self._found(thing.track)
        return {k: self._likeliest(k, thing.read.logits[k][found], BOXED_HEADS[k]) for k in kinds}

    def _worn(self, thing: _Thing) -> Iterator[GarmentSeen]:
        read, found = thing.read, self._found(thing.track)
        worn = torch.sigmoid(read.wardrobe[found].float().mean(0) / self.net.temperature("wardrobe")).tolist()
        for i, (item, share) in enumerate(zip(WARDROBE, worn, strict=True)):
            if share > _WORN:
                colour = self._likeliest("garment_colour", read.garment_colour[found, i], COLOURS)
                yield GarmentSeen(item=WordReading(word=item, confidence=share * self.of_world), colour=colour)

    def _moving(self, thing: _Thing) -> dict[str, WordReading]:
        places = places_of(thing.track.corners(self.count), self.path)
        logits = self.net.motion(thing.read.features[None, : self.count].float(), places[None])
        return {k: self._likeliest(k, logits[k], words) for k, words in MOVING_HEADS.items()}

    def _flying(self, thing: _Thing) -> dict[str, WordReading]:
        """A prop moves as its places do, whatever it looks like: a balloon is not known to rise."""
        places = places_of(thing.track.corners(self.count), self.path)
        logits = self.net.flight(places[None, :, :0], places[None])
        return {k: self._likeliest(k, logits[k], words) for k, words in FLYING_HEADS.items()}

    def _found(self, track: DetectionTrack) -> list[int]:
        """The frames in which it was found, and the same in a mirror."""
        return [*track.frames, *(t + self.count for t in track.frames)]


def _corners(track: DetectionTrack) -> Corners:
    return track.boxes[len(track.boxes) // 2].corners


def _place(tracks: list[DetectionTrack], frames: Tensor) -> Tensor:
    """bool [T, H, W]: what no box covers, and no shadow."""
    count, _, height, width = frames.shape
    place = torch.ones(count, height, width, dtype=torch.bool)
    for track in tracks:
        for beyond in (_BODY, _SHADOW):
            place &= ~within(track.corners(count), beyond, height, width)
    return place


def _checked(picture: Tensor) -> Tensor:
    frames = picture[None] if picture.dim() == 3 else picture
    if frames.dim() != 4 or frames.dtype != torch.uint8 or frames.shape[1] != 3 or not frames.numel():
        raise ValueError(
            f"a picture is uint8 (3, H, W), a clip (T, 3, H, W), not {picture.dtype} {tuple(picture.shape)}"
        )
    return frames


def _middle(frames: Tensor) -> Tensor:
    first = max(len(frames) - MOST, 0) // 2
    return frames[first : first + MOST]


def sized(frames: Tensor) -> Tensor:
    """uint8 [T, 3, H, W] at the size at which it is read; what is longer than the network has seen is squeezed."""
    height, width = frames.shape[2:]
    scale = SHORT / min(height, width)
    size = [min(round(side * scale / STEP) * STEP, LONG) for side in (height, width)]
    if size == [height, width]:
        return frames
    scaled = F.interpolate(frames.float(), size, mode="bicubic", align_corners=False, antialias=True)
    return scaled.clamp(0, 255).round().byte()
