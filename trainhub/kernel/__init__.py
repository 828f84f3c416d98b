"""Nouns with no home of their own: actor, permission, scope, minutes, clock, policy, errors."""
