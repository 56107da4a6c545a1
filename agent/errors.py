"""What can go wrong in a production.

    AgentError
    ├── NothingToFilm      the sentence is empty, or no shot can be made of it
    ├── FolderTaken        the folder holds another production
    ├── NothingToUndo      there is no version before, or none undone
    ├── NotPlanned         there is no plan to approve, show or render
    └── UnknownGenerator   no generator of that name

Each message is one line that says what is wrong and what to do. Models whose weights cannot be used raise
:class:`omni_model.spec.errors.WeightsError`.
"""

from __future__ import annotations


class AgentError(Exception):
    """Root of the tree above."""


class NothingToFilm(AgentError):
    """The sentence is empty, or no shot can be made of it."""


class FolderTaken(AgentError):
    """The folder holds another production."""


class NothingToUndo(AgentError):
    """There is no version before this one, or none that was undone."""


class NotPlanned(AgentError):
    """There is no plan to approve, show or render."""


class UnknownGenerator(AgentError):
    """No generator of that name."""
