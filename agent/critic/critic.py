"""The critic: looks at pixels, through its own network and through plain measures, and says what is wrong.

It never writes a prompt: every note carries a figure, the bound that it broke, and a typed change of the
Conditioning. It is never the network that reports final figures (that is the examiner).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from agent.critic.checks import by_measure
from agent.critic.findings import CheckResult, ReviewInput, Threshold, add_up
from agent.critic.framing import SHEET_BOX, still_of, visible_box
from agent.critic.judge import Judge
from agent.critic.review import (
    AddKeyframes,
    ConditioningChange,
    Evidence,
    Note,
    NoteSeverity,
    ObservedAttribute,
    RaiseGuidance,
    RaiseReference,
    Review,
)
from omni_model.eyes.perception import Perception, Reading
from omni_model.spec.captions import SceneFacts, SubjectFacts

SCENE = ("setting", "time", "weather", "mood", "style")
SUBJECT = ("species", "colour")
#: A wrong style is a matter of taste, a wrong place or hour is not.
_SEVERITY: dict[str, NoteSeverity] = {"style": "minor"}
_SEEN, _SURE = 0.5, 0.65
"""Probability from which a word enters the ledger as seen, and from which it is held against a take.

On clean clips of the world that it never saw, the network is sure of a wrong word in 0 to 2 of 100.
"""
_ADMIT = 0.75
"""Similarity to the sheet from which a frame may stand for its entity."""
IDENTITY = Threshold("identity", 0.08, "{subject} is unlike its sheet (similarity {figure:.2f})", at_least=True)


@dataclass(frozen=True)
class KeyframeCandidate:
    """A frame that could stand for an entity: uint8 [3, h, w], what its box shows in frame ``index``."""

    entity: str
    image: Tensor
    fidelity: float
    threshold: float
    index: int


class Critic:
    """``perception`` None: no weights are at hand, and what needs a network is recorded as skipped."""

    def __init__(self, perception: Perception | None) -> None:
        self._perception = perception

    @property
    def digest(self) -> str:
        """Digest of the network's weights, or 'measures' without one."""
        return self._perception.digest if self._perception else "measures"

    def review(self, shown: ReviewInput, judge: Judge | None = None) -> Review:
        """Everything that there is to say about a take, and what a judge says beside it."""
        judged = judge.look(shown) if judge else ()
        return add_up([*self._scene(shown), *self._subjects(shown), *by_measure(shown), *judged])

    def see(self, shown: ReviewInput) -> list[ObservedAttribute]:
        """What the take shows, attribute by attribute, whatever was asked; nothing without a network."""
        if self._perception is None:
            return []
        scene = self._perception.scene(shown.frames)
        seen = [_seen("scene", kind, scene) for kind in SCENE]
        for subject in shown.facts.subjects:
            box = visible_box(shown.conditioning, subject.entity)
            if box is not None:
                reading = self._perception.subject(shown.frames, box)
                seen += [_seen(subject.entity, kind, reading) for kind in SUBJECT]
        return seen

    def keyframes(self, shown: ReviewInput) -> list[KeyframeCandidate]:
        """The middle frame of every subject that can be compared with its sheet."""
        middle = len(shown.frames) // 2
        found = []
        for subject in shown.facts.subjects:
            box = visible_box(shown.conditioning, subject.entity)
            fidelity = self._similarity(shown, subject.entity, box)
            if box is not None and fidelity is not None:
                image = still_of(shown.frames[middle], box[middle])
                found.append(KeyframeCandidate(subject.entity, image, fidelity, _ADMIT, middle))
        return found

    def likeness(self, subject: SubjectFacts, sheet: Tensor) -> list[CheckResult]:
        """How well a sheet, uint8 [3, S, S], shows what it should: species, colour, wardrobe."""
        if self._perception is None:
            return [CheckResult(kind, skipped=True) for kind in (*SUBJECT, "wardrobe")]
        reading = self._perception.subject(sheet[None], SHEET_BOX[None])
        return list(_worn_and_looks(subject, reading, (0, 0)))

    def place(self, facts: SceneFacts, plate: Tensor) -> list[CheckResult]:
        """How well a plate, uint8 [3, H, W], shows the place in its light."""
        if self._perception is None:
            return [CheckResult(kind, skipped=True) for kind in SCENE]
        return _looks(facts, self._perception.scene(plate[None]), (0, 0))

    def _scene(self, shown: ReviewInput) -> list[CheckResult]:
        if self._perception is None:
            return [CheckResult(kind, skipped=True) for kind in SCENE]
        return _looks(shown.facts, self._perception.scene(shown.frames), shown.span)

    def _subjects(self, shown: ReviewInput) -> Iterator[CheckResult]:
        for subject in shown.facts.subjects:
            box = visible_box(shown.conditioning, subject.entity)
            if self._perception is None or box is None:
                yield from (CheckResult(kind, skipped=True) for kind in (*SUBJECT, "wardrobe", "identity"))
                continue
            yield from _worn_and_looks(subject, self._perception.subject(shown.frames, box), shown.span)
            similarity = self._similarity(shown, subject.entity, box)
            if similarity is None:
                yield CheckResult("identity", skipped=True)
            else:
                proposal = AddKeyframes(entity=subject.entity)
                yield IDENTITY.judge(similarity, shown.span, proposal, subject.entity, score=max(0.0, similarity))

    def _similarity(self, shown: ReviewInput, entity: str, box: Tensor | None) -> float | None:
        """Cosine between the subject in its boxes and on its sheet; None when it cannot be compared."""
        sheet = shown.stills.get((entity, "sheet"))
        if self._perception is None or box is None or sheet is None:
            return None
        there = self._perception.embedding(shown.frames, box)
        return float(there @ self._perception.embedding(sheet[None], SHEET_BOX[None]))


