"""Staging and camera of a shot in numbers. Pure geometry in stage coordinates; no words are read here.

The figures are those of the clips that omni-mini was trained on, so that what is asked is what was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import fmean

from omni_model.spec.captions import Direction
from omni_model.spec.conditioning import CameraKey, CameraPath, Track, TrackKey
from planner.story.story import Shot, ShotSize, Staging, Story

ZOOM: dict[ShotSize, float] = {"wide": 1.08, "medium": 1.65, "close": 2.4}
#: Where on a body the camera aims, in body heights above the feet.
AIM: dict[ShotSize, float] = {"wide": 0.5, "medium": 0.5, "close": 0.72}
#: A move across needs room beside the window: at least this zoom.
ROOM_TO_MOVE = 1.15
MAX_ZOOM = 4.0
PUSH = 1.32
SLIDE = 0.12
SHAKE = (0.018, 0.014)
SHAKES = 12
#: Share of the stage's width that a subject keeps from the edge of the window.
MARGIN: dict[ShotSize, float] = {"wide": 0.06, "medium": 0.06, "close": 0.03}
#: Props under physics: gravity in stage heights / s², a fall's height, a throw's speed and reach, a balloon's rise.
GRAVITY, FALL, THROW, FLIGHT, RISE = 1.6, 0.5, 0.6, 0.3, 0.30
PROP_KEYS = 12
#: Least travel, in stage widths, that counts as going left or right.
TRAVEL = 0.04


def framed_size(shot: Shot, cast: Sequence[Staging]) -> ShotSize:
    """A close shot holds one subject; with more it is a medium shot."""
    return "medium" if shot.size == "close" and len(cast) > 1 else shot.size


def cast_of(story: Story, shot: Shot, limit: int) -> tuple[Staging, ...]:
    """The first ``limit`` characters of a shot, each once, in order of importance."""
    characters = {c.id for c in story.cast}
    staged = {s.entity: s for s in reversed(shot.staging) if s.entity in characters}
    return tuple(s for s in shot.staging if staged.get(s.entity) is s)[:limit]


def window(story: Story, shot: Shot, limit: int) -> CameraKey:
    """Where the camera stands: one place for all shots of one setup, or of one take without a cut."""
    size = framed_size(shot, cast_of(story, shot, limit))
    together = [s for other in _same_setup(story, shot, limit) for s in _subjects(story, other, limit)]
    x = fmean(v for s in together for v in (s.x, _end(s)[0])) if together else 0.5
    y = fmean(s.y - AIM[size] * s.height for s in together) if together else 0.5
    return _key(0.0, x, y, ZOOM[size])


def tracks(cast: Sequence[Staging], size: ShotSize, seen: CameraKey) -> tuple[Track, ...]:
    """Tracks of the cast, drawn together where they would leave the window ``seen``."""
    closer = _closeness(cast, size, seen)
    return tuple(_track(s, cast, seen.x, closer) for s in cast)


def prop_track(staging: Staging, motion: str, seconds: float) -> Track:
    """Where a prop goes in a shot of ``seconds``: it rests, or falls, flies and rises."""
    end_x, _ = _end(staging)

    def place(t: float) -> tuple[float, float]:
        age = t * seconds
        if motion == "falls":
            return staging.x, min(staging.y - FALL + 0.5 * GRAVITY * age**2, staging.y)
        if motion == "is thrown":
            flown = min(age, 2 * THROW / GRAVITY)
            way = end_x - staging.x or (FLIGHT if staging.x < 0.5 else -FLIGHT)
            return staging.x + way * flown * GRAVITY / (2 * THROW), staging.y - THROW * flown + 0.5 * GRAVITY * flown**2
        return staging.x, staging.y - RISE * max(age - 0.25, 0.0)

    steps = PROP_KEYS if motion != "rests" else 0
    keys = []
    for i in range(steps + 1):
        t = i / max(steps, 1)
        x, y = place(t) if steps else (staging.x, staging.y)
        keys.append(TrackKey(t=t, x=round(x, 4), y=round(y, 4), height=staging.height))
    return Track(entity=staging.entity, keys=tuple(keys))


def direction(track: Track) -> Direction:
    """Where a track leads, as a viewer would say it."""
    first, last = track.keys[0], track.keys[-1]
    if abs(last.x - first.x) >= TRAVEL:
        return "right" if last.x > first.x else "left"
    if abs(last.y - first.y) >= TRAVEL:
        return "toward" if last.y > first.y else "away"
    return ""


def is_squeezed(cast: Sequence[Staging], size: ShotSize, seen: CameraKey) -> bool:
    """Whether :func:`tracks` had to draw the cast together."""
    return _closeness(cast, size, seen) < 1.0


def camera_path(story: Story, shot: Shot, move: Callable[[Shot], str], limit: int) -> CameraPath:
    """The window's path in ``shot``. ``move`` gives a shot's move as a word of the vocabulary's cameras.

    A shot that continues another begins where that one's camera ended.
    """
    take = _take(story, shot)
    keys = _moved(window(story, take[0], limit), move(take[0]))
    for before, after in pairwise(take):
        own = _moved(window(story, after, limit), move(after))
        keys = _resumed(keys[-1], own, reframed=_reframed(story, before, after, limit))
    return CameraPath(keys=keys)


def reframing(story: Story, shot: Shot, limit: int) -> str:
    """The move that a shot cannot avoid because it continues one of another size; empty: none."""
    if shot.continues is None:
        return ""
    _, before = story.shots[story.order[shot.continues]]
    if not _reframed(story, before, shot, limit):
        return ""
    zooms = [ZOOM[framed_size(s, cast_of(story, s, limit))] for s in (before, shot)]
    return "push in" if zooms[1] > zooms[0] else "pull out"


def _reframed(story: Story, before: Shot, after: Shot, limit: int) -> bool:
    return len({framed_size(s, cast_of(story, s, limit)) for s in (before, after)}) > 1


def _take(story: Story, shot: Shot) -> list[Shot]:
    """The shots that run into ``shot`` without a cut, first to last."""
    take = [shot]
    while take[0].continues is not None:
        take.insert(0, story.shots[story.order[take[0].continues]][1])
    return take


def _resumed(start: CameraKey, own: tuple[CameraKey, ...], *, reframed: bool) -> tuple[CameraKey, ...]:
    """The move ``own`` from where the camera stands; to another size it can only travel."""
    first = own[0]
    if reframed:
        return (start.model_copy(update={"t": 0.0}), own[-1].model_copy(update={"t": 1.0}))
    dx, dy, scale = start.x - first.x, start.y - first.y, start.zoom / first.zoom
    return tuple(_key(k.t, k.x + dx, k.y + dy, k.zoom * scale) for k in own)


def _moved(base: CameraKey, move: str) -> tuple[CameraKey, ...]:
    if move in ("push in", "pull out"):
        tight = _key(0.0, base.x, base.y, base.zoom * PUSH)
        ends = (base, tight) if move == "push in" else (tight, base)
        return (ends[0], ends[1].model_copy(update={"t": 1.0}))
    zoom = max(base.zoom, ROOM_TO_MOVE)
    slide = 0.5 * (1 - 1 / zoom) if zoom < 1.4 else SLIDE
    across = {
        "pan left": (-slide, 0.0),
        "pan right": (slide, 0.0),
        "tilt up": (0.0, -slide),
        "tilt down": (0.0, slide),
    }
    if move in across:
        dx, dy = across[move]
        return (_key(0.0, base.x - dx, base.y - dy, zoom), _key(1.0, base.x + dx, base.y + dy, zoom))
    if move == "shake":
        return tuple(
            _key(i / SHAKES, base.x + SHAKE[0] * (-1) ** i, base.y + SHAKE[1] * (-1) ** (i // 2), zoom)
            for i in range(SHAKES + 1)
        )
    return (base,)


def _key(t: float, x: float, y: float, zoom: float) -> CameraKey:
    """A key whose window lies on the stage."""
    zoom = min(max(zoom, 1.0), MAX_ZOOM)
    room = 0.5 / zoom
    inside = (round(min(max(v, room), 1 - room), 4) for v in (x, y))
    return CameraKey(t=t, x=next(inside), y=next(inside), zoom=round(zoom, 4))


def _closeness(cast: Sequence[Staging], size: ShotSize, seen: CameraKey) -> float:
    """The factor by which places are drawn towards the middle of the window; 1: all fit."""
    furthest = max((abs(x - seen.x) for s in cast for x in (s.x, _end(s)[0])), default=0.0)
    room = 0.5 / seen.zoom - MARGIN[size]
    return room / furthest if furthest > room else 1.0


def _track(staging: Staging, cast: Sequence[Staging], middle: float, closer: float) -> Track:
    end = _end(staging)
    travel = end[0] - staging.x
    others = [s.x for s in cast if s is not staging]
    ahead = fmean(others) - staging.x if others else 0.5 - staging.x
    facing = -1.0 if (travel or ahead) < 0 else 1.0
    places = [(0.0, staging.x, staging.y)]
    if end != (staging.x, staging.y):
        places.append((1.0, *end))
    keys = (
        TrackKey(t=t, x=round(middle + closer * (x - middle), 4), y=y, height=staging.height, facing=facing)
        for t, x, y in places
    )
    return Track(entity=staging.entity, keys=tuple(keys))


def _end(staging: Staging) -> tuple[float, float]:
    x, y = staging.to_x, staging.to_y
    return (staging.x if x is None else x, staging.y if y is None else y)


def _subjects(story: Story, shot: Shot, limit: int) -> tuple[Staging, ...]:
    """What the camera aims at: the cast, or in a shot without anyone what lies there."""
    return cast_of(story, shot, limit) or shot.staging


def _same_setup(story: Story, shot: Shot, limit: int) -> list[Shot]:
    """The shots of one size that one camera takes from one place."""
    if shot.setup is None and shot.continues is None and shot.id not in story.continued:
        return [shot]
    place = story.shots[story.order[shot.id]][0].location
    size = framed_size(shot, cast_of(story, shot, limit))
    continued = story.continued
    joined = (
        other
        for scene, other in story.shots
        if scene.location == place
        and (
            (shot.setup is not None and other.setup == shot.setup)
            or other.continues is not None
            or other.id in continued
            or other.id == shot.id
        )
    )
    here = [other for other in joined if framed_size(other, cast_of(story, other, limit)) == size]
    linked = {shot.id}
    if shot.setup is not None:
        linked |= {other.id for other in here if other.setup == shot.setup}
    for other in here:
        if other.continues in linked:
            linked.add(other.id)
    for other in reversed(here):
        if other.id in linked and other.continues is not None:
            linked.add(other.continues)
    return [other for other in here if other.id in linked]
