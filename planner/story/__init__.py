"""The typed story and what is done to it as data: outline, patch, difference, locks. No words are read here."""
