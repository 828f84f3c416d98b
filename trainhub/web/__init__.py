"""The page shell: database session, permission gate, errors, headers, text, static files."""
