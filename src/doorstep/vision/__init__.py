"""Pixels in, numbers out: how much moved, and who is there.  Decides nothing.

Whatever loads onnxruntime comes through here first: since 1.29 it tells its maker what runs where, unless it is told
not to before it is loaded (its docs/Privacy.md).  Nothing of this house phones anybody.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
