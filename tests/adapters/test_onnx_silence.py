"""onnxruntime tells its maker what runs where, unless it is told not to before it is loaded."""

import subprocess
import sys

ASKED = """
import builtins, os
loaded = builtins.__import__

def watched(name, *more, **named):
    if name.partition(".")[0] == "onnxruntime" and os.environ.get("ORT_DISABLE_TELEMETRY") != "1":
        raise SystemExit("onnxruntime is loaded while it may still talk")
    return loaded(name, *more, **named)

builtins.__import__ = watched
import doorstep.vision.onnx_detector
"""


def test_it_is_told_to_be_silent_before_it_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", ASKED], env={}, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
