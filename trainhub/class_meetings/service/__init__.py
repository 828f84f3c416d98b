"""Writes of class meetings. Nothing here commits; every step goes into the school's ledger in the same transaction."""
