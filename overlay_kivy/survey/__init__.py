"""The sheet that asks for a score and a comment."""
