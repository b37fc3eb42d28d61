"""RTMP as state machines: bytes in, typed events out, bytes to send.  Sans I/O: sockets live in `sources`.

Written from Adobe's "Real Time Messaging Protocol" 1.0 (RTMP), "Action Message Format - AMF 0" (AMF0) and "Video File
Format" 10.1, annex E (FLV).
"""
