"""What is wrong in a plan or a story: the ledger of facts, lint, continuity, explanation."""
