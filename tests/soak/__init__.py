"""The long form of the proof by kills: ``make soak``."""
