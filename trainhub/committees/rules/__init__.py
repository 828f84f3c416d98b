"""Pure rules of the committee: composition, recusal, voting."""
