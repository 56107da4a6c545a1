"""The recipe that trains omni-mini and the networks that look at it."""
