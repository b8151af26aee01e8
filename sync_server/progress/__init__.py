"""Where a user stands in each tutorial, and what that has earned."""
