"""Experiments: which user has which variant."""
