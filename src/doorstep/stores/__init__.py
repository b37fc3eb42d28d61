"""Where recordings lie, one file per kind of store; each implements `ports.Store`."""
