"""Words from outside that no request of a browser brings: each reads one place where they wait.  None acts."""
