"""Text as words, clauses and sentences, in English and Korean, read and written."""
