"""The scrim over the app, with a cut-out around the step's target."""
