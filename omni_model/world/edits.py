"""Edit pairs: the same scene with one thing changed, and the sentence that asks for it. Exact truth."""

from __future__ import annotations

import random
from collections.abc import Callable

from omni_model.spec.captions import Garment
from omni_model.spec.conditioning import Frozen
from omni_model.spec.vocabulary import COLOURS, MOODS, SPECIES, STYLES, TIMES, WARDROBE, WEATHERS
from omni_model.world.spec import PropSpec, SceneSpec, SubjectSpec


class Edit(Frozen):
    """``after`` is the scene once ``instruction`` is obeyed and nothing else has changed."""

    kind: str
    instruction: str
    after: SceneSpec


def _choice(r: random.Random, words: tuple[str, ...], but: str) -> str:
    return r.choice([w for w in words if w != but])


def _field(name: str, words: tuple[str, ...], phrase: str) -> Callable[[SceneSpec, random.Random], Edit]:
    def edit(scene: SceneSpec, r: random.Random) -> Edit:
        word = _choice(r, words, getattr(scene, name))
        return Edit(kind=name, instruction=phrase.format(word), after=scene.model_copy(update={name: word}))

    return edit


def _named(who: SubjectSpec) -> str:
    return f"the {who.colour} {who.species}"


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
    new = Garment(item=r.choice(free), colour=_choice(r, COLOURS, who.colour))
    after = _with_subject(scene, i, wardrobe=(*who.wardrobe, new))
    return Edit(kind="wardrobe", instruction=f"give {_named(who)} a {new.colour} {new.item}", after=after)


def _replace(scene: SceneSpec, r: random.Random) -> Edit | None:
    if not scene.subjects:
        return None
    i = r.randrange(len(scene.subjects))
    species, colour = _choice(r, SPECIES, scene.subjects[i].species), r.choice(COLOURS)
    after = _with_subject(scene, i, species=species, colour=colour)
    asked = f"replace {_named(scene.subjects[i])} with a {colour} {species}"
    return Edit(kind="replace", instruction=asked, after=after)


def _remove(scene: SceneSpec, r: random.Random) -> Edit | None:
    if not scene.subjects:
        return None
    gone = r.choice(scene.subjects)
    after = scene.model_copy(update={"subjects": tuple(s for s in scene.subjects if s is not gone)})
    return Edit(kind="remove", instruction=f"remove {_named(gone)}", after=after)


def _add(scene: SceneSpec, r: random.Random) -> Edit | None:
    if scene.props:
        return None
    colour = r.choice(COLOURS)
    prop = PropSpec(entity="prop", kind="balloon", colour=colour, x=r.uniform(0.2, 0.8), y=0.9)
    return Edit(kind="add", instruction=f"add a {colour} balloon", after=scene.model_copy(update={"props": (prop,)}))


_EDITS: dict[str, Callable[[SceneSpec, random.Random], Edit | None]] = {
    "mood": _field("mood", MOODS, "make the mood {}"),
    "time": _field("time", TIMES, "make it {}"),
    "weather": _field("weather", WEATHERS, "make the weather {}"),
    "style": _field("style", STYLES, "change the style to {}"),
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
