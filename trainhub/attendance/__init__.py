"""Sheets, marks, records, sources, matching: who was there, with evidence, verified by a second person."""
