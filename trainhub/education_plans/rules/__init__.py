"""Pure rules of this room, a module per subject."""
