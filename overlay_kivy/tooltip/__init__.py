"""The card that tells about a step."""
