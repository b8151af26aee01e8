"""The large card in the middle."""
