"""Entries become searchable state that can be dropped and rebuilt."""
