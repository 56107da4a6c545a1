"""The director without a language model, on briefs written by hand."""
