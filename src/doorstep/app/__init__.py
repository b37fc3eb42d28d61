"""Composition roots: the only rooms that name adapters.  Settings in, running objects out; no rule lives here."""
