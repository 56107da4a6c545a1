"""What the parsers make of sentences."""
