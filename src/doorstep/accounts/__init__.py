"""Who may come in: passwords, sessions, tokens.  What each role may do is decided in `core.access`."""
