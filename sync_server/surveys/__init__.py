"""Answers to surveys, one per user in 30 days."""
