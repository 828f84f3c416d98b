"""Uploaded proof: files are taken in safely, read in a child process, and kept by their hash."""
