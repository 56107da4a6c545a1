"""Pacing: which of the possible shots a film has time for, and how long each of them lasts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from planner.direct.coverage import NEEDED, View, speaking
from planner.story.brief import Speech

SHORTEST = 1.0
"""Seconds below which a shot is not understood; shorter ones are told together with their neighbours."""
LEAST = 0.6
"""Share of its usual length down to which a shot is cut in a film that is short of time."""
USUAL_RANK = 1
"""Views up to this rank are in a film whose length nobody says."""
LIKE, APART = 0.12, 1.2
"""Neighbours less different than this are made different by that factor."""
MOST_LINES, MOST_WORDS = 8, 196
_GOLDEN = 0.618034

Scenes = list[list[View]]


def chosen(scenes: Sequence[Sequence[View]], seconds: float, count: int | None, bare: bool, turn: float) -> Scenes:
    """The views that are filmed, in film order: exactly ``count`` of them where that is asked for, else as many as
    ``seconds`` hold. ``bare``: those alone that the story needs; ``turn`` (0..1) decides between equals."""
    ranked = sorted(
        (_preference(view, s, n, turn), s, n) for s, views in enumerate(scenes) for n, view in enumerate(views)
    )
    kept = {(s, n) for _, s, n in ranked if scenes[s][n].rank == NEEDED}
    kept |= {(s, 0) for s, views in enumerate(scenes) if not any((s, n) in kept for n in range(len(views)))}
    room = seconds - sum(scenes[s][n].seconds for s, n in kept)
    for _, s, n in ranked:
        more = len(kept) < count if count else not bare and scenes[s][n].seconds <= room
        if (s, n) not in kept and more:
            kept.add((s, n))
            room -= scenes[s][n].seconds
    found = [[view for n, view in enumerate(views) if (s, n) in kept] for s, views in enumerate(scenes)]
    return divided(fewer(found, count or max(int(seconds / SHORTEST), len(found))), count or 0)


def divided(scenes: Scenes, least: int) -> Scenes:
    """At least ``least`` shots: the longest are divided, and each part is framed in its own way."""
    while 0 < sum(map(len, scenes)) < least:
        places = [(s, n) for s, views in enumerate(scenes) for n in range(len(views))]
        s, n = max(places, key=lambda at: scenes[at[0]][at[1]].seconds)
        half = scenes[s][n]._replace(seconds=scenes[s][n].seconds / 2)
        scenes[s][n : n + 1] = [half, half._replace(lines=())]
    return scenes


def natural(scenes: Sequence[Sequence[View]]) -> float:
    """Seconds that a story takes of its own."""
    return sum(view.seconds for views in scenes for view in views if view.rank <= USUAL_RANK)


def spoken(lines: Sequence[Speech]) -> float:
    """Seconds that lines take."""
    return sum(map(speaking, lines))


def _preference(view: View, scene: int, n: int, turn: float) -> tuple[float, ...]:
    """Lower ranks first, and among equals all over the film instead of its beginning alone."""
    return (view.rank, ((scene * 31 + n + 1) * _GOLDEN + turn) % 1.0)


def fewer(scenes: Scenes, most: int) -> Scenes:
    """At most ``most`` shots, one a scene at least: neighbours are told in one."""
    while sum(map(len, scenes)) > most and any(len(views) > 1 for views in scenes):
        pairs = [(a.seconds + b.seconds + (a.part != b.part), s, n) for s, views in enumerate(scenes)
                 for n, (a, b) in enumerate(pairwise(views))]  # fmt: skip
        _, s, n = min(pairs)
        scenes[s][n : n + 2] = [_told_together(*scenes[s][n : n + 2])]
    return scenes


def _told_together(first: View, second: View) -> View:
    """Two views as one shot, which shows and serves what both do."""
    happens = f"{first.happens} {second.happens}"
    main = first if first.part == "event" or second.part != "event" else second
    lines = (*first.lines, *second.lines)
    return main._replace(
        happens=happens
        if len(happens) <= MOST_WORDS
        else main.happens
        if len(main.happens) > 90
        else _halves(first, second),
        key=(*first.key, *second.key),
        rank=min(first.rank, second.rank),
        seconds=max(first.seconds, second.seconds, 0.8 * (first.seconds + second.seconds), sum(map(speaking, lines))),
        figures=tuple(dict.fromkeys((*first.figures, *second.figures))),
        actions={**second.actions, **first.actions},
        events=tuple(dict.fromkeys((*first.events, *second.events))),
        lines=lines,
        others=tuple(dict.fromkeys((*first.others, *second.others))),
    )


def _halves(first: View, second: View) -> str:
    half = MOST_WORDS // 2 - 1
    return " ".join(
        v.happens if len(v.happens) <= half else v.happens[: half - 1].rsplit(" ", 1)[0] + "…" for v in (first, second)
    )


def lengths(views: Sequence[View], seconds: float, even: bool = False) -> list[float]:
    """Seconds of each shot, together ``seconds``. ``even``: all alike. Where there is time those grow that can; where
    it is short all shrink, and what is said last."""
    if even:
        return [seconds / len(views)] * len(views)
    wanted = [view.seconds for view in views]
    spare = seconds - sum(wanted)
    if spare >= 0:
        room = sum(view.seconds * view.grows for view in views) or 1.0
        found = [view.seconds * (1 + view.grows * spare / room) for view in views]
    else:
        found = _shrunk(views, wanted, -spare)
    return _fitted(_told_apart(found, views), views, seconds)


def _shrunk(views: Sequence[View], wanted: Sequence[float], excess: float) -> list[float]:
    least = [max(w * LEAST, min(sum(map(speaking, v.lines)), w)) for v, w in zip(views, wanted, strict=True)]
    give = sum(wanted) - sum(least)
    share = min(1.0, excess / give) if give > 0 else 0.0
    return [w - (w - m) * share for w, m in zip(wanted, least, strict=True)]


def _told_apart(found: Sequence[float], views: Sequence[View]) -> list[float]:
    """No shot as long as the one before it: of two the one that can grow more grows."""
    result = list(found)
    for at in range(1, len(result)):
        if abs(result[at] - result[at - 1]) <= LIKE * max(result[at], result[at - 1]):
            longer = at % 2 == 0 or bool(views[at].lines)
            result[at] *= APART if longer else 1 / APART
    return result


def _fitted(found: Sequence[float], views: Sequence[View], seconds: float) -> list[float]:
    """Lengths that fill ``seconds``; where all lines have time enough, none is cut."""
    least = [spoken(view.lines) for view in views]
    if sum(least) >= seconds:
        return [length * seconds / sum(found) for length in found]
    full = set[int]()
    while True:
        rest = sum(length for n, length in enumerate(found) if n not in full)
        scale = (seconds - sum(least[n] for n in full)) / rest
        short = {n for n, length in enumerate(found) if n not in full and length * scale < least[n]}
        if not short or len(full | short) == len(found):
            return [least[n] if n in full else length * scale for n, length in enumerate(found)]
        full |= short
