"""The yearly training: what is owed, planned, counted, closed."""
