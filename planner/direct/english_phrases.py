"""English noun phrases and sentences, put together out of the words of a brief."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from planner.language import english
from planner.language.english import is_noun
from planner.language.text import is_adjective
from planner.story.brief import Person, Thing

_POSTFIX = re.compile(
    r"(?:with|without|in|of|on|at|from|by|near|under|over|behind|beside|full|made|who|that|which|whose|like|between|"
    r"above|below|along|around|against|about|after|before|to|for|\w+ing)\b"
)
_PREPOSITION = re.compile(r"^(?:in|on|at|of|from|by|near|under|over|behind|beside|between|above|below|along|around)\b")


def joined(parts: Sequence[str]) -> str:
    """'a, b and c'."""
    said = [part for part in parts if part]
    return " and ".join(filter(None, [", ".join(said[:-1]), *said[-1:]]))


def clipped(text: str, most: int) -> str:
    """A text of at most so many characters, cut between words."""
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def bare(words: str) -> str:
    """Words without what introduces them: 'with a long grey beard' -> 'long grey beard'."""
    return re.sub(r"^(?:(?:with|wearing|has|having)\s+)?(?:(?:a|an|the|his|her|its|their)\s+)?", "", words, flags=re.I)


def plural(noun: str) -> str:
    """'penguin' -> 'penguins', 'mouse' -> 'mice'."""
    head, _, last = noun.rpartition(" ")
    if is_several(last):
        return noun
    import lemminflect  # opened with the first plural: it reads a dictionary

    several = (*lemminflect.getInflection(last, "NNS"), last)[0]  # type: ignore[no-untyped-call]
    return f"{head} {several}".strip()


def with_looks(article: str, kind: str, looks: Collection[str]) -> str:
    """'the old clockmaker with a long grey beard': adjectives before the noun, the rest after it."""
    before = [look for look in looks if is_adjectival(look) and len(look) <= 30]
    after = [look for look in looks if look not in before]
    noun = " ".join(filter(None, (*before, kind)))
    return " ".join(f"{article}{noun}".split()) + ",".join(map(_after, after)).replace(", with ", " and ")


def _after(look: str) -> str:
    """A look as it stands after the noun: ' with a long grey beard', ' in Paris', ', 50s'."""
    if _POSTFIX.match(look.lower()):
        return f" {look}"
    return f" with {_noun(look)}" if look.split()[-1].isalpha() and not is_adjectival(look) else f", {look}"


def leading(looks: Collection[str], kind: str) -> str:
    """The word that stands first, looks included: its article fits it."""
    return next((look for look in looks if is_adjectival(look)), kind)


def _noun(look: str) -> str:
    return look if is_several(head_of(look)) or determined(look) else f"{article_of(look)}{look}"


def is_adjectival(look: str) -> bool:
    """Whether a look stands before the noun: 'old', 'leather', not 'long grey beard'."""
    words = look.lower().split()
    if not words or _POSTFIX.match(look.lower()):
        return False
    last = words[-1]
    if not last.replace("-", "").isalpha():
        return False
    material = len(words) == 1 and not is_several(last)
    return is_adjective(last) or (last.endswith("ed") and len(words) < 3) or not is_noun(last) or material


def determined(words: str) -> bool:
    """Whether a phrase has an article or a number already."""
    return bool(re.match(r"(?:a|an|the|his|her|its|their|my|our|some|two|three|four|five|\d+)\s", words, re.I))


def head_of(words: str) -> str:
    """The noun that a phrase is about: 'tray' of 'tray of glasses'."""
    return re.split(r"\s+(?:of|in|on|at|with|from|for)\s+", words)[0].split(" ")[-1]


def article_of(words: str) -> str:
    """The indefinite article before a phrase, with a space; empty for several."""
    if not words or determined(words) or is_several(head_of(words)):
        return ""
    return "an " if words[0].lower() in "aeiou" else "a "


def names_of(found: Person | Thing) -> list[str]:
    """What somebody or something is called, other names included."""
    aliases = found.aliases if isinstance(found, Person) else ()
    return [name for name in (found.name, *aliases, found.kind) if name]


def mention_pattern(names: Sequence[str]) -> str:
    """A pattern of a mention of somebody: 'the ghost', 'a pale ghost', 'ghosts'."""
    said = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or "(?!)"
    return rf"\b(?:(?:the|a|an|this|that|his|her|their|its)\s+(?:[\w-]+\s+)??)?(?:{said})s?\b"


def is_several(noun: str) -> bool:
    """Whether a noun stands for several; one that the dictionary does not know, by its ending."""
    return english.is_plural(noun) or (len(noun) > 3 and bool(re.search(r"[^sui]s$", noun)))


def upper(text: str) -> str:
    """Begun with a capital."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Begun with a capital and ended."""
    text = clipped(" ".join(text.split()), 1900)
    return upper(text if text.endswith((".", "!", "?", "…", "”", '"')) else f"{text}.") if text else ""


def spelt(count: int) -> str:
    """A number as it is written in a sentence."""
    words = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    return words[count] if count < len(words) else str(count)


def at_hour(time: str) -> str:
    """'at dusk', 'in the morning', 'in spring'."""
    if re.match(r"(?:at|in|on|during|before|after|early|late|the|a|an|one)\b", time.lower()):
        return time if not time.lower().startswith(("early", "late", "the", "a ", "an ", "one")) else f"in {time}"
    return (
        f"in {time}"
        if time.lower() in ("spring", "summer", "autumn", "winter")
        else f"{_hour_preposition(time)} {time}"
    )


def _hour_preposition(time: str) -> str:
    last = time.lower().split()[-1]
    return "in the" if last in ("morning", "afternoon", "evening") else "by" if last == "day" else "at"


def is_prepositional(look: str) -> bool:
    """Whether a look says where something is: 'in Paris'."""
    return bool(_PREPOSITION.match(look))
