"""Finds plugins, registers them, collects what they provide, and freezes the registries."""
