"""Writes of this room: checked by rules, noted as steps, chained into the ledger."""
