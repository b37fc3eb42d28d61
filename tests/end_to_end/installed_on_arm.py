"""The wheel on arm64 under emulation, installed by that system's own pip, its verbs, a server with a clip, core tests.

python tests/end_to_end/installed_on_arm.py                (as root; ten minutes on two cores)
python tests/end_to_end/installed_on_arm.py --without-tests

Prints the seconds of each part.  Emulation takes five to ten times as long as the machine beneath, so they compare only
with each other.  All core tests run, each with five of Hypothesis's examples.
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.arm_root import PIP, ROOT, ArmRoot, arm_root, sources, without_sources
from fakes.detect_image import LOCK as OF_DETECT
from fakes.free_port import free_port
from fakes.server_process import model_folder

LOCK, OF_TESTS = ROOT / "requirements" / "run.lock", ROOT / "requirements" / "dev.lock"
TESTERS = ("attrs", "hypothesis", "iniconfig", "pluggy", "pytest", "sortedcontainers")
SECONDS = 3600.0
CONFIG = '[[camera]]\nid = "porch"\nname = "Porch"\nsource = "demo://"\n'
CLIP = """
doorstep run --config {place}/doorstep.toml --data {place}/house --listen 127.0.0.1:{port} >{place}/log 2>&1 & server=$!
for turn in $(seq 300); do grep -q 'camera is live' {place}/log && break; sleep 1; done
sleep 20
doorstep clip porch --last 10 --config {place}/doorstep.toml --data {place}/house --out {place}/clip.mp4
code=$?
kill -TERM $server
wait $server || exit
exit $code
"""
# Emulated, a look takes up to half a minute; the verb gives one up after 5 s, as a camera does.
DETECT = """
import sys
from doorstep.vision import onnx_detector
onnx_detector.load_detector.__defaults__ = (*onnx_detector.load_detector.__defaults__[:-1], 900.0)
from doorstep.cli.main import main
sys.argv[0] = "doorstep"
main()
"""
PROFILE = """
from hypothesis import HealthCheck, settings
settings.register_profile("emulated", deadline=None, max_examples=5, stateful_step_count=10,
    suppress_health_check=list(HealthCheck))
settings.load_profile("emulated")
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of the root, and the environment in it that everything is installed into."""

    root: ArmRoot
    folder: Path

    @property
    def seen(self) -> str:
        return self.root.seen_as(self.folder)

    def says(self, *words: str) -> str:
        """What it prints; a failure of the part where it fails."""
        environment = {"PATH": f"{self.seen}/venv/bin:/usr/bin:/bin", "DOORSTEP_DATA": f"{self.seen}/data"}
        done = self.root.runs(*words, environment=environment, seconds=SECONDS)
        assert done.returncode == 0, f"{words}: {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}"
        return done.stdout + done.stderr


def install(place: Place) -> str:
    """With binary wheels alone; what has none at all is built here, for it is pure Python."""
    wheels = place.folder / "wheels"
    alone = ("--no-deps", "--no-build-isolation", "--quiet", f"--wheel-dir={wheels}")
    subprocess.run((*PIP, "wheel", *alone, str(ROOT), *sources(LOCK)), check=True, timeout=SECONDS)
    (place.folder / "lock").write_text(without_sources(LOCK), encoding="utf-8")
    place.says("/usr/bin/python3", "-m", "venv", f"{place.seen}/venv")
    pip = ("python", "-m", "pip", "install", "--quiet", "--no-input", "--no-compile")
    place.says(*pip, "--only-binary=:all:", "--require-hashes", f"--requirement={place.seen}/lock")
    own = [f"{place.seen}/wheels/{path.name}" for path in wheels.iterdir()]
    place.says(*pip, "--no-index", "--no-deps", *own)
    assert place.says("python", "-c", "import platform; print(platform.machine())").strip() == "aarch64"
    return place.says("python", "-m", "pip", "check")


def help_(place: Place) -> str:
    return place.says("doorstep", "--help").splitlines()[1]


def models(place: Place) -> str:
    place.says("doorstep", "models", "list")
    return place.says("doorstep", "models", "verify")


def detect(place: Place) -> str:
    found = place.says("python", "-c", DETECT, "detect", "--json", f"{place.seen}/person.jpg")
    assert '"persons": [{' in found, found
    return ""


def clip(place: Place) -> str:
    (place.folder / "doorstep.toml").write_text(CONFIG, encoding="utf-8")
    said = place.says("sh", "-c", CLIP.format(place=place.seen, port=free_port()))
    assert (place.folder / "clip.mp4").read_bytes()[4:8] == b"ftyp"
    return said


def core_tests(place: Place) -> str:
    tests = place.folder / "tests"
    for name in ("core", "fakes", "media"):
        shutil.copytree(ROOT / "tests" / name, tests / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tests / "conftest.py").write_text(PROFILE, encoding="utf-8")
    (tests / "pytest.ini").write_text("[pytest]\npythonpath = .\nmarkers = slow: as in the suite\n", encoding="utf-8")
    pins = [line.split()[0] for line in OF_TESTS.read_text().splitlines() if line.split("==")[0] in TESTERS]
    place.says("python", "-m", "pip", "install", "--quiet", "--no-compile", "--only-binary=:all:", *pins)
    said = place.says("sh", "-c", f"cd {place.seen}/tests && python -m pytest -q --import-mode=importlib core")
    return said.strip().splitlines()[-1]


PARTS: tuple[Callable[[Place], str], ...] = (install, help_, models, detect, clip, core_tests)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without-tests", action="store_true", help="not the core tests, which take two minutes")
    parts = PARTS[:-1] if parser.parse_args().without_tests else PARTS
    kept = model_folder()
    assert kept is not None
    root = arm_root(OF_DETECT)
    with root.scratch() as folder:
        shutil.copytree(kept, folder / "data" / "models")
        shutil.copy(ROOT.parent / "shared" / "eval" / "coco_000000005001.jpg", folder / "person.jpg")
        for part in parts:
            began = time.monotonic()
            said = part(Place(root, folder)).strip()
            print(f"{part.__name__}: {time.monotonic() - began:.1f} s  {said}", flush=True)


if __name__ == "__main__":
    main()
