"""Doorbell buttons that are wired to this machine."""
