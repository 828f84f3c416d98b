"""Tamper-evident entries: append-only, one hash chain per school, in the transaction they record."""
