"""What a take shows against what was asked, and what the next take should change."""
