"""Reads of this room: every one takes who asks."""
