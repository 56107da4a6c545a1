"""The work of a production, one module a step."""
