"""What language models are told: Jinja2 templates and the one loader."""

from prompts.loader import PromptError, digest, render

__all__ = ["PromptError", "digest", "render"]
