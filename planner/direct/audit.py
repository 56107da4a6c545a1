"""The coverage check: every word of an intent that could be a picture is in the story, or its fate is said."""

from __future__ import annotations

from collections.abc import Sequence

from omni_model.spec.conditioning import Capabilities
from planner.direct.breakdown import Breakdown
from planner.film.ground import WordMatch, ground, stem_phrase
from planner.film.lowering import Lowering
from planner.language.english import is_noun
from planner.language.mentions import is_lost
from planner.language.text import Tag, noun, sentences, tags, unknown, verbs
from planner.story.story import Character, Story

#: Kinds of words and what they are in a story, for a person who reads the record.
KINDS = {"species": "character", "setting": "place", "time": "time", "weather": "weather", "mood": "mood",
         "colour": "colour", "wardrobe": "wardrobe", "prop": "prop"}  # fmt: skip


def audit(intent: str, story: Story, breakdown: Breakdown, capabilities: Capabilities) -> tuple[Lowering, ...]:
    """The fate of each word of the intent, each word once, in reading order; then of what has no time."""
    told = _story_words(story)
    sought = breakdown.outline.quests
    entries: dict[tuple[str, str], Lowering] = {}
    told_in = sentences(intent)
    for tag in (t for sentence in told_in for t in tags(sentence)):
        text = noun(tag.kind, tag.mention.text)
        if sought and is_lost(text):
            fate = Lowering(directive=f"state: {text}", outcome="honoured", detail="not seen until it is found")
        else:
            fate = _fate(tag, text, told, story, capabilities)
        entries.setdefault((tag.kind, text.lower()), fate)
    entries.update({("verb", v.mention.text.lower()): _deed(v, story, capabilities) for s in told_in for v in verbs(s)})
    entries.update({("unknown", w.lower()): _unknown(w, story, capabilities) for w in unknown(intent)})
    late = (
        Lowering(directive=f"event: {e.text[:100]}", outcome="refused", detail="the film has no time for it")
        for e in breakdown.dropped
    )
    return (*entries.values(), *late)


def _story_words(story: Story) -> dict[str, list[str]]:
    """kind -> the author's words that the story holds of that kind."""
    garments = [g for c in story.cast for s in c.wardrobe for g in s.garments]
    return {
        "species": [c.kind for c in story.cast],
        "setting": [place.kind for place in story.locations],
        "time": [s.time for s in story.scenes],
        "weather": [s.weather for s in story.scenes],
        "mood": [s.mood for s in story.scenes] + [shot.mood for _, shot in story.shots],
        "colour": [c.colour for c in story.cast] + [p.colour for p in story.props] + [g.colour for g in garments],
        "wardrobe": [g.item for g in garments],
        "prop": [p.kind for p in story.props],
    }


def _fate(tag: Tag, text: str, told: dict[str, list[str]], story: Story, capabilities: Capabilities) -> Lowering:
    if tag.kind == "setting" and (place := next((p for p in story.locations if p.name == text != p.kind), None)):
        how = ground("setting", place.kind, capabilities.vocabulary)
        return Lowering(directive=f"{KINDS[tag.kind]}: {text}", outcome=how.outcome, detail=how.detail)
    text = text if is_noun(text) or tag.kind != "setting" else tag.mention.word  # 'coastal' stands for a coast
    kind = next((k for k in (tag.kind, *KINDS) if _holds(told[k], text)), "")
    if kind:
        how = ground(kind, text, capabilities.vocabulary)
        return Lowering(directive=f"{KINDS[kind]}: {text}", outcome=how.outcome, detail=how.detail)
    return _untold(f"{KINDS[tag.kind]}: {text}", text, story, tag.mention)


def _untold(directive: str, text: str, story: Story, mention: WordMatch | None) -> Lowering:
    if featured := [c.name for c in story.cast if _holds([c.features], text)]:
        return _kept(directive, f"kept as a feature of {featured[0]}; it shows only in what {featured[0]} does")
    if any(_holds([shot.description], text) for _, shot in story.shots):
        return _refused(directive, "told in the description of a shot, but not drawn")
    return _refused(directive, "understood as a word, but no shot shows it" if mention else "not understood")


def _unknown(word: str, story: Story, capabilities: Capabilities) -> Lowering:
    directive = f"word: {word}"
    if named := [c for c in story.cast if _is(c, word)]:
        how = ground("species", named[0].kind, capabilities.vocabulary)
        if named[0].references:
            return Lowering(directive=directive, outcome="honoured", detail="as its picture shows")
        return _kept(directive, how.detail or f"nothing is known of {word!r}: drawn as a {how.word}")
    return _untold(directive, word, story, None)


def _deed(verb: Tag, story: Story, capabilities: Capabilities) -> Lowering:
    """A verb is honoured where somebody does it, approximated where other actions tell it."""
    text, directive = verb.mention.text, f"action: {verb.mention.text}"
    if any(_holds([s.action], text) for _, shot in story.shots for s in shot.staging):
        how = ground("action", text, capabilities.vocabulary)
        return Lowering(directive=directive, outcome=how.outcome, detail=how.detail)
    return _kept(directive, "told by what is seen before, during and after it, not shown by itself")


def _is(character: Character, word: str) -> bool:
    return word.lower() in (character.name.lower(), character.kind.lower())


def _holds(told: Sequence[str], text: str) -> bool:
    wanted = stem_phrase(text)
    return any(_within(wanted, stem_phrase(words_)) for words_ in told)


def _within(wanted: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return any(phrase[i : i + len(wanted)] == wanted for i in range(len(phrase) - len(wanted) + 1))


def _kept(directive: str, detail: str) -> Lowering:
    return Lowering(directive=directive, outcome="approximated", detail=detail)


def _refused(directive: str, detail: str) -> Lowering:
    return Lowering(directive=directive, outcome="refused", detail=detail)
