"""The box's end of its hub: joining it by a pairing code, and the tunnel that OpenSSH holds.

Rules and formats are `core/hub_*.py`; the program on the hub itself is `hub_machine/`, which nothing here imports.
"""
