"""A story's shots in numbers and captions: the conditioning that a generator is given."""
