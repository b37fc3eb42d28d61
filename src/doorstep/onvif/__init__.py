"""Cameras that say by themselves what they are: WS-Discovery and the little of ONVIF that leads to their streams."""
