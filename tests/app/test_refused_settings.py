"""Settings that only the parts behind them can judge: told before the first line, with exit code 2."""

import subprocess
from pathlib import Path

import pytest

from fakes.server_process import command

CAMERA = '[[camera]]\nid = "porch"\nname = "Porch"\nsource = "{source}"\n'


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (CAMERA.format(source="file:///video.mp4?lop"), "line 4: camera.source"),
        ('[server.tls]\ncert = "absent.pem"\nkey = "absent.key"\n', "absent.pem"),
    ],
    ids=["an option that no file has", "a certificate that is not there"],
)
def test_it_is_told_and_nothing_listens(tmp_path: Path, config: str, words: str) -> None:
    path = tmp_path / "doorstep.toml"
    # In shared memory it would tell, too, what it gave back there of servers that are gone.
    path.write_text(f'{config}[buffer]\ndirectory = "{tmp_path / "buffer"}"\n', encoding="utf-8")
    run = command("run", "--config", str(path), "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0")
    ended = subprocess.run(run, capture_output=True, text=True, timeout=300, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    (sentence,) = ended.stderr.splitlines()
    assert words in sentence
