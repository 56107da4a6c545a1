"""How the terminal shows a production."""
