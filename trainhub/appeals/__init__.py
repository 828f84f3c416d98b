"""Appeals against determinations and discipline: clocks, re-examination, stays, and what a decision does to everything below."""
