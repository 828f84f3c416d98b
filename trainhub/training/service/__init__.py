"""Writes of the yearly training."""
