"""The arm64 packages of a release: what is compiled in them loads on any Pi, and Bookworm's runs as on a Zero 2 W.

make release && python tests/release/deb_on_arm.py        (as root; minutes, for it is emulated)

Unpacked and not installed: its scripts are the same as those that `fresh_debian.py` runs on a PC.
"""

import shutil
import struct
import subprocess
import sys
import tarfile
import time
from collections.abc import Set as AbstractSet
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.arm_root import ROOT, ArmRoot, arm_root
from fakes.detect_image import LOCK as OF_DETECT
from fakes.server_process import model_folder

DIST = ROOT / "dist"
ARM64 = 0xB7
"""EM_AARCH64 of the ELF header, at its 18th byte."""
LOADED = 1
"""PT_LOAD."""
LARGEST_PAGE = 16384
"""Of the kernel that a Pi 5 starts by itself."""
PROCESSOR = "cortex-a53"
"""A Zero 2 W's, which knows the least: whatever asks for more ends by an illegal instruction."""
SECONDS = 1800.0
CONFIG = '[[camera]]\nid = "porch"\nname = "Porch"\nsource = "demo://"\n'


def main() -> None:
    packages = sorted(DIST.glob("doorstep_*_arm64.deb"))
    assert packages, f"there is no arm64 package in {DIST}: make release"
    for package in packages:
        print(f"{package.name}: {compiled_in(package)} compiled files, for arm64 and pages of 16 KiB", flush=True)
    [bookworm] = (package for package in packages if "+deb12" in package.name)
    root = arm_root(OF_DETECT)
    tree = root.folder / "opt" / "doorstep"
    with root.scratch() as folder:
        try:
            unpack(bookworm, tree, folder)
            for words in (("--version",), ("models", "verify"), ("models", "list"), ("check", "--report")):
                print(said(root, folder, *words), flush=True)
            print(said(root, folder, "check", "--config", root.seen_as(folder / "doorstep.toml"), code={0, 1}))
        finally:
            shutil.rmtree(tree, ignore_errors=True)


def compiled_in(package: Path) -> int:
    """How many; raises AssertionError with the first that a Pi could not load."""
    count = 0
    with (
        subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as unpacked,
        tarfile.open(fileobj=unpacked.stdout, mode="r|") as tree,
    ):
        for member in tree:
            file = tree.extractfile(member) if member.isfile() else None
            content = file.read() if file is not None else b""
            if content.startswith(b"\x7fELF"):
                assert int.from_bytes(content[18:20], "little") == ARM64, f"{member.name} is for another processor"
                assert min(alignments(content)) >= LARGEST_PAGE, f"{member.name} cannot be loaded by a Pi 5's kernel"
                count += 1
    assert count > 0
    return count


def alignments(elf: bytes) -> list[int]:
    """Of each part that is loaded (elf(5): e_phoff, e_phentsize, e_phnum; p_type, p_align)."""
    [begin] = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    parts = [elf[begin + each * size :][:size] for each in range(count)]
    return [struct.unpack_from("<Q", part, 48)[0] for part in parts if struct.unpack_from("<I", part)[0] == LOADED]


def unpack(package: Path, tree: Path, folder: Path) -> None:
    models = model_folder()
    assert models is not None
    shutil.rmtree(tree, ignore_errors=True)
    subprocess.run(["dpkg-deb", "-x", str(package), str(folder / "tree")], check=True)
    shutil.move(folder / "tree" / "opt" / "doorstep", tree)
    shutil.copytree(models, folder / "data" / "models")
    (folder / "doorstep.toml").write_text(CONFIG, encoding="utf-8")


def said(root: ArmRoot, folder: Path, *words: str, code: AbstractSet[int] = frozenset({0})) -> str:
    """Seconds, the verb, and what it prints."""
    began = time.monotonic()
    data = root.seen_as(folder / "data")
    environment = {"PATH": "/usr/bin:/bin", "DOORSTEP_DATA": data, "QEMU_CPU": PROCESSOR}
    done = root.runs("/opt/doorstep/bin/doorstep", *words, environment=environment, seconds=SECONDS)
    assert done.returncode in code, f"{words}: {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}"
    return f"{time.monotonic() - began:7.1f} s  doorstep {' '.join(words)}\n{done.stdout}{done.stderr}"


if __name__ == "__main__":
    main()
