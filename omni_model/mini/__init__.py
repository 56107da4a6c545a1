"""omni-mini: the generator that this repository trained."""
