"""One module a network: what it learns and how it is judged."""
