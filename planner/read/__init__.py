"""Readers: from text, files and pictures to an outline of what a person asked for."""
