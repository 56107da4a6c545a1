"""Edit pairs: the same scene with one thing changed, and the instruction that asks for it. Exact truth."""

from __future__ import annotations

import random
from collections.abc import Callable

from omni_model.spec.captions import GarmentFacts
from omni_model.spec.conditioning import Frozen
from omni_model.spec.instructions import (
    AddGarment,
    AddProp,
    Instruction,
    NamedSubject,
    RemoveSubject,
    ReplaceSubject,
    SceneAttribute,
    SetScene,
)
from omni_model.spec.vocabulary import COLOURS, MOODS, SPECIES, STYLES, TIMES, WARDROBE, WEATHERS
from omni_model.world.spec import PropSpec, SceneSpec, SubjectSpec


class Edit(Frozen):
    """``after`` is the scene once ``instruction`` is obeyed and nothing else has changed."""

    kind: str
    instruction: Instruction
    after: SceneSpec


def _choice(r: random.Random, words: tuple[str, ...], but: str) -> str:
    return r.choice([w for w in words if w != but])


def _scene(name: SceneAttribute, words: tuple[str, ...]) -> Callable[[SceneSpec, random.Random], Edit]:
    def edit(scene: SceneSpec, r: random.Random) -> Edit:
        word = _choice(r, words, getattr(scene, name))
        after = scene.model_copy(update={name: word})
        return Edit(kind=name, instruction=SetScene(attribute=name, value=word), after=after)

    return edit


def _named(who: SubjectSpec) -> NamedSubject:
    return NamedSubject(colour=who.colour, species=who.species)


def _with_subject(scene: SceneSpec, index: int, **change: object) -> SceneSpec:
    cast = list(scene.subjects)
    cast[index] = cast[index].model_copy(update=change)
    return scene.model_copy(update={"subjects": tuple(cast)})


def _wardrobe(scene: SceneSpec, r: random.Random) -> Edit | None:
    if not scene.subjects:
        return None
    i = r.randrange(len(scene.subjects))
    who = scene.subjects[i]
    free = [w for w in WARDROBE if w not in {g.item for g in who.wardrobe}]
    new = GarmentFacts(item=r.choice(free), colour=_choice(r, COLOURS, who.colour))
    after = _with_subject(scene, i, wardrobe=(*who.wardrobe, new))
    asked = AddGarment(who=_named(who), colour=new.colour, item=new.item)
    return Edit(kind="wardrobe", instruction=asked, after=after)


def _replace(scene: SceneSpec, r: random.Random) -> Edit | None:
    if not scene.subjects:
        return None
    i = r.randrange(len(scene.subjects))
    species, colour = _choice(r, SPECIES, scene.subjects[i].species), r.choice(COLOURS)
    after = _with_subject(scene, i, species=species, colour=colour)
    asked = ReplaceSubject(who=_named(scene.subjects[i]), by=_named(after.subjects[i]))
    return Edit(kind="replace", instruction=asked, after=after)


def _remove(scene: SceneSpec, r: random.Random) -> Edit | None:
    if not scene.subjects:
        return None
    gone = r.choice(scene.subjects)
    after = scene.model_copy(update={"subjects": tuple(s for s in scene.subjects if s is not gone)})
    return Edit(kind="remove", instruction=RemoveSubject(who=_named(gone)), after=after)


def _add(scene: SceneSpec, r: random.Random) -> Edit | None:
    if scene.props:
        return None
    colour = r.choice(COLOURS)
    prop = PropSpec(entity="prop", kind="balloon", colour=colour, x=r.uniform(0.2, 0.8), y=0.9)
    after = scene.model_copy(update={"props": (prop,)})
    return Edit(kind="add", instruction=AddProp(colour=colour, prop=prop.kind), after=after)


_EDITS: dict[str, Callable[[SceneSpec, random.Random], Edit | None]] = {
    "mood": _scene("mood", MOODS),
    "time": _scene("time", TIMES),
    "weather": _scene("weather", WEATHERS),
    "style": _scene("style", STYLES),
    "wardrobe": _wardrobe,
    "replace": _replace,
    "remove": _remove,
    "add": _add,
}


def edit_of(scene: SceneSpec, seed: int, allowed: Callable[[SceneSpec], bool]) -> Edit | None:
    """One edit whose result is ``allowed``, of a kind drawn evenly; None where there is none."""
    made = [e for e in edits_of(scene, seed) if allowed(e.after)]
    return random.Random(seed).choice(made) if made else None


def edits_of(scene: SceneSpec, seed: int) -> list[Edit]:
    """One edit of every kind that this scene allows."""
    made = [edit(scene, random.Random(f"{seed} {kind}")) for kind, edit in _EDITS.items()]
    return [e for e in made if e is not None]
