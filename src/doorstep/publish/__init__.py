"""The way out of a small camera: what it sends to another machine, and what waits for that.  No adapters here."""
