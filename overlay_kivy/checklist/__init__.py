"""A list of tutorials with the user's progress."""
