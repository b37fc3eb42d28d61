"""Pixels in, numbers out: how much moved, and who is there.  Decides nothing."""
