"""From notes to the next take's conditioning: each typed change, the budget, and determinism."""

from __future__ import annotations

import pytest

from agent.budget import Budget
from agent.critic.review import (
    AddKeyframes,
    ConditioningChange,
    Evidence,
    MoreSteps,
    NewSeed,
    Note,
    RaiseGuidance,
    RaiseReference,
    RedoRegion,
    Review,
)
from agent.critic.revise import revise
from omni_model.spec.conditioning import Capabilities, Conditioning, Reference, Region

CLIP, SHEET, KEYFRAME = "c" * 64, "a" * 64, "b" * 64
ASKED = Conditioning(caption="@fox stands", references=(Reference(image=SHEET, role="sheet", entity="fox"),), seed=5)
CAPABILITIES = Capabilities(
    name="t", fps=12, width=112, height=64, sheet_size=64, frame_grid=4, max_frames=49, max_references=2,
    max_subjects=2, context_roles=frozenset({"edit"}),
)  # fmt: skip


def noted(*changes: ConditioningChange, severity: str = "major") -> Review:
    notes = tuple(
        Note.model_validate(
            {
                "dimension": "d",
                "severity": severity,
                "text": "t",
                "evidence": Evidence(frames=(0, 8), figure=0.1, bound=0.5),
                "proposal": change,
            }
        )
        for change in changes
    )
    return Review(scores={}, notes=notes, verdict="revise" if severity == "major" else "accept")


def revised(review: Review, attempt: int = 0, capabilities: Capabilities = CAPABILITIES) -> Conditioning | None:
    return revise(
        ASKED, review, attempt=attempt, clip=CLIP, budget=Budget(), capabilities=capabilities,
        keyframes=lambda entity, count: [SHEET, KEYFRAME, CLIP],
    )  # fmt: skip


def test_a_new_seed_changes_nothing_else() -> None:
    found = revised(noted(NewSeed()))
    assert found is not None
    assert found.seed != ASKED.seed
    assert found.model_copy(update={"seed": ASKED.seed}) == ASKED


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        (MoreSteps(factor=1.5), "steps", 12),
        (RaiseGuidance(add=0.5), "guidance", 1.5),
        (RaiseReference(entity="fox", factor=1.25), "references", 1.25),
        (AddKeyframes(entity="fox"), "references", KEYFRAME),
        (RedoRegion(region=Region(x0=0, y0=0, x1=0.5, y1=1)), "context", CLIP),
    ],
)
def test_each_change_reaches_its_field(change: ConditioningChange, field: str, value: object) -> None:
    found = revised(noted(change))
    assert found is not None
    assert str(value) in str(getattr(found, field))
    assert getattr(found, field) != getattr(ASKED, field)
    assert found.seed != ASKED.seed


def test_references_stay_within_what_the_generator_takes() -> None:
    found = revised(noted(AddKeyframes(entity="fox", count=4)))
    assert found is not None and len(found.references) == CAPABILITIES.max_references


def test_a_region_is_not_redone_by_a_generator_that_cannot_edit() -> None:
    found = revised(
        noted(RedoRegion(region=Region(x0=0, y0=0, x1=1, y1=1))),
        capabilities=CAPABILITIES.model_copy(update={"context_roles": frozenset()}),
    )
    assert found is not None and found.context == () and found.regions == ()


def test_the_same_change_asked_for_twice_is_made_once() -> None:
    once, twice = revised(noted(MoreSteps())), revised(noted(MoreSteps(), MoreSteps()))
    assert once == twice


def test_minor_notes_and_a_spent_budget_end_the_revisions() -> None:
    assert revised(noted(NewSeed(), severity="minor")) is None
    assert revised(noted(NewSeed()), attempt=1) is not None
    assert revised(noted(NewSeed()), attempt=2) is None
