"""What is sent to AWS for the functions."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from deploy.aws import bundle

CAN_LOAD = """
import json, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    module = __import__(name, fromlist=["handler"])
    assert callable(module.handler) and module.__file__.startswith(sys.argv[1]), module.__file__
print(json.dumps(sorted(sys.modules)))
"""


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_functions_load_from_the_zip_alone(tmp_path: Path) -> None:
    bundle.bundle_functions(tmp_path / "zip")
    bare = [sys.executable, "-I", "-S", "-c", CAN_LOAD, str(tmp_path / "zip"), *bundle.ENTRIES]
    ran = subprocess.run(
        bare, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    loaded = {name.partition(".")[0] for name in json.loads(ran.stdout)}
    assert not loaded & {"av", "onnxruntime", "starlette", "numpy", "sqlalchemy"}


def test_the_zip_holds_nothing_but_what_the_functions_import(tmp_path: Path) -> None:
    bundle.bundle_functions(tmp_path)
    files = files_in(tmp_path)
    assert all(name.startswith("doorstep/") and name.endswith(".py") for name in files)
    folders = {name.split("/")[1] for name in files if name.count("/") > 1}
    assert folders == {"aws", "core", "notifiers"}
    assert "doorstep/aws/detect.py" not in files
    assert sum(map(len, files.values())) < 1_000_000


def test_the_same_checkout_gives_the_same_zip(tmp_path: Path) -> None:
    for name in ("one", "two"):
        bundle.bundle_functions(tmp_path / name)
    assert files_in(tmp_path / "one") == files_in(tmp_path / "two")


def test_a_function_that_imports_what_its_runtime_has_not_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "src" / "doorstep"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "eager.py").write_text("import httpx\n")
    (package / "lazy.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n import av\ndef f():\n import httpx\n"
    )
    monkeypatch.setattr(bundle, "SOURCES", tmp_path / "src")
    monkeypatch.setattr(bundle, "ENTRIES", ("doorstep.lazy",))
    bundle.bundle_functions(tmp_path / "lazy")
    monkeypatch.setattr(bundle, "ENTRIES", ("doorstep.eager",))
    with pytest.raises(bundle.BundleInvalid, match="httpx"):
        bundle.bundle_functions(tmp_path / "eager")


def test_the_image_is_made_from_what_its_dockerfile_copies(tmp_path: Path) -> None:
    bundle.bundle_image(tmp_path)
    files = files_in(tmp_path)
    assert bundle.DOCKERFILE in files
    assert "src/doorstep/aws/detect.py" in files
    assert not {name for name in files if name.startswith(("src/doorstep/web", "tests", "var", ".git"))}


def test_what_comes_from_another_stage_is_not_of_the_checkout() -> None:
    dockerfile = "FROM a\nCOPY one \\\n  two three/\nCOPY --from=a /x /y\nRUN echo COPY no\n"
    assert bundle.copied_by(dockerfile) == ["one", "two"]
