"""Personas: what kind of user somebody is."""
