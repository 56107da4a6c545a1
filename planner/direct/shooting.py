"""How a shot is taken: size, angle, move and how it follows the shot before, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Generic, NamedTuple, TypeVar

from omni_model.spec.conditioning import Capabilities
from planner.check.lint import JUMP
from planner.direct.breakdown import Beat, speaking
from planner.film.grammar import CoverageShot, Opening, grammar
from planner.film.ground import ground
from planner.story.story import Angle, Reason, Scene, Shot, ShotSize, Staging, Transition

#: How often a shot takes a camera move of its mood instead of that of its event.
OWN_MOVE = 0.35
#: Moods and events whose feeling a cut would break.
_UNCUT = frozenset({"sad", "scary", "mysterious", "discover", "hide", "feel", "watch"})
_MIRROR = {"pan right": "pan left", "pan left": "pan right"}

T = TypeVar("T")


class Chosen(NamedTuple, Generic[T]):
    """A directive and why it is so."""

    value: T
    because: str


def opening(kind: str, people: bool, random: Random) -> Opening:
    """How a film begins whose first event is of this kind; without people it begins with the place."""
    fitting = [o for o in grammar().openings if (not o.when or kind in o.when) and (people or o.who == "place")]
    return random.choice(fitting or grammar().openings[:1])


def as_look(start: Opening) -> CoverageShot:
    """An opening as a look at its event."""
    return CoverageShot(
        size=start.size, camera=start.camera, who=start.who, action="looks around", share=1.0, purpose=start.name,
        why=start.why,
    )  # fmt: skip


def size(beat: Beat, capabilities: Capabilities) -> Chosen[ShotSize]:
    """What the author asks for, in the shot that tells the event; else what the coverage says."""
    sizes: dict[str, ShotSize] = {"wide": "wide", "medium": "medium", "close": "close"}
    if beat.event.size and not beat.order:
        asked = ground("size", beat.event.size, capabilities.vocabulary).word or ""
        return Chosen(sizes.get(asked, beat.look.size), f"the story asks for it: {beat.event.size}")
    return Chosen(beat.look.size, beat.look.why or beat.look.purpose)


def camera(beat: Beat, staged: Sequence[Staging], random: Random) -> Chosen[str]:
    """The move of the event, now and then that of the mood; a pan goes with those who move."""
    own = random.random() < OWN_MOVE
    if beat.event.camera and beat.order == 0:
        return Chosen(beat.event.camera, f"the story asks for it: {beat.event.camera}")
    mood = grammar().moods.get(beat.event.mood)
    lead = staged[0] if staged else None
    leftward = lead is not None and lead.to_x is not None and lead.to_x < lead.x
    if own and mood:
        return Chosen(random.choice(mood.cameras), f"{beat.event.mood}: {mood.why}")
    if leftward and beat.look.camera == "pan right":
        return Chosen(_MIRROR["pan right"], "the camera goes with those who move to the left")
    return Chosen(beat.look.camera, beat.look.why or "an unmoved camera lets the action speak")


def angle(beat: Beat, move: str, framed: ShotSize) -> Chosen[Angle]:
    """The angle of the mood, for near shots by an unmoved camera."""
    known = grammar().angles.get(beat.event.mood)
    if known and move == "static" and framed != "wide":
        return Chosen(known.angle, known.why)
    return Chosen("eye", "eye level takes nobody's side")


def staging(staged: Sequence[Staging], names: Mapping[str, str], before: Shot | None) -> str:
    """Why everybody stands where they stand."""
    if not staged:
        return "nobody is in it: the place itself is looked at"
    ranked = sorted(staged, key=lambda s: s.x)
    order = " left of ".join(names[s.entity] for s in ranked)
    moved = [s for s in staged if s.to_x is not None]
    there = {s.entity for s in before.staging} if before else set()
    if len(staged) > 1:
        kept = all(s.entity in there for s in staged)
        return f"{order}{', as before: the camera stays on its side of the line between them' if kept else ''}"
    name, only = names[staged[0].entity], staged[0]
    if moved:
        way = "right" if (only.to_x or 0) > only.x else "left"
        return f"{name} goes to the {way}, and keeps that direction on the screen"
    return (
        f"{name} keeps the place of the shot before"
        if only.entity in there
        else f"{name} stands with room to look into"
    )


def duration(beat: Beat, seconds: float, usual: float) -> str:
    """Why a shot lasts as long as it does."""
    said = speaking(beat.event.lines) if beat.order == 0 else 0.0
    if said > seconds - 0.5 and said:
        return f"what is said needs {said:.1f} s"
    if beat.order < 0:
        return "a new place is held a little longer, so that it can be read"
    mood = beat.event.mood or "plain"
    return f"{mood} moments want about {usual:.1f} s, shared out over the length of the film"


def transition(scene: Scene | None, shot: Shot | None, entered: Scene | None) -> Chosen[Transition]:
    """How a shot follows the last one. ``entered``: its scene where it is the scene's first, after ``scene``."""
    whys = grammar().transitions
    if shot is None or scene is None:
        return Chosen("cut", "the film begins")
    if entered and entered.act != scene.act:
        return Chosen("fade", whys["fade"])
    if entered and entered.time != scene.time:
        return Chosen("dissolve", whys["dissolve"])
    return Chosen("cut", whys["cut"])


def goes_on(beat: Beat, staged: Sequence[Staging], before: Shot | None, people: Sequence[str]) -> bool:
    """Whether a shot can and should follow without a cut: nearer on the same one, who has not jumped."""
    last = [s for s in before.staging if s.entity in people] if before else []
    alone = len(people) == 1 and len(last) == 1 and len(staged) == 1
    if not (before and alone and beat.order > 0 and beat.look.camera == "push in" and before.camera == "static"):
        return False
    end = last[0].x if last[0].to_x is None else last[0].to_x
    felt = {beat.event.mood, beat.event.kind} & _UNCUT
    return bool(felt) and before.continues is None and abs(end - staged[0].x) <= JUMP and last[0].y == staged[0].y


def reasons(**because: str) -> tuple[Reason, ...]:
    """Field -> why, as a story keeps it."""
    return tuple(Reason(field=field, because=words[:400]) for field, words in because.items() if words)
