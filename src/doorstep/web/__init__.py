"""The HTTP half: an ASGI app over ports.  Knows no adapter and nothing of the pipeline."""
