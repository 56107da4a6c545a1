"""What a person asked of a production: decides what may be resumed, reused, or given back at once."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from omni_model.spec.conditioning import Digest, Frozen, canonical_json, sha256


class Request(Frozen):
    """Everything that decides the film. Same request, same machine: same bytes."""

    sentences: tuple[str, ...] = ()
    storyboard: Digest | None = None
    """Blob of the story's canonical JSON, when a storyboard was given in place of sentences."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    duration: Annotated[float, Field(gt=0.0, le=7200.0)] | None = None
    images: dict[str, Digest] = Field(default_factory=dict)
    keep: Digest | None = None
    """Blob of a storyboard whose locked parts stay as they are."""
    llm: str = "auto"
    version: int | None = None
    """Of the story, when an edit made it; None: the story that was asked for first."""
    makers: str = ""
    """Digest of who makes the film: the generator's and the critic's weights, the sampler, the budget."""

    @property
    def thread(self) -> str:
        """Names the run of the production graph that answers this request."""
        unset = {field for field in ("version", "keep") if getattr(self, field) is None}
        asked = self.model_dump(mode="json", exclude=unset)
        return sha256(canonical_json(asked))[:32]

    def at(self, version: int | None) -> Request:
        """The same request for a version of its story."""
        return self.model_copy(update={"version": version})

    def same_story(self, other: Request) -> bool:
        """Whether both ask for one story, whoever makes it."""
        return self.made_by(other.makers) == other

    def made_by(self, makers: str) -> Request:
        """The same request to other makers."""
        return self.model_copy(update={"makers": makers})

    def followed_by(self, other: Request) -> Request:
        """What was asked for, and then ``other``: its sentences and images are added."""
        return self.model_copy(
            update={
                "sentences": self.sentences + (() if other.sentences == self.sentences[-1:] else other.sentences),
                "images": self.images | other.images,
                "duration": other.duration or self.duration,
                "makers": other.makers,
            }
        )

    @property
    def intent(self) -> str:
        """All sentences as one."""
        return " ".join(self.sentences)
