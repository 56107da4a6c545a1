"""Versions of a story: what a sentence would change, and what stays as it was filmed."""
