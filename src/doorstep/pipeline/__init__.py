"""The shell: tasks that carry out what the rules decide.  Knows ports, never adapters; no rule is made here."""
