"""The program `doorstep-hub`, on the public machine that stands in for the box at home.  Standard library alone.

It writes the settings of OpenSSH, Caddy, coturn and nftables, and is what a box's tunnel key may run.  It carries no
video and keeps no catalog.  What box and hub say to each other stands in `core` (`hub_code` to `hub_tunnel`).
"""
