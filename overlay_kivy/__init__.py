"""Tutorials shown over a Kivy app."""
