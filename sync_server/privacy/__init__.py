"""What a person may ask of us: all that is held of them, and that it be erased."""
