"""Taking back one of the edits before, by what it was about: 'undo the hat thing', 'the first of those two'."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planner.edit.read.moments import tokens
from planner.edit.read.words import number
from planner.language.analysis import analyse
from planner.story.patch import Operation, Patch, Protected
from planner.story.story import Story

_BACK = re.compile(
    r"\b(?:undo|revert|(?:take|takes|took|taking) (?:that |it |this )?back|roll back|cancel|scrap)\b"
    r"|취소|되돌|원래대로",
    re.I,
)
_STAYS = re.compile(
    r"\b(?:but not|not the|(?:can|should|may|must) stay|stays?|keep|leave|like|good|fine)\b|마음에|그대로|놔|남겨|유지",
    re.I,
)
_ORDINAL = re.compile(
    r"\b(?P<n>first|second|third|last)(?: one)?(?: of (?:those|these|the|them))?\b|(?P<k>첫|두|세|마지막) ?번?째?", re.I
)


def taken_back(text: str, past: Sequence[Patch], story: Story) -> Patch | None:
    """The patch that takes one of those before back; None where none or several are meant."""
    if not _BACK.search(text) or len(past) < 2:
        return None
    parts = [part for part in re.split(r"[,.;]\s*|\s+but\s+", text) if part.strip()]
    undone = [n for part in parts if not _is_kept(part) for n in _meant(part, past, story)]
    stays = {n for part in parts if _is_kept(part) for n in _meant(part, past, story)}
    chosen = list(dict.fromkeys(n for n in undone if n not in stays))
    if len(chosen) != 1:
        return None
    operations = past[chosen[0]].operations
    scopes = dict.fromkeys((o.scope, o.field) for o in operations if o.op != "undo")
    steps = float(len(past) - chosen[0])
    undo = tuple(Operation(op="undo", scope=scope, field=field, value=steps, reason=text) for scope, field in scopes)
    kept = tuple(Protected(scope=o.scope, field=o.field) for n in stays for o in past[n].operations)
    return Patch(operations=undo, protected=kept) if undo else None


def _is_kept(part: str) -> bool:
    return bool(_STAYS.search(part)) and not _BACK.search(part)


def _meant(part: str, past: Sequence[Patch], story: Story) -> list[int]:
    """Which of the edits before words are about: by their number, or by what they share with one alone."""
    found = _ORDINAL.search(part)
    if found:
        count = number(found["n"] or found["k"]) or 0
        at = int(count) - 1 if count > 0 else len(past) + int(count)
        return [at] if 0 <= at < len(past) else []
    names = {e.id: f"{e.name} {e.kind}" for e in story.entities}
    about = [
        tokens(
            " ".join(
                f"{o.reason} {o.value or ''} {o.field} {names.get(o.scope.entity or '', '')}" for o in patch.operations
            )
        )
        for patch in past
    ]
    wanted = {t for w in analyse(part).words for t in tokens(w.text)}
    score = [len(wanted & words) for words in about]
    best = max(score, default=0)
    return [n for n, points in enumerate(score) if points == best] if best and score.count(best) == 1 else []
