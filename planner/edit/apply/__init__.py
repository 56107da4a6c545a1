"""A patch applied to a story, one operation at a time."""
