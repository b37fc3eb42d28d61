"""Where the bytes of the rolling buffer lie.  What is in the buffer is the index's business, in `core`."""
