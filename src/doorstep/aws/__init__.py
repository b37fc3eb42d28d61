"""Composition roots of the functions in AWS: each is one handler that Lambda calls."""
