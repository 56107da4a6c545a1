"""Instruction edits of clips: recasting, removal, retouching."""
