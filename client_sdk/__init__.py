"""Offline-first tutorial SDK."""
