"""The judge: a language model that sees, asked about takes beside what is measured.

Every question is answered by yes or no and scored by token probability, p(yes) / (p(yes) + p(no)). A question that is
not answered is a check that failed, with its reason: never a score, and never in the way of a verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from torch import Tensor

from agent.critic.findings import CheckResult, ReviewInput, Threshold
from agent.critic.framing import visible_box
from agent.critic.review import AddKeyframes, ConditioningChange, NewSeed, RaiseGuidance, RaiseReference
from omni_model.media import encode_image
from omni_model.spec.captions import SceneFacts, SubjectFacts, caption
from planner.llm.base import LanguageModel, LanguageModelError, Message
from planner.llm.scoring import share
from prompts import render

STILLS = 3
"""Frames of a take that are shown: the first, the last, and what lies evenly between."""
_SURE = 0.2
"""A take is held to be wrong where the judge says no with four to one."""

_TEXTS = {
    "subject": "{subject} is not there as asked",
    "wardrobe": "{subject} does not wear what it should",
    "place": "the place, its hour or its weather is another",
    "identity": "{subject} is unlike its sheet",
    "whole": "somebody is not whole",
}
_BOUNDS = {
    kind: Threshold(
        f"judge.{kind}",
        _SURE,
        f"{text} (yes with {{figure:.0%}})",
        severity="minor" if kind in ("wardrobe", "whole") else "major",
        at_least=True,
        by="judge",
    )
    for kind, text in _TEXTS.items()
}

Preference = Literal["first", "second", "undecided"]


class Judge:
    """``open`` gives the model, which must see; it is called for every question, and its failure is an answer's."""

    def __init__(self, open: Callable[[], LanguageModel]) -> None:
        self._open = open

    def look(self, shown: ReviewInput) -> Iterator[CheckResult]:
        """Every question about a take."""
        stills = _stills(shown.frames)
        for subject in shown.facts.subjects:
            yield from self._about(subject, shown, stills)
        facts = {"setting": shown.facts.setting, "time": shown.facts.time, "weather": shown.facts.weather}
        yield self._asked("place", shown, stills, RaiseGuidance(), **facts)
        yield self._asked("whole", shown, stills, NewSeed())

    def prefers(self, facts: SceneFacts, first: Tensor, second: Tensor) -> Preference:
        """Which of two takes shows a shot better, both uint8 [T, 3, H, W].

        Asked in both orders; where they disagree, the judge went by the order and is undecided.
        Raises LanguageModelError.
        """
        llm, a, b = self._open(), _stills(first), _stills(second)
        question = render("judge_better", shot=caption(facts), count=len(a))
        forth = share(llm, _message(question, (*a, *b)), "a", "b")
        back = share(llm, _message(question, (*b, *a)), "b", "a")
        if min(forth, back) > 0.5:
            return "first"
        return "second" if max(forth, back) < 0.5 else "undecided"

    def _about(self, subject: SubjectFacts, shown: ReviewInput, stills: tuple[bytes, ...]) -> Iterator[CheckResult]:
        entity, stronger = subject.entity, RaiseReference(entity=subject.entity)
        if visible_box(shown.conditioning, entity) is None:
            yield from (CheckResult(f"judge.{kind}", skipped=True) for kind in ("subject", "wardrobe", "identity"))
            return
        look = f"{subject.colour} {subject.species}".strip()
        yield self._asked("subject", shown, stills, stronger, entity, look=look, action=subject.action)
        species, worn = subject.species, [f"{g.colour} {g.item}".strip() for g in subject.wardrobe]
        if worn:
            yield self._asked("wardrobe", shown, stills, stronger, entity, species=species, garments=worn)
        sheet = shown.stills.get((entity, "sheet"))
        if sheet is None:
            yield CheckResult("judge.identity", skipped=True)
            return
        pictures = (encode_image(sheet), *stills)
        yield self._asked("identity", shown, pictures, AddKeyframes(entity=entity), entity, species=species)

    def _asked(
        self,
        kind: str,
        shown: ReviewInput,
        pictures: tuple[bytes, ...],
        proposal: ConditioningChange,
        entity: str = "",
        **values: object,
    ) -> CheckResult:
        bound = _BOUNDS[kind]
        try:
            yes = share(self._open(), _message(render("judge", kind=kind, **values), pictures))
        except LanguageModelError as error:
            return CheckResult(bound.dimension, failure=str(error))
        return bound.judge(round(yes, 4), shown.span, proposal, entity, score=round(yes, 4))


def _stills(frames: Tensor) -> tuple[bytes, ...]:
    """Evenly spaced frames of uint8 [T, 3, H, W] as PNG."""
    last = len(frames) - 1
    at = dict.fromkeys(round(i * last / (STILLS - 1)) for i in range(STILLS))
    return tuple(encode_image(frames[i]) for i in at)


def _message(question: str, pictures: tuple[bytes, ...]) -> list[Message]:
    return [Message(role="user", text=question, images=pictures)]
