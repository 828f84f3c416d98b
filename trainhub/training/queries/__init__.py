"""Reads of the yearly training."""
