"""Tutorials: their definition, their import, and what a user gets to see of them."""
