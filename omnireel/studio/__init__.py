"""The studio: a page with a sentence on one side and the film growing on the other. Thin, over Session."""
