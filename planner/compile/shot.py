"""Compilation: a shot of a story, lowered to the conditioning language of one generator.

Nothing that was asked for disappears: each directive of the shot, its scene and its story that bears on the
picture gets its :class:`~planner.film.lowering.Lowering`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from omni_model.spec.captions import SceneFacts, written
from omni_model.spec.conditioning import (
    SHEET_FOOT,
    SHEET_HEIGHT,
    CameraPath,
    Capabilities,
    Conditioning,
    ContextClip,
    Reference,
    Track,
    TrackKey,
    sha256,
)
from planner.compile.facts import (
    body_key,
    character_of,
    light_key,
    location_of,
    place_facts,
    prop_facts,
    scene_of,
    shot_of,
    subject_facts,
    wardrobe_at,
    wardrobe_key,
)
from planner.compile.record import LoweringLog
from planner.compile.stage import camera_path, cast_of, framed_size, is_squeezed, prop_track, reframing, tracks, window
from planner.film.ground import ground
from planner.film.lowering import CompiledShot
from planner.story.story import Scene, Shot, Staging, Story

#: (entity, role, key) -> digest of the pinned still, or None.
Pins = Callable[[str, str, str], str | None]
MAX_CAPTION = 4000
_TILT = {"low": "tilt up", "high": "tilt down"}
#: How places reach a generator that takes no tracks.
_PLACED = {
    "boxes": "shown as the outline of a box in every frame",
    "words": "this generator is told no places: it finds one itself",
}

__all__ = [
    "Pins",
    "compile_plate",
    "compile_sheet",
    "compile_shot",
    "light_key",
    "wardrobe_key",
    "with_continuation",
]


def compile_shot(story: Story, shot_id: str, capabilities: Capabilities, pins: Pins, *, seed: int) -> CompiledShot:
    """The shot as conditioning, with sheets and plate from ``pins``. Raises LookupError for no such shot.

    A continuing shot is compiled as a cut; :func:`with_continuation` adds the clip that it goes on from.
    """
    scene, shot = shot_of(story, shot_id)
    record = LoweringLog(capabilities)
    limit = capabilities.max_subjects
    cast = cast_of(story, shot, limit)
    size = framed_size(shot, cast)
    seen = window(story, shot, limit)
    staged = tracks(cast, size, seen)
    _record_staging(story, shot, cast, is_squeezed(cast, size, seen), record, capabilities)
    move = _record_camera(story, shot, record, limit, capabilities)
    facts = place_facts(story, scene, shot.mood, record).model_copy(
        update={
            "subjects": tuple(
                subject_facts(story, character_of(story, s.entity), shot.id, record, s, track)
                for s, track in zip(cast, staged, strict=True)
            ),
            "props": prop_facts(story, shot.staging, record),
            "size": _record_size(shot, size, record),
            "camera": move,
        }
    )
    things = _prop_tracks(shot, facts, limit - len(cast), record, capabilities)
    references = _references(story, scene, shot, cast, capabilities, pins, record)
    frames = _frames(shot, capabilities, record)
    _record_continuity(shot, capabilities, record)
    _record_words(story, scene, shot, record)
    conditioning = Conditioning(
        caption=_said(written(capabilities.caption_style).shot(facts), record),
        references=references,
        tracks=(*_moving(staged, facts), *things),
        camera=camera_path(story, shot, lambda s: _move(story, s, record, limit), limit),
        frames=frames,
        fps=capabilities.fps,
        width=capabilities.width,
        height=capabilities.height,
        seed=_seed(seed, shot.id),
        steps=capabilities.steps,
        guidance=capabilities.guidance,
    )
    return CompiledShot(shot=shot.id, facts=facts, conditioning=conditioning, lowering=tuple(record.entries))


def _moving(staged: Sequence[Track], facts: SceneFacts) -> Iterator[Track]:
    """The tracks with what their subjects do on them."""
    for track, subject in zip(staged, facts.subjects, strict=True):
        yield track.model_copy(update={"action": subject.action})


def with_continuation(compiled: CompiledShot, clip_digest: str) -> CompiledShot:
    """The shot going on from the clip of ``clip_digest`` (the accepted take of the shot it continues).

    Only for a generator whose ``context_roles`` hold ``continue``.
    """
    clip = ContextClip(clip=clip_digest, role="continue")
    context = (clip, *compiled.conditioning.context)
    conditioning = compiled.conditioning.model_copy(update={"context": context})
    return compiled.model_copy(update={"conditioning": conditioning})


def compile_sheet(
    story: Story, character_id: str, shot_id: str, capabilities: Capabilities, *, seed: int
) -> CompiledShot:
    """The character alone in the wardrobe of a shot: one square frame. Raises LookupError."""
    _, shot = shot_of(story, shot_id)
    record = LoweringLog(capabilities)
    subject = subject_facts(story, character_of(story, character_id), shot.id, record)
    style = record.require("story.style", "style", story.style)
    key = TrackKey(t=0.0, x=0.5, y=SHEET_FOOT, height=SHEET_HEIGHT)
    conditioning = Conditioning(
        caption=_said(written(capabilities.caption_style).sheet(subject, style), record),
        tracks=(Track(entity=character_id, keys=(key,)),),
        frames=1,
        fps=capabilities.fps,
        width=capabilities.sheet_size,
        height=capabilities.sheet_size,
        seed=_seed(seed, f"sheet {character_id} {body_key(story, character_id, shot_id)}"),
        steps=capabilities.steps,
        guidance=capabilities.guidance,
    )
    facts = SceneFacts(setting="plain ground", style=style, subjects=(subject,))
    return CompiledShot(shot=shot.id, facts=facts, conditioning=conditioning, lowering=tuple(record.entries))


def compile_plate(
    story: Story, scene_id: str, capabilities: Capabilities, *, seed: int, mood: str = ""
) -> CompiledShot:
    """The empty place of a scene in its light: one full frame. ``mood``: as in :func:`light_key`.

    Raises LookupError for no such scene. The result's ``shot`` is the scene's id.
    """
    scene = scene_of(story, scene_id)
    record = LoweringLog(capabilities)
    facts = place_facts(story, scene, mood, record)
    conditioning = Conditioning(
        caption=_said(written(capabilities.caption_style).plate(facts), record),
        camera=CameraPath(),
        frames=1,
        fps=capabilities.fps,
        width=capabilities.width,
        height=capabilities.height,
        seed=_seed(seed, f"plate {scene.location}"),
        steps=capabilities.steps,
        guidance=capabilities.guidance,
    )
    return CompiledShot(shot=scene.id, facts=facts, conditioning=conditioning, lowering=tuple(record.entries))


def _record_staging(
    story: Story, shot: Shot, cast: tuple[Staging, ...], squeezed: bool, record: LoweringLog, capabilities: Capabilities
) -> None:
    characters = {c.id for c in story.cast}
    for staging in shot.staging:
        path, where = f"shot.staging.{staging.entity}", f"at ({staging.x:g}, {staging.y:g})"
        if staging.entity not in characters:
            continue
        if staging in cast:
            if squeezed:
                record.approximate(path, where, f"drawn together to fit the {shot.size} shot")
            else:
                _record_place(path, where, record, capabilities)
        elif any(s.entity == staging.entity for s in cast):
            record.refuse(path, where, "staged twice in one shot; the first place counts")
        else:
            record.refuse(path, where, f"this generator draws at most {len(cast)} subjects in a shot")


def _record_place(path: str, where: str, record: LoweringLog, capabilities: Capabilities) -> None:
    if capabilities.staging == "tracks":
        record.honour(path, where)
    else:
        record.approximate(path, where, _PLACED[capabilities.staging])


def _prop_tracks(
    shot: Shot, facts: SceneFacts, free: int, record: LoweringLog, capabilities: Capabilities
) -> tuple[Track, ...]:
    """Tracks of as many props as the cast leaves ``free`` slots for."""
    found = []
    for number, prop in enumerate(facts.props):
        staging = next(s for s in shot.staging if s.entity == prop.entity)
        path, where = f"props.{prop.entity}.staging", f"{prop.entity} at ({staging.x:g}, {staging.y:g})"
        if number < free:
            found.append(prop_track(staging, prop.motion, shot.duration))
            _record_place(path, where, record, capabilities)
        else:
            record.approximate(path, where, "more is staged than this generator follows: it finds the place itself")
    return tuple(found)


def _record_size(shot: Shot, size: str, record: LoweringLog) -> str:
    if size != shot.size:
        detail = f"a {shot.size} shot holds one subject: drawn as a {size} shot"
        record.approximate("shot.size", shot.size, detail)
        return size
    return record.require("shot.size", "size", size)


def _move(story: Story, shot: Shot, record: LoweringLog, limit: int) -> str:
    """The move that is drawn: one that continuity forces, the one asked for, or a tilt for the angle."""
    if forced := reframing(story, shot, limit):
        return forced
    move = ground("camera", shot.camera, record.vocabulary).word or "static"
    return _TILT.get(shot.angle, move) if move == "static" and not record.open else move


def _record_camera(story: Story, shot: Shot, record: LoweringLog, limit: int, capabilities: Capabilities) -> str:
    move = _move(story, shot, record, limit)
    if reframing(story, shot, limit):
        detail = f"the shot goes on from another size without a cut: drawn as a '{move}'"
        record.approximate("shot.camera", shot.camera, detail)
    elif shot.camera and capabilities.staging != "tracks":
        record.approximate("shot.camera", shot.camera, "told in words: this generator is given no camera path")
    else:
        record.ground("shot.camera", "camera", shot.camera)
    _record_angle(shot, move, record)
    return move


def _record_angle(shot: Shot, move: str, record: LoweringLog) -> None:
    if shot.angle == "eye":
        record.honour("shot.angle", shot.angle)
    elif record.open:
        record.tell("shot.angle", f"{shot.angle} angle", "")
    elif move == _TILT[shot.angle]:
        record.approximate("shot.angle", shot.angle, f"the world is flat: drawn as a '{move}'")
    else:
        record.refuse("shot.angle", shot.angle, f"the world is flat, and the camera is taken by '{move}'")


def _references(
    story: Story, scene: Scene, shot: Shot, cast: tuple[Staging, ...], capabilities: Capabilities, pins: Pins,
    record: LoweringLog,
) -> tuple[Reference, ...]:  # fmt: skip
    """The plate, then the sheets in order of importance, then styles; as many as the generator takes."""
    found = [_plate(story, scene, shot, pins, record)]
    found += [_sheet(story, staging.entity, shot, pins, record) for staging in cast]
    given = [(c.id, r) for c in story.cast for r in c.references if any(s.entity == c.id for s in cast)]
    given += [(scene.location, r) for r in location_of(story, scene.location).references]
    found += [Reference(image=r.image, role="style", entity=e) for e, r in given if r.role == "style"]
    wanted = [reference for reference in found if reference]
    for extra in wanted[capabilities.max_references :]:
        detail = f"this generator takes {capabilities.max_references} references"
        record.refuse(f"reference.{extra.entity}", extra.role, detail)
    kept = tuple(wanted[: capabilities.max_references])
    for reference in kept:
        record.honour(f"reference.{reference.entity}", reference.role)
    return kept


def _plate(story: Story, scene: Scene, shot: Shot, pins: Pins, record: LoweringLog) -> Reference | None:
    pinned = pins(scene.location, "plate", light_key(story, scene.id, shot.mood))
    given = [r.image for r in location_of(story, scene.location).references if r.role == "plate"]
    if image := pinned or next(iter(given), None):
        return Reference(image=image, role="plate", entity=scene.location)
    record.approximate(f"reference.{scene.location}", "plate", "no plate is pinned yet: the place is told in words")
    return None


def _sheet(story: Story, character_id: str, shot: Shot, pins: Pins, record: LoweringLog) -> Reference | None:
    pinned = pins(character_id, "sheet", wardrobe_key(story, character_id, shot.id))
    given = [r.image for r in character_of(story, character_id).references if r.role == "sheet"]
    if image := pinned or next(iter(given), None):
        return Reference(image=image, role="sheet", entity=character_id)
    record.approximate(f"reference.{character_id}", "sheet", "no sheet is pinned yet: the look is told in words")
    return None


def _frames(shot: Shot, capabilities: Capabilities, record: LoweringLog) -> int:
    frames = max(1, round(shot.duration * capabilities.fps))
    words = f"{shot.duration:g} s"
    if frames > capabilities.max_frames:
        joined = "that go on from each other" if "continue" in capabilities.context_roles else "joined by cuts"
        detail = f"{frames} frames are more than the {capabilities.max_frames} of one clip: made in pieces {joined}"
        record.approximate("shot.duration", words, detail)
    elif abs(frames / capabilities.fps - shot.duration) > 1e-6:
        record.approximate("shot.duration", words, f"{frames} whole frames at {capabilities.fps:g} a second")
    else:
        record.honour("shot.duration", words, f"{frames} frames")
    return frames


def _record_continuity(shot: Shot, capabilities: Capabilities, record: LoweringLog) -> None:
    if shot.transition == "continue" and shot.continues is None:
        record.approximate("shot.transition", shot.transition, "it names no shot to continue: made as a cut")
    else:
        record.honour("shot.transition", shot.transition, "made when the film is cut")
    if shot.continues is not None and "continue" in capabilities.context_roles:
        record.honour("shot.continues", shot.continues, "goes on from its accepted take")
    elif shot.continues is not None:
        detail = "this generator cannot go on from a clip: made as a cut from where the camera stood"
        record.approximate("shot.continues", shot.continues, detail)
    if shot.setup is not None:
        record.honour("shot.setup", shot.setup, "one window for all its shots of this size")


def _record_words(story: Story, scene: Scene, shot: Shot, record: LoweringLog) -> None:
    drawn = "drawn through staging, action, place and light; the words themselves are not read"
    if record.open:
        record.tell("shot.description", shot.description, drawn)
    elif shot.description:
        record.approximate("shot.description", shot.description, drawn)
    for line in shot.dialogue:
        path = f"shot.dialogue.{line.speaker}"
        record.approximate(path, line.text, "shown as a subtitle; lips do not move and nothing is heard")
    if shot.caption:
        record.honour("shot.caption", shot.caption, "shown as text over the shot")
    if scene.beat:
        record.approximate(f"scenes.{scene.id}.beat", scene.beat, "guides the plan; not drawn by itself")
    for when, facts in (("before", shot.before), ("after", shot.after)):
        for fact in facts:
            words = f"{fact.entity} {fact.attribute} {fact.value}"
            record.approximate(f"shot.{when}", words, "kept in the ledger and checked; not drawn by itself")
    _record_wardrobe_reasons(story, shot, record)


def _record_wardrobe_reasons(story: Story, shot: Shot, record: LoweringLog) -> None:
    for staging in shot.staging:
        for character in (c for c in story.cast if c.id == staging.entity):
            state = wardrobe_at(story, character, shot.id)
            if state.from_shot == shot.id and state.reason:
                detail = "the change itself happens between the shots"
                record.approximate(f"cast.{character.id}.wardrobe.reason", state.reason, detail)


def _said(dense: str, record: LoweringLog) -> str:
    """The caption, followed by the free words that only an open generator reads."""
    said = ". ".join([" ".join(dense.split()), *(words.rstrip(".") for words in record.prose)])
    return said[:MAX_CAPTION]


def _seed(seed: int, what: str) -> int:
    """Another seed for every thing that is rendered, the same for the same thing."""
    return int(sha256(f"{seed} {what}")[:15], 16)
