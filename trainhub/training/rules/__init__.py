"""Who owes what, what counts, when it is due: pure rules."""
