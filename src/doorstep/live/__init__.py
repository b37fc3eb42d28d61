"""Ways to watch now: each hands what a camera gives at this moment to everybody who asks."""
