"""From a concern to a determination: reports, cases, parties, evidence, clocks, notices, determinations, service."""
