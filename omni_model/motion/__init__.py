"""Where things are at every moment, shared by the drawn world and the model that learned from it."""