def _looks(facts: SceneFacts, reading: Reading, span: tuple[int, int]) -> list[CheckResult]:
    return [_word(kind, getattr(facts, kind), reading, span, RaiseGuidance()) for kind in SCENE]


def _worn_and_looks(subject: SubjectFacts, reading: Reading, span: tuple[int, int]) -> Iterator[CheckResult]:
    stronger = RaiseReference(entity=subject.entity)
    for kind in SUBJECT:
        yield _word(kind, getattr(subject, kind), reading, span, stronger, f"{subject.entity}: ")
    for garment in subject.wardrobe:
        worn = reading.probabilities["wardrobe"].get(garment.item)
        if worn is None:
            yield CheckResult("wardrobe", skipped=True)
            continue
        text = f"{subject.entity}: the {garment.item} is not there ({{figure:.0%}})"
        yield Threshold("wardrobe", 0.05, text, "minor", at_least=True).judge(worn, span, stronger, score=worn)


def _word(
    kind: str, wanted: str, reading: Reading, span: tuple[int, int], proposal: ConditioningChange, prefix: str = ""
) -> CheckResult:
    """The finding on one attribute: noted when another word is likely and the wanted one is not."""
    words = reading.probabilities[kind]
    if wanted not in words:
        return CheckResult(kind, skipped=True)
    seen, probability = reading.best(kind)
    score = round(words[wanted], 4)
    if seen == wanted or probability < _SURE:
        return CheckResult(kind, score)
    text = f"{prefix}{kind} should be {wanted} and looks like {seen} ({probability:.0%})"
    evidence = Evidence(frames=span, figure=round(probability, 4), bound=_SURE)
    severity = _SEVERITY.get(kind, "major")
    return CheckResult(
        kind,
        score,
        note=Note(dimension=kind, severity=severity, text=text, evidence=evidence, proposal=proposal),
    )


def _seen(entity: str, kind: str, reading: Reading) -> ObservedAttribute:
    word, probability = reading.best(kind)
    value = word if probability >= _SEEN else None
    return ObservedAttribute(entity=entity, attribute=kind, value=value, probability=probability)
