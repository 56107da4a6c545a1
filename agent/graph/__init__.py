"""The production graph: its state, its nodes, and how they follow each other."""
