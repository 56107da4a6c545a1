"""Who and what of a film words name: names, what somebody is, other words for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from planner.film.grammar import grammar
from planner.film.ground import find, stem
from planner.language.korean import sound
from planner.language.text import lexicon, words
from planner.story.story import Character, Prop, Story

_KOREAN = re.compile("[가-힣]")


def named(text: str, story: Story) -> Iterator[tuple[int, int, Character | Prop]]:
    """Characters and props by name, by their own words, or by other words for what they are."""
    everything: tuple[Character | Prop, ...] = (*story.cast, *story.props)
    for item in everything:
        for name in {item.name, item.id, re.sub(r"^the ", "", item.name, flags=re.I), item.kind}:
            for match in re.finditer(whole(name), text, re.I):
                yield match.start(), match.end(), item
    for match in re.finditer("[가-힣]{1,12}", text):
        heard = {sound(match.group()[:cut]): cut for cut in _name_ends(match.group())}
        for item in everything:
            for own in _sounds(item.name):
                if own in heard:
                    yield match.start(), match.start() + heard[own], item
    for kind, items in (("species", story.cast), ("prop", story.props)):
        for mention in find(kind, text):
            alike = [i for i in items if _drawn_as(kind, i.kind) == mention.word]
            exact = [i for i in alike if stem(i.kind.split()[-1]) == stem(mention.text.split()[-1])]
            new = re.search(r"\b(?:an?|another)\s+(?:\w+\s+)?$", text[: mention.start], re.I)
            strange = (mention.fit == "near" or (new is not None and mention.word == "person")) and not exact
            if (exact or alike) and not strange:
                yield (
                    mention.start,
                    mention.end,
                    next((i for i in alike if _is_of_sex(i, mention.text)), (exact or alike)[0]),
                )


@lru_cache(maxsize=256)
def _sounds(name: str) -> frozenset[str]:
    """How a foreign name may sound in Korean: all of it or its last word; a final e may be heard."""
    if _KOREAN.search(name):
        return frozenset()
    spoken = {name, name.split()[-1]}
    spoken |= {re.sub("e$", "a", part) for part in spoken} | {
        re.sub("[eo]r$", "", part) + "o" for part in spoken if part[-1] == "r"
    }
    return frozenset(heard for part in spoken if len(heard := sound(part)) > 1)


def _name_ends(token: str) -> list[int]:
    """Where a name may end in a Korean word: before any of its particles."""
    return [cut for cut in range(1, len(token) + 1) if cut == len(token) or _are_particles(token[cut:])]


def _are_particles(ending: str) -> bool:
    known = grammar().particles
    return ending in known or any(ending[:at] in known and ending[at:] in known for at in range(1, len(ending)))


@lru_cache(maxsize=256)
def whole(name: str) -> str:
    """A name as a whole word, with the endings that it may carry."""
    escaped = re.escape(name)
    return escaped if _KOREAN.search(name) else rf"(?<!\w){escaped}(?:['’]?s)?(?!\w)"


def _drawn_as(kind: str, words: str) -> str:
    found = find(kind, words)
    return found[-1].word if found else ""


def _is_of_sex(item: Character | Prop, word: str) -> bool:
    """Whether a word for a man or a woman says what a character is known to be: 'the man', '아저씨'."""
    if not isinstance(item, Character):
        return False
    said = {stem(w) for w in words(word)}
    said |= {w[:cut] for w in said for cut in range(2, len(w)) if _KOREAN.match(w)}
    return any(
        said & names and fits(item, pronoun) for pronoun, names in (("she", lexicon("female")), ("he", lexicon("male")))
    )


def fits(character: Character, pronoun: str) -> bool:
    """Whether a pronoun may stand for a character, by what is known of it."""
    told = {w.lower() for w in words(f"{character.kind} {character.name}")}
    person = any(m.word == "person" for m in find("species", character.kind))
    match pronoun:
        case "she":
            return bool(told & lexicon("female"))
        case "he":
            return bool(told & lexicon("male"))
        case "it":
            return not person
    return True
