"""Film grammar in the director's chair: a treatment and its scenes, without a language model.

Everything that is told comes from the brief; the seed decides which of several details are seen, from which side and
how a frame is composed, and never what happens.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from omni_model.spec.conditioning import Capabilities
from planner.check.form import number
from planner.direct import pacing
from planner.direct.coverage import Covering, View
from planner.direct.draft import SceneDraft
from planner.direct.drafting import Shooting
from planner.direct.english_phrases import clipped
from planner.direct.framing import TAKE, Framing, is_bare, is_even
from planner.direct.korean_wording import Korean
from planner.direct.material import Material
from planner.direct.outlining import Stretch, acts, hours, stretches
from planner.direct.wording import English, Wording
from planner.story.brief import Brief, Person, Thing
from planner.story.treatment import SceneOutline, Treatment

MOST_SECONDS = 120.0
"""Of a film whose length nobody says."""
THIN = 1.5
"""A film is thin whose shots last so many times as long as they would by themselves."""
MOST_TITLE = 60
"""Characters of a title."""
STYLE, HOUR = 80, 80
"""Characters that a story keeps of a style, and of an hour."""


def write_treatment(brief: Brief, capabilities: Capabilities, seconds: float | None = None, seed: int = 0) -> Treatment:
    """The treatment of a film of ``seconds`` (None: what the brief says, else what the story needs)."""
    material = Material(brief)
    found = stretches(material)
    covered = _covered(material, found, capabilities)
    length = seconds or number(material.form("seconds")) or min(max(pacing.natural(covered), 2.0), MOST_SECONDS)
    shots = _chosen(material, covered, length, seed)
    spent = _scene_seconds(material, shots, length)
    parts = acts(spent, material, length)
    wording = _wording(material)
    turns = [n for n in range(1, len(parts)) if parts[n] != parts[n - 1]]
    return Treatment(
        title=_title(material, wording),
        logline=_logline(material),
        style=_style(material),
        turning_points=tuple(_purpose(found[n], material, wording) for n in turns)[:9],
        scenes=tuple(
            SceneOutline(
                id=f"scene-{n:02d}",
                place=stretch.place,
                act=act,
                time=stretch.time[:HOUR],
                weather=stretch.weather[:HOUR],
                mood=stretch.mood[:HOUR],
                purpose=_purpose(stretch, material, wording),
                events=stretch.events,
                seconds=round(lasts, 4),
            )
            for n, (stretch, act, lasts) in enumerate(zip(found, parts, spent, strict=True), 1)
        ),
    )


def write_scenes(
    brief: Brief, treatment: Treatment, capabilities: Capabilities, seed: int = 0
) -> tuple[SceneDraft, ...]:
    """The shots of every scene of a treatment, in order."""
    material = Material(brief)
    found = [_stretch(scene, material) for scene in treatment.scenes]
    shots = _chosen(material, _covered(material, found, capabilities), _length(treatment), seed)
    wording, framing = _wording(material), Framing(material)
    drafts = list[SceneDraft]()
    for n, (outline, stretch, views) in enumerate(zip(treatment.scenes, found, shots, strict=True)):
        last = treatment.scenes[n - 1] if n else None
        shooting = Shooting(
            material, wording, framing, stretch, Random(f"{seed} {'' if framing.is_locked else outline.id}")
        )
        entered = framing.entered(last, outline)
        lasts = pacing.lengths(views, outline.seconds, is_even(material))
        drafts.append(SceneDraft(shots=tuple(shooting.shots(views, lasts, entered, n == len(found) - 1))))
    return tuple(drafts)


def director_notes(brief: Brief, treatment: Treatment, drafts: Sequence[SceneDraft]) -> tuple[str, ...]:
    """What a person should know of the plan: that a story is too thin, or too long, for its length."""
    material = Material(brief)
    written, length = [shot for draft in drafts for shot in draft.shots], _length(treatment)
    usual = _usual(material, treatment, drafts)
    count = f"{len(written)} shot{'s' if len(written) > 1 else ''}"
    free = _count(material, len(treatment.scenes)) is None and not is_bare(material)
    if free and length > THIN * usual:
        held = (
            f"{count} of {length / len(written):.1f} s on average, held longer instead of adding what nobody asked for"
        )
        return (f"what is told fills about {usual:.0f} s of the {length:g} s: {held}",)
    spoken = pacing.spoken(material.brief.speech)
    if spoken > length:
        return (f"the lines alone take {spoken:.0f} s and the film has {length:g} s: they are said too fast",)
    return ()


def _usual(material: Material, treatment: Treatment, drafts: Sequence[SceneDraft]) -> float:
    """Seconds that the written shots would last by themselves."""
    found = [_stretch(scene, material) for scene in treatment.scenes]
    views = [view for scene in _covered(material, found, None) for view in scene]
    by_words = {view.happens: view.seconds for view in views}
    return sum(by_words.get(shot.happens, 3.0) for draft in drafts for shot in draft.shots)


def _wording(material: Material) -> Wording:
    return Korean(material) if material.tongue == "ko" else English(material)


def _length(treatment: Treatment) -> float:
    return sum(scene.seconds for scene in treatment.scenes)


def _stretch(outline: SceneOutline, material: Material) -> Stretch:
    events = tuple(n for n in outline.events if n in material.events)
    earlier = bool(events) and all(material.events[n].earlier for n in events)
    return Stretch(outline.place, outline.time, outline.weather, outline.mood, events, earlier)


def _covered(material: Material, found: Sequence[Stretch], capabilities: Capabilities | None) -> list[list[View]]:
    """The views of every scene. Those whom no event names are seen where the text names them."""
    strays = _strays(material, found)
    covering = Covering(material, _wording(material), capabilities.max_subjects if capabilities else 3)
    return [covering.views(s, strays[n], n == len(found) - 1) for n, s in enumerate(found)]


def _strays(material: Material, found: Sequence[Stretch]) -> list[list[str]]:
    """Of each scene the people and things that are asked for and that no event brings into a picture."""
    named = {i for s in found for n in s.events for i in (*material.events[n].who, *material.events[n].whom)}
    named |= {i for s in found for n in s.events for i in material.mentioned.get(n, ())}
    named |= {line.speaker for line in material.brief.speech if line.manner in ("", "sung", "phone")}
    named |= {t.id for t in material.brief.things if t.carried_by in named - material.hidden}
    strays: list[list[str]] = [[] for _ in found]
    entities: tuple[Person | Thing, ...] = (*material.brief.people, *material.brief.things)
    for entity in (one for one in entities if one.id not in named):
        event = material.nearest(entity.start).number if material.events else None
        at = next((n for n, s in enumerate(found) if event in s.events), 0)
        for n in range(len(found)) if hours(material) else (at,):
            strays[n].append(entity.id)
    return strays


def _chosen(material: Material, covered: Sequence[Sequence[View]], length: float, seed: int) -> list[list[View]]:
    return pacing.chosen(covered, length, _count(material, len(covered)), is_bare(material), Random(seed).random())


def _count(material: Material, scenes: int) -> int | None:
    """How many shots there are, where form says so: by number, one for each scene or hour, one take."""
    each = material.form("one shot each") or (hours(material) and not material.periods)
    taken = material.form("one take") and len(material.events) <= TAKE
    return material.count("shots") or (scenes if each or taken else None)


def _scene_seconds(material: Material, shots: Sequence[Sequence[View]], length: float) -> list[float]:
    """How long each scene is, by what is in it."""
    every = [view for views in shots for view in views]
    lasts = iter(pacing.lengths(every, length, is_even(material)))
    return [sum(next(lasts) for _ in views) for views in shots]


def _title(material: Material, wording: Wording) -> str:
    """The film's own title, else its first words as far as they say one thing, else whom it is about."""
    words = re.split(r"[.:;!?\n]", material.brief.text.strip())[0].strip()
    form = any(words and words in demand.words for demand in material.brief.form)
    if material.brief.title or (0 < len(words) <= MOST_TITLE and not words.isupper() and not form):
        return material.brief.title or words
    acting = [i for event in material.brief.events for i in (*event.who, *event.whom) if i in material.people]
    leads = (" · " if material.tongue == "ko" else " and ").join(wording.name(i) for i in [*dict.fromkeys(acting)][:2])
    return clipped(f"{leads[:1].upper()}{leads[1:]}" or words or "film", MOST_TITLE)


def _logline(material: Material) -> str:
    return clipped(" ".join(material.brief.text.split()), 400)


def _style(material: Material) -> str:
    """The looks that are asked for, and the rule of colours."""
    looks = [s.value for s in material.brief.settings if s.kind == "look"]
    return ", ".join(dict.fromkeys(filter(None, (*looks, material.form("colours")))))[:STYLE]


def _purpose(stretch: Stretch, material: Material, wording: Wording) -> str:
    """What is different after a scene: its last event."""
    return wording.event(stretch.events[-1:]) if stretch.events else wording.place_shot(stretch.place, stretch.time)
