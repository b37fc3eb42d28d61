"""Doorstep: a smart doorbell and security camera that you run yourself."""

__version__ = "0.2.0"
