"""The demo tutorial, as package data."""
