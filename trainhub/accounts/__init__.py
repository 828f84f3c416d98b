"""Sign-in, revocable sessions, one-time activation codes, dated grants, from account to actor."""
