"""Reads of class meetings. Every one takes a scope; a class's own teacher reads by being its homeroom teacher or leading it."""
