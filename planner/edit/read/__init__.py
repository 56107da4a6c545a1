"""An edit sentence, clause by clause, to the typed operations of a patch."""
