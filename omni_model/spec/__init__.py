"""The language between planner and generators: conditioning, captions, vocabulary. Needs no torch."""
