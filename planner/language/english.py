"""Which parts of speech an English word can be, and a verb in other forms, out of a dictionary."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=8192)
def _readings(word: str) -> dict[str, tuple[str, ...]]:
    # The dictionary imports spaCy where that is installed, so it is opened with the first word.
    import lemminflect

    return dict(lemminflect.getAllLemmas(word.lower()))  # type: ignore[no-untyped-call]


def is_known(word: str) -> bool:
    """Whether a dictionary has a word, in any of its forms."""
    return bool(_readings(word))


def is_noun(word: str) -> bool:
    """Whether a word may be a noun; one that no dictionary knows may."""
    readings = _readings(word)
    return not readings or "NOUN" in readings


def is_plural(word: str) -> bool:
    """Whether a noun stands for several: 'athletes', 'men'."""
    lemmas = _readings(word).get("NOUN", ())
    return bool(lemmas) and word.lower() not in lemmas


@lru_cache(maxsize=8192)
def infinitive(word: str) -> str:
    """'completing', 'completes' or 'complete' -> 'complete'; empty for what is no verb. 'Wades' is of 'wade'."""
    import lemminflect

    lemmas = _readings(word).get("VERB", ())
    inflections: Any = lemminflect.getAllInflections
    usual = [lemma for lemma in lemmas if _is_usual(word.lower(), inflections(lemma, "VERB"))]
    return next(iter((*usual, *lemmas)), "")


def _is_usual(word: str, forms: dict[str, tuple[str, ...]]) -> bool:
    """Whether a word is the first form that a dictionary gives for a tense."""
    return any(word == several[0] for several in forms.values() if several)


@lru_cache(maxsize=8192)
def verb_form(word: str) -> str:
    """'VBZ' of 'waves', 'VB' of 'wave', 'VBD' of 'waved' or 'sang', 'VBG' of 'waving'; empty for what is no verb."""
    lemmas = _readings(word).get("VERB", ())
    if not lemmas or word in lemmas:
        return "VB" if lemmas else ""
    forms = {"ing": "VBG", "s": "VBZ"}
    return next((form for ending, form in forms.items() if word.endswith(ending)), "VBD")


def only_a_verb(word: str) -> bool:
    """Whether a word is a verb and nothing else: 'collaborate', not 'train'."""
    return set(_readings(word)) == {"VERB"}


def singular(noun: str) -> str:
    """'dishes' -> 'dish'; a noun that no dictionary knows stays as it is."""
    return str((*_readings(noun).get("NOUN", ()), noun)[0])


@lru_cache(maxsize=2048)
def third_person(verb: str) -> str:
    """'complete' -> 'completes'."""
    import lemminflect

    return str((*lemminflect.getInflection(verb, "VBZ"), verb)[0])  # type: ignore[no-untyped-call]
