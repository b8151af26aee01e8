"""Pictures of everything that the overlay can show, over the demo app."""
