"""Themed class meetings: planned per class and term, recorded, checked and counted; other school activities; class conventions."""
