"""One file a conditioning role. Each applies itself to a latent state, for drawing and for training alike."""
