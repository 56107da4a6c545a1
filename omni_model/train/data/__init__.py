"""What is learned from: scenes, latents, pictures with the truth about them."""
