"""The scripted story: a tour, a dead server, a killed app, and every event counted."""
