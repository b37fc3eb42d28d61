"""The unit that systemd runs: what it promises about the config holds."""

from pathlib import Path

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "doorstep.service"


def test_a_reload_reads_the_config_where_its_owner_changes_it() -> None:
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    [start] = [line for line in lines if line.startswith("ExecStart=")]
    assert "--config /etc/doorstep/doorstep.toml" in start  # a credential is a copy of the start
    assert "ExecReload=/bin/kill -HUP $MAINPID" in lines
    assert not [line for line in lines if line.startswith("LoadCredential=config")]


def test_it_runs_in_a_folder_that_can_be_written() -> None:
    """Else lgpio, which opens a pipe where it is started, finds no pin: `import lgpio` fails in a read-only folder."""
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    assert "RuntimeDirectory=doorstep" in lines
    assert "WorkingDirectory=%t/doorstep" in lines
