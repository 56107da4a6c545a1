"""The director: from an outline to acts, scenes and shots."""
