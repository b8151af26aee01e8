"""KAZI, a small project tool that embeds the tutorial SDK and shows what it does."""

__version__ = "0.1.0"
