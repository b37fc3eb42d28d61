"""Bytes of ISO base media (ISO/IEC 14496-12, 14496-15), sans I/O: what is written, and what is read back with care."""
