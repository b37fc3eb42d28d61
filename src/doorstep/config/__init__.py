"""What the config file may say, and how it becomes `core.settings`.  Read by the roots and the command only."""
