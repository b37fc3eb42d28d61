"""Ways to a camera: each opens one stream of it and yields packets until it is lost.  None of them retries."""
