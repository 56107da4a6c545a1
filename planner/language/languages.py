"""Which language a sentence is in, as far as there is a parser for it: English, Korean or another.

Libraries that identify languages take a third of short English film sentences with foreign names for other languages
(measured: py3langid 24 of 55, lingua 20 of 55). A dictionary of English knows more of so few words: what is not
capitalised is mostly in it, or the sentence is not English.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from planner.language import english
from planner.language.document import Language
from planner.language.text import lexicon

_WORD = re.compile(r"(?<![\w])[^\W\d_]+(?:['’-][^\W\d_]+)*")
_HANGUL = re.compile("[가-힣ㄱ-ㅎㅏ-ㅣ]")
_PREDICATE = re.compile("(?:다|요|까|줘|자|라|네|지|해|어|아|게|음|기|세|함|됨|임|죠|봐|마)[.!?…~\"”'’)]*\\s*$")
_LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]")
_ENGLISH = frozenset(
    re.findall(r"\w+", "the and with of is are who from his her its their this that in on at to by no not into")
)


def languages(sentences: Sequence[str]) -> list[Language]:
    """The language of each sentence; one whose words do not tell has that of most others."""
    found = [_language(sentence) for sentence in sentences]
    counts = Counter(language for language in found if language)
    usual: Language = max(counts, key=lambda language: counts[language], default="en")
    return [language or usual for language in found]


def _language(sentence: str) -> Language | None:
    words = _WORD.findall(sentence)
    if not words:
        return None
    korean = [w for w in words if _HANGUL.search(w)]
    latin = [w for w in words if _LATIN.match(w)]
    if len(korean) + len(latin) < len(words) / 2:
        return "other"
    if korean and (len(korean) >= len(latin) or _PREDICATE.search(sentence)):
        return "ko"
    return _written_in_latin(latin, sentence.isupper())


def _written_in_latin(words: Sequence[str], capitals: bool) -> Language | None:
    """English or not, by how many of the words that are no names are English."""
    long = [w for w in words if len(w) > 1]
    plain = [w.lower() for w in long if capitals or w[0].islower()]
    opens = bool(words) and words[0][0].isupper() and _is_english(words[0].lower())
    known = [w for w in plain if _is_english(w)]
    if not known and len(plain) < 2:
        return "en" if opens and "".join(plain).isascii() else "other" if plain and len(long) > 1 else None
    half = (opens and bool(known)) + (not capitals and "a" in words)
    evidence = len(known) + sum(w in _ENGLISH for w in known) + half / 2
    return "en" if 2 * evidence > len(plain) else "other"


def _is_english(word: str) -> bool:
    plain = re.split("['’]", word)[0]
    if plain in lexicon("function") or english.is_known(plain):
        return True
    return "-" in plain and all(_is_english(part) for part in plain.split("-") if part)
