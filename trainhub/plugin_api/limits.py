"""How big an uploaded table may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How big a file may be. Bytes before parsing, the rest while or after it."""

    upload_bytes: int = 10 * 1024 * 1024
    inflated_bytes: int = 80 * 1024 * 1024
    inflation_ratio: int = 100
    members: int = 300
    sheets: int = 20
    rows: int = 20_000
    columns: int = 200
    cell_length: int = 4_000
    seconds: int = 20
    memory_bytes: int = 768 * 1024 * 1024


LIMITS = Limits()
