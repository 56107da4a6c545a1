"""The models that look at pictures which a person gives."""
