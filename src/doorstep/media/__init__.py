"""The home of PyAV: containers, packets, pictures.  Nothing outside this folder imports `av`."""
