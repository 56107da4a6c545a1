"""Settings: read once from the environment, given as one frozen value.

| variable | meaning | default |
| --- | --- | --- |
| ``OMNIREEL_LLM`` | language model backend: auto, none, llamacpp, openai, vllm, transformers | auto |
| ``OMNIREEL_GENERATOR`` | omni-mini, oracle (the procedural world), or open weights: ``wan-vace:PATH`` | omni-mini |
| ``OMNIREEL_DATABASE_URL`` | SQLAlchemy URL of the production's database | SQLite in the folder |
| ``OMNIREEL_OUT`` | folder for productions that name none | out |
| ``OMNIREEL_LLM_TIMEOUT`` | seconds that an ``openai:`` server may take for an answer (read by its client) | 180 |
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    llm: str = "auto"
    generator: str = "omni-mini"
    database_url: str | None = None
    out: Path = Path("out")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Unset and empty variables mean the default."""
        return cls(
            llm=environment.get("OMNIREEL_LLM") or cls.llm,
            generator=environment.get("OMNIREEL_GENERATOR") or cls.generator,
            database_url=environment.get("OMNIREEL_DATABASE_URL") or None,
            out=Path(environment.get("OMNIREEL_OUT") or cls.out),
        )
