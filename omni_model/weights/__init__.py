"""The weights that ship, and how weights are read and written."""
