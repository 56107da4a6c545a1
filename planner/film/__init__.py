"""Film grammar as data, what a generator can draw of open words, and the fate of every directive."""
