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
from planner.direct.brief_index import BriefIndex
from planner.direct.coverage import Covering, View
from planner.direct.drafting import Shooting
from planner.direct.english_phrases import clipped
from planner.direct.framing import TAKE, Framing, is_bare, is_even
from planner.direct.korean_wording import Korean
from planner.direct.outlining import SceneSpan, acts, hours, stretches
from planner.direct.wording import English, Wording
from planner.story.brief import Brief, Person, Thing
from planner.story.draft import SceneDraft
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
    index = BriefIndex(brief)
    found = stretches(index)
    covered = _covered(index, found, capabilities)
    length = seconds or number(index.form("seconds")) or min(max(pacing.natural(covered), 2.0), MOST_SECONDS)
    shots = _chosen(index, covered, length, seed)
    spent = _scene_seconds(index, shots, length)
    parts = acts(spent, index, length)
    wording = _wording(index)
    turns = [n for n in range(1, len(parts)) if parts[n] != parts[n - 1]]
    return Treatment(
        title=_title(index, wording),
        logline=_logline(index),
        style=_style(index),
        turning_points=tuple(_purpose(found[n], index, wording) for n in turns)[:9],
        scenes=tuple(
            SceneOutline(
                id=f"scene-{n:02d}",
                place=stretch.place,
                act=act,
                time=stretch.time[:HOUR],
                weather=stretch.weather[:HOUR],
                mood=stretch.mood[:HOUR],
                purpose=_purpose(stretch, index, wording),
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
    index = BriefIndex(brief)
    found = [_stretch(scene, index) for scene in treatment.scenes]
    shots = _chosen(index, _covered(index, found, capabilities), _length(treatment), seed)
    wording, framing = _wording(index), Framing(index)
    drafts = list[SceneDraft]()
    for n, (outline, stretch, views) in enumerate(zip(treatment.scenes, found, shots, strict=True)):
        last = treatment.scenes[n - 1] if n else None
        shooting = Shooting(
            index, wording, framing, stretch, Random(f"{seed} {'' if framing.is_locked else outline.id}")
        )
        entered = framing.entered(last, outline)
        lasts = pacing.lengths(views, outline.seconds, is_even(index))
        drafts.append(SceneDraft(shots=tuple(shooting.shots(views, lasts, entered, n == len(found) - 1))))
    return tuple(drafts)


def director_notes(brief: Brief, treatment: Treatment, drafts: Sequence[SceneDraft]) -> tuple[str, ...]:
    """What a person should know of the plan: that a story is too thin, or too long, for its length."""
    index = BriefIndex(brief)
    written, length = [shot for draft in drafts for shot in draft.shots], _length(treatment)
    usual = _usual(index, treatment, drafts)
    count = f"{len(written)} shot{'s' if len(written) > 1 else ''}"
    free = _count(index, len(treatment.scenes)) is None and not is_bare(index)
    if free and length > THIN * usual:
        held = (
            f"{count} of {length / len(written):.1f} s on average, held longer instead of adding what nobody asked for"
        )
        return (f"what is told fills about {usual:.0f} s of the {length:g} s: {held}",)
    spoken = pacing.spoken(index.brief.speech)
    if spoken > length:
        return (f"the lines alone take {spoken:.0f} s and the film has {length:g} s: they are said too fast",)
    return ()


def _usual(index: BriefIndex, treatment: Treatment, drafts: Sequence[SceneDraft]) -> float:
    """Seconds that the written shots would last by themselves."""
    found = [_stretch(scene, index) for scene in treatment.scenes]
    views = [view for scene in _covered(index, found, None) for view in scene]
    by_words = {view.happens: view.seconds for view in views}
    return sum(by_words.get(shot.happens, 3.0) for draft in drafts for shot in draft.shots)


def _wording(index: BriefIndex) -> Wording:
    return Korean(index) if index.tongue == "ko" else English(index)


def _length(treatment: Treatment) -> float:
    return sum(scene.seconds for scene in treatment.scenes)


def _stretch(outline: SceneOutline, index: BriefIndex) -> SceneSpan:
    events = tuple(n for n in outline.events if n in index.events)
    earlier = bool(events) and all(index.events[n].earlier for n in events)
    return SceneSpan(outline.place, outline.time, outline.weather, outline.mood, events, earlier)


def _covered(index: BriefIndex, found: Sequence[SceneSpan], capabilities: Capabilities | None) -> list[list[View]]:
    """The views of every scene. Those whom no event names are seen where the text names them."""
    strays = _strays(index, found)
    covering = Covering(index, _wording(index), capabilities.max_subjects if capabilities else 3)
    return [covering.views(s, strays[n], n == len(found) - 1) for n, s in enumerate(found)]


def _strays(index: BriefIndex, found: Sequence[SceneSpan]) -> list[list[str]]:
    """Of each scene the people and things that are asked for and that no event brings into a picture."""
    named = {i for s in found for n in s.events for i in (*index.events[n].who, *index.events[n].whom)}
    named |= {i for s in found for n in s.events for i in index.mentioned.get(n, ())}
    named |= {line.speaker for line in index.brief.speech if line.manner in ("", "sung", "phone")}
    named |= {t.id for t in index.brief.things if t.carried_by in named - index.hidden}
    strays: list[list[str]] = [[] for _ in found]
    entities: tuple[Person | Thing, ...] = (*index.brief.people, *index.brief.things)
    for entity in (one for one in entities if one.id not in named):
        event = index.nearest(entity.start).number if index.events else None
        at = next((n for n, s in enumerate(found) if event in s.events), 0)
        for n in range(len(found)) if hours(index) else (at,):
            strays[n].append(entity.id)
    return strays


def _chosen(index: BriefIndex, covered: Sequence[Sequence[View]], length: float, seed: int) -> list[list[View]]:
    return pacing.chosen(covered, length, _count(index, len(covered)), is_bare(index), Random(seed).random())


def _count(index: BriefIndex, scenes: int) -> int | None:
    """How many shots there are, where form says so: by number, one for each scene or hour, one take."""
    each = index.form("one shot each") or (hours(index) and not index.periods)
    taken = index.form("one take") and len(index.events) <= TAKE
    return index.count("shots") or (scenes if each or taken else None)


def _scene_seconds(index: BriefIndex, shots: Sequence[Sequence[View]], length: float) -> list[float]:
    """How long each scene is, by what is in it."""
    every = [view for views in shots for view in views]
    lasts = iter(pacing.lengths(every, length, is_even(index)))
    return [sum(next(lasts) for _ in views) for views in shots]


def _title(index: BriefIndex, wording: Wording) -> str:
    """The film's own title, else its first words as far as they say one thing, else whom it is about."""
    words = re.split(r"[.:;!?\n]", index.brief.text.strip())[0].strip()
    form = any(words and words in demand.words for demand in index.brief.form)
    if index.brief.title or (0 < len(words) <= MOST_TITLE and not words.isupper() and not form):
        return index.brief.title or words
    acting = [i for event in index.brief.events for i in (*event.who, *event.whom) if i in index.people]
    leads = (" · " if index.tongue == "ko" else " and ").join(wording.name(i) for i in [*dict.fromkeys(acting)][:2])
    return clipped(f"{leads[:1].upper()}{leads[1:]}" or words or "film", MOST_TITLE)


def _logline(index: BriefIndex) -> str:
    return clipped(" ".join(index.brief.text.split()), 400)


def _style(index: BriefIndex) -> str:
    """The looks that are asked for, and the rule of colours."""
    looks = [s.value for s in index.brief.settings if s.kind == "look"]
    return ", ".join(dict.fromkeys(filter(None, (*looks, index.form("colours")))))[:STYLE]


def _purpose(stretch: SceneSpan, index: BriefIndex, wording: Wording) -> str:
    """What is different after a scene: its last event."""
    return wording.event(stretch.events[-1:]) if stretch.events else wording.place_shot(stretch.place, stretch.time)
