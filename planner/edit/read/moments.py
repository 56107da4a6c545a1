"""What a film tells, by the words that tell it: which shots a description means, and whom a phrase names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from planner.edit.read.names import fits, named
from planner.film.ground import find
from planner.language.analysis import analyse
from planner.language.document import Document, Phrase
from planner.language.english import infinitive, singular
from planner.language.text import lexicon
from planner.story.story import Character, Prop, Story

_CONTENT = frozenset({"NOUN", "PROPN", "VERB", "ADJ", "NUM"})
#: Kinds of film grammar whose words name the same in other words, and in the other language.
_BRIDGES = ("action", "species", "prop", "setting", "wardrobe")
#: Verbs that every shot could tell.
_PALE = frozenset(
    {"be", "have", "do", "get", "go", "come", "see", "take", "make", "let", "start", "begin", "happen", "shot", "scene",
     "moment", "time",
     "part", "bit", "one", "first", "last", "again", "where", "이다", "하다", "있다", "되다", "것", "거",
     "샷", "장면", "때", "나오다"}
)  # fmt: skip


@lru_cache(maxsize=4096)
def tokens(text: str) -> frozenset[str]:
    """The content of a text as lemmas, nouns of deeds as their verbs too, and as words of film grammar."""
    found: set[str] = set()
    for word in analyse(text).words:
        if word.part in _CONTENT:
            found |= forms(word.lemma)
    found |= {
        f"{kind}:{m.word}" for kind in _BRIDGES for m in find(kind, text) if m.fit != "near" and m.word != "person"
    }
    found |= {f"{kind}:{m.word}" for kind in ("time", "weather") for m in find(kind, text)}
    return frozenset(found - _PALE)


@lru_cache(maxsize=4096)
def _verbs(text: str) -> frozenset[str]:
    return frozenset(w.lemma for w in analyse(text).words if w.part == "VERB") - _PALE


def forms(lemma: str) -> set[str]:
    """A lemma, and the verb that it may be of: 'shattering' is of 'shatter'."""
    if re.search("[가-힣]", lemma):
        return {lemma}
    return {lemma, singular(lemma), infinitive(lemma)} - {""}


class Moments:
    """The shots of a film by what they tell, and its people and things by what they are called."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.order = [shot.id for _, shot in story.shots]
        self._names = {e.id: f"{e.name} {e.kind}" for e in story.entities}
        self._told = {shot.id: self._tells(shot.id) for _, shot in story.shots}
        self._deeds = {shot.id: _verbs(f"{shot.description}") for _, shot in story.shots}
        self._staged = {shot.id: {s.entity for s in shot.staging} for _, shot in story.shots}

    def _tells(self, shot_id: str) -> frozenset[str]:
        scene, shot = next(pair for pair in self.story.shots if pair[1].id == shot_id)
        actions = " ".join(f"{s.action}." for s in shot.staging)
        bodies = " ".join(f"{self._names[s.entity]}." for s in shot.staging)
        said = f"{shot.description} {actions} {bodies} {shot.caption} {scene.time}. {scene.weather}."
        return tokens(said)

    def deeds(self, shot: str) -> frozenset[str]:
        """The verbs of what a shot tells."""
        return self._deeds[shot]

    def present(self, shots: Iterable[str]) -> set[str]:
        """Who and what is seen in some shots."""
        return {entity for shot in shots for entity in self._staged.get(shot, ())}

    def showing(self, entity: str) -> list[str]:
        """The shots that show somebody or something."""
        return [i for i in self.order if entity in self._staged[i]]

    def telling(self, words: str, who: Collection[str] = (), among: Sequence[str] = ()) -> list[str]:
        """The shots that tell best what words say, with some people in them; none where nothing but them agrees."""
        wanted = tokens(words) - {t for e in who for t in tokens(self._names[e])}
        places = list(among) or self.order
        rare = {t: sum(t in self._told[i] for i in self.order) for t in wanted}
        score = {i: sum(1 / rare[t] for t in wanted & self._told[i]) for i in places}
        there = {i: score[i] + len(self._staged[i] & set(who)) / 10 for i in places if score[i]}
        best = max(there.values(), default=0.0)
        return [i for i in places if there.get(i, 0.0) >= best - 1e-6 and i in there]

    def set_in(self, words: str) -> list[str]:
        """The shots of the scenes whose place words name; none where all scenes or no scene is there."""
        wanted = tokens(words)
        found = []
        for scene in self.story.scenes:
            place = next(p for p in self.story.locations if p.id == scene.location)
            if any(_is_part_of(w, t) for w in wanted for t in tokens(f"{place.name} {place.kind}")):
                found += [shot.id for shot in scene.shots]
        return found if len(found) < len(self.order) else []

    def called(self, document: Document, phrase: Phrase) -> list[str]:
        """Whom or what a phrase names: one, several where that cannot be told, none where nobody is called so."""
        items: tuple[Character | Prop, ...] = (*self.story.cast, *self.story.props)
        core = document.at(phrase.core)
        if re.search("[가-힣]", core):
            heard = list(dict.fromkeys(item.id for *_, item in named(core, self.story)))
            if heard:
                return heard
        heads = forms(phrase.head.lemma.lower())
        for part in (_by_name, _by_kind, _by_any):
            found = [item.id for item in items if heads & part(item)]
            if found:
                return self._narrowed(found, phrase)
        species = {m.word for m in find("species", phrase.head.text) if m.fit != "near"} - {"person"}
        drawn = [c.id for c in self.story.cast if species & {m.word for m in find("species", c.kind)}]
        return drawn or self._of_sex(phrase)

    def _narrowed(self, found: list[str], phrase: Phrase) -> list[str]:
        said = {w.lower() for a in (*phrase.adjectives, *phrase.compounds) for w in a.split()}
        fitting = [i for i in found if said & {w.lower() for w in self._names[i].split()}]
        return fitting or found

    def _of_sex(self, phrase: Phrase) -> list[str]:
        """'The man', 'the old woman': those of the cast that may be one."""
        for pronoun, words in (("she", lexicon("female")), ("he", lexicon("male"))):
            if phrase.head.lemma.lower() in words:
                return [c.id for c in self.story.cast if fits(c, pronoun)]
        return []

    def meant(self, pronoun: str, among: Sequence[str], shots: Sequence[str]) -> list[str]:
        """Whom a pronoun may stand for: those named before, else those in some shots, else anybody it fits."""
        people = {c.id: c for c in self.story.cast}
        fitting = [i for i, c in people.items() if fits(c, pronoun)]
        opposite = {"she": "he", "he": "she"}.get(pronoun)
        possible = [i for i, c in people.items() if opposite and not fits(c, opposite)]
        before = [i for i in among if i in fitting] or [i for i in among if i in possible]
        if before:
            return before[-1:]
        seen = self.present(shots)
        there = [i for i in fitting if i in seen] or [i for i in possible if i in seen]
        return there or fitting

    def wears(self, entity: str, words: str) -> str | None:
        """The garment of somebody that words name, as the story writes it."""
        person = next((c for c in self.story.cast if c.id == entity), None)
        wanted = tokens(words)
        if person is None:
            return None
        garments = [g for state in person.wardrobe for g in state.garments]
        return next((g.item for g in garments if wanted & tokens(g.item)), None)

    def feature(self, entity: str, words: str) -> str | None:
        """The feature of somebody that words name: 'torn ears' of 'ears'."""
        person = next((c for c in self.story.cast if c.id == entity), None)
        parts = [part.strip() for part in person.features.split(",")] if person else []
        wanted = tokens(words)
        return next((part for part in parts if wanted & tokens(part)), None)


def _is_part_of(word: str, compound: str) -> bool:
    """'roof' is named in 'rooftop'."""
    return word == compound or (len(word) > 3 and ":" not in word and compound.startswith(word))


def _by_name(item: Character | Prop) -> set[str]:
    return {word.lower() for word in re.findall(r"[^\W\d_]{2,}", f"{item.id} {item.name}")} - {"the", "of"}


def _by_kind(item: Character | Prop) -> set[str]:
    """What it is: the noun of its kind, before any 'of' or 'with'."""
    head = re.split(r"\b(?:of|with|in|from)\b|,", item.kind)[0].split()
    return forms(head[-1].lower()) if head else set()


def _by_any(item: Character | Prop) -> set[str]:
    return {form for word in item.kind.lower().split() for form in forms(word)}
