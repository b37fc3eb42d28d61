"""The scripts of the Debian package in a made-up root: on a fresh machine, and over a 0.1.0 that was installed by hand.

`fresh_debian.py --routes by-hand` does the same with a real one.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "deploy" / "debian"
UNIT = "etc/systemd/system/doorstep.service"
LINK = "etc/systemd/system/multi-user.target.wants/doorstep.service"
CATALOG, PRIVATE = "var/lib/doorstep/doorstep.sqlite", "var/lib/private/doorstep"
OURS = "/usr/lib/systemd/system/doorstep.service"
GUIDE = ROOT / "docs" / "guide" / "upgrade.md"
STAND_INS = {
    "getent": "exit 2",
    "setpriv": 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
    "install": 'for last; do :; done; /usr/bin/mkdir -p "$last"; echo "$last" >> "$OWNED"',
    "chown": 'for last; do :; done; /usr/bin/realpath "$last" >> "$OWNED"',
    "stat": 'for last; do :; done; grep -qxF "$last" "$OWNED" 2> /dev/null && echo doorstep || echo root',
}
NOTED = ("systemctl", "adduser", "deb-systemd-helper", "deb-systemd-invoke", "nice")


class Box:
    """A root in a folder, with what 0.1.0 asked its owner to lay there, and programs that only note their calls."""

    def __init__(self, folder: Path) -> None:
        self.root, self.programs, self.calls, self.owned = (
            folder / name for name in ("root", "programs", "calls", "owned")
        )
        self.programs.mkdir()
        for name, script in STAND_INS.items():
            self.program(name, script)
        for name in NOTED:
            self.program(name, "")
        self.lay("run/systemd/system/x", "")
        self.lay("etc/default/x", "")
        self.lay("usr/share/doorstep/doorstep.toml", "# of the package")

    def program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> "{self.calls}"\n{script}\n')
        path.chmod(0o755)

    def lay(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def text(self, path: str) -> str:
        return (self.root / path).read_text()

    def by_hand(self) -> "Box":
        """As the guide of 0.1.0 had it."""
        self.lay("etc/doorstep/doorstep.toml", "# mine")
        self.lay("etc/doorstep/doorstep.env", "SMTP_PASSWORD=s3cret")
        self.lay(UNIT, "[Service]\nDynamicUser=yes\n")
        (self.root / LINK).parent.mkdir()
        (self.root / LINK).symlink_to(f"/{UNIT}")
        self.lay("opt/doorstep/bin/doorstep", "old")
        self.lay("opt/doorstep/models/yolox.onnx", "a model")
        self.lay(f"{PRIVATE}/doorstep.sqlite", "events")
        (self.root / "var/lib/doorstep").symlink_to("private/doorstep")
        (self.root / "run/doorstep").symlink_to("private/doorstep")  # which is gone once the service is
        return self

    def script(self, name: str, *words: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": f"{self.programs}:/usr/bin:/bin", "DPKG_ROOT": str(self.root), "OWNED": str(self.owned)}
        return subprocess.run(
            ["sh", str(TEXTS / name), *words], env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def installed(self, *version: str) -> str:
        """What dpkg does with a package that was not there before; answers what its scripts say.

        After `apt remove` it names the `version` of then.
        """
        said = self.script("preinst", "install", *version)
        assert said.returncode == 0, said.stderr
        self.lay("opt/doorstep/bin/doorstep", "new")
        done = self.script("postinst", "configure", *version)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def typed(self, lines: list[str]) -> None:
        """By its owner, who is root; a folder that he gives to root is the service's no more."""
        self.program("sudo", 'exec "$@"')
        self.program("chown", 'for last; do :; done; sed -i "\\|^$last$|d" "$OWNED"')
        for line in lines:
            words = re.sub(r"(?<![\w-])/(etc|opt|var)/", rf"{self.root}/\1/", line)
            environment = {"PATH": f"{self.programs}:/usr/bin:/bin", "OWNED": str(self.owned)}
            subprocess.run(["sh", "-c", words], env=environment, check=True, timeout=60)
        self.program("chown", STAND_INS["chown"])

    def is_the_services(self, *folders: str) -> None:
        with self.owned.open("a", encoding="utf-8") as owned:
            owned.writelines(f"{self.root / folder}\n" for folder in folders)

    def below(self, folder: str) -> dict[str, tuple[int, str]]:
        """Rights and content of all that lies there, or where it leads."""
        found = sorted((self.root / folder).rglob("*"))
        return {
            str(path): (path.lstat().st_mode, str(path.readlink()) if path.is_symlink() else text_of(path))
            for path in found
        }

    def files(self) -> dict[str, str]:
        return {str(path.relative_to(self.root)): path.read_text() for path in self.root.rglob("*") if path.is_file()}

    @property
    def called(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []

    @property
    def owners(self) -> set[str]:
        """What was given to the service's user."""
        return {os.path.relpath(line, self.root) for line in self.owned.read_text().splitlines()}


def text_of(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def lines_of_guide(first: str) -> list[str]:
    """The lines of the block of upgrade.md that begins so."""
    text = GUIDE.read_text("utf-8")
    block = text[text.index(f"    {first}") :].partition("\n\n")[0]
    return [line.strip() for line in block.replace("\\\n", "").splitlines()]


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_settings_recordings_and_models_are_taken_over(box: Box) -> None:
    said = box.by_hand().installed()
    assert box.text("etc/doorstep/doorstep.toml") == "# mine"
    assert (box.root / "etc/doorstep/doorstep.toml").stat().st_mode & 0o777 == 0o600
    assert box.text("etc/default/doorstep") == "SMTP_PASSWORD=s3cret"
    assert not (box.root / "var/lib/doorstep").is_symlink()
    assert box.text(CATALOG) == "events"
    assert not (box.root / PRIVATE).exists()
    assert box.text("var/lib/doorstep/models/yolox.onnx") == "a model"
    assert {"etc/doorstep", "etc/doorstep/doorstep.toml", "var/lib/doorstep"} <= box.owners
    assert f"chown -R doorstep:doorstep {box.root}/var/lib/doorstep" in box.called
    assert "sudo rm -r /opt/doorstep.by-hand" in said


def test_the_old_program_and_its_unit_are_kept_out_of_the_way(box: Box) -> None:
    box.by_hand().installed()
    assert box.text("opt/doorstep.by-hand/bin/doorstep") == "old"
    assert box.text("opt/doorstep/bin/doorstep") == "new"
    assert box.text(f"{UNIT}.by-hand").startswith("[Service]")
    assert not (box.root / UNIT).exists()
    assert str((box.root / LINK).readlink()) == OURS
    assert not (box.root / "run/doorstep").is_symlink()
    assert box.called.index("systemctl stop doorstep.service") == 0


def test_recordings_are_taken_over_where_the_catalog_is_elsewhere(box: Box) -> None:
    """In PostgreSQL, so that only recordings lie in the data folder."""
    box.by_hand().lay(f"{PRIVATE}/recordings/porch/1.mp4", "a visit")
    (box.root / PRIVATE / "doorstep.sqlite").unlink()
    box.installed()
    assert box.text("var/lib/doorstep/recordings/porch/1.mp4") == "a visit"
    assert f"chown -R doorstep:doorstep {box.root}/var/lib/doorstep" in box.called


def test_the_way_back_leads_to_the_one_by_hand_and_the_package_takes_it_over_again(box: Box) -> None:
    before = box.by_hand().files()
    box.installed()
    box.is_the_services("etc/doorstep")
    (box.root / UNIT).symlink_to("/dev/null")  # what `apt remove` leaves
    shutil.rmtree(box.root / "opt/doorstep")
    [removed, *lines, reloads, starts] = lines_of_guide("sudo apt remove doorstep")
    assert (removed, reloads, starts) == (
        "sudo apt remove doorstep",
        "sudo systemctl daemon-reload",
        "sudo systemctl enable --now doorstep",
    )
    box.typed(lines)
    (box.root / "var/lib/doorstep").rename(box.root / PRIVATE)  # as the old unit has it done
    (box.root / "var/lib/doorstep").symlink_to("private/doorstep")
    shutil.rmtree(box.root / PRIVATE / "models")
    assert box.files() == before
    said = box.installed("0.2.0+deb12")
    assert box.text("opt/doorstep.by-hand/bin/doorstep") == "old"
    assert box.text("opt/doorstep/bin/doorstep") == "new"
    assert not (box.root / UNIT).exists()
    assert str((box.root / LINK).readlink()) == OURS
    assert box.text("etc/default/doorstep") == "SMTP_PASSWORD=s3cret"
    assert box.text(CATALOG) == "events"
    assert "sudo rm -r /opt/doorstep.by-hand" in said


def test_a_changed_unit_of_ours_outlives_a_package_that_was_away(box: Box) -> None:
    """`systemctl edit --full`, and Debian's upgrade takes the package away."""
    box.lay(UNIT, "[Service]\n# mine\n")
    box.installed("0.2.0+deb12")
    assert box.text(UNIT) == "[Service]\n# mine\n"
    assert "systemctl stop doorstep.service" not in box.called


def test_a_first_installation_takes_nothing_over(box: Box) -> None:
    said = box.installed()
    assert box.text("etc/doorstep/doorstep.toml") == "# of the package"
    assert (box.root / "etc/doorstep/doorstep.toml").stat().st_mode & 0o777 == 0o600
    assert "sudo doorstep models fetch" in said
    assert [line for line in box.called if line.startswith(("systemctl stop", "chown"))] == []


def test_a_first_config_is_whole_or_not_there(box: Box) -> None:
    """On a full disk; half of one would be taken for the owner's the next time."""
    box.program("cat", "head -c 4; exit 1")
    assert box.script("postinst", "configure").returncode != 0
    assert not (box.root / "etc/doorstep/doorstep.toml").exists()
    (box.programs / "cat").unlink()
    assert box.script("postinst", "configure").returncode == 0
    assert box.text("etc/doorstep/doorstep.toml") == "# of the package"
    assert [path.name for path in (box.root / "etc/doorstep").iterdir()] == ["doorstep.toml"]


def test_a_config_that_is_there_is_never_written_over(box: Box) -> None:
    box.lay("etc/doorstep/doorstep.toml", "mine")
    box.installed()
    assert box.text("etc/doorstep/doorstep.toml") == "mine"


def test_a_link_where_the_config_should_be_is_not_followed(box: Box) -> None:
    (box.root / "etc/doorstep").mkdir()
    (box.root / "etc/doorstep/doorstep.toml").symlink_to("elsewhere")
    box.installed()
    assert not (box.root / "etc/doorstep/elsewhere").exists()


def test_an_installation_that_fails_gives_everything_back(box: Box) -> None:
    before = box.by_hand().files()
    assert box.script("preinst", "install").returncode == 0
    assert box.script("postrm", "abort-install").returncode == 0
    assert box.files() == before
    assert (box.root / LINK).is_symlink()
    assert box.called[-1] == "systemctl start doorstep.service"


def test_a_service_that_does_not_stop_keeps_the_old_one(box: Box) -> None:
    before = box.by_hand().files()
    box.program("systemctl", "exit 1")
    assert box.script("preinst", "install").returncode != 0
    assert box.files() == before


def test_what_an_earlier_one_left_beside_is_not_written_over(box: Box) -> None:
    box.by_hand().lay("opt/doorstep.by-hand/x", "")
    done = box.script("preinst", "install")
    assert done.returncode == 1
    assert "Delete or move it" in done.stderr
    assert box.text("opt/doorstep/bin/doorstep") == "old"


@pytest.mark.parametrize("killed_at", ["mv", "chown"])
def test_a_taking_over_that_was_interrupted_is_ended_by_the_next_try(box: Box, killed_at: str) -> None:
    """As `dpkg --configure -a` does after a power cut."""
    box.by_hand()
    assert box.script("preinst", "install").returncode == 0
    box.lay("opt/doorstep/bin/doorstep", "new")
    whole = STAND_INS.get(killed_at, f'exec /usr/bin/{killed_at} "$@"')
    box.program(killed_at, f"case $* in *var/lib*) exit 137 ;; esac; {whole}")
    assert box.script("postinst", "configure").returncode != 0
    box.program(killed_at, whole)
    box.calls.unlink()
    assert box.script("postinst", "configure").returncode == 0
    assert box.text(CATALOG) == "events"
    assert f"chown -R doorstep:doorstep {box.root}/var/lib/doorstep" in box.called
    assert {"etc/doorstep/doorstep.toml", "var/lib/doorstep"} <= box.owners


@pytest.mark.parametrize(
    "words",
    [("install",), ("install", "0.2.0+deb12"), ("upgrade", "0.2.0+deb12")],
    ids=["first", "removed before", "upgrade"],
)
@pytest.mark.parametrize("config", ["doorstep.toml", "doorstep.toml.new"])
def test_root_touches_nothing_in_folders_that_the_service_may_write(
    box: Box, words: tuple[str, ...], config: str
) -> None:
    """Whoever got hold of the service may have laid links where settings were, also before the package came."""
    box.lay("etc/shadow", "root's")
    box.lay("opt/doorstep.by-hand/models/yolox.onnx", "a model")
    for name in (config, "secrets.toml"):
        (box.root / "etc/doorstep").mkdir(exist_ok=True)
        (box.root / "etc/doorstep" / name).symlink_to("../shadow")
    for path in ("etc/doorstep/doorstep.env", "var/lib/doorstep/doorstep.sqlite", "var/lib/doorstep/recordings/x"):
        box.lay(path, "")
    box.is_the_services("etc/doorstep", "var/lib/doorstep")
    box.program("setpriv", "")  # what the service's own user would do is not done
    before = box.below("etc"), box.below("var/lib/doorstep")
    assert box.script("preinst", *words).returncode == 0
    assert box.script("postinst", "configure", *words[1:]).returncode == 0
    assert (box.below("etc"), box.below("var/lib/doorstep")) == before
    assert [line for line in box.called if line.startswith(("chown", "chmod"))] == []


def test_a_link_among_settings_of_root_is_not_given_away(box: Box) -> None:
    box.by_hand().lay("etc/shadow", "root's")
    (box.root / "etc/doorstep/doorstep.toml").unlink()
    (box.root / "etc/doorstep/doorstep.toml").symlink_to("../shadow")
    box.installed()
    assert "etc/shadow" not in box.owners


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("DOOR_KEY=a b$c", "a b$c"),
        ('DOOR_KEY="a b"', "a b"),
        ("DOOR_KEY='it'", "it"),
        ("# DOOR_KEY=none", ""),
        ("DOOR KEY=x\nnothing\n1=2\nDOOR_KEY=last", "last"),
        ("DOOR_KEY=  a b \t\r\n", "a b"),
        ("DOOR_KEY = a", "a"),
        (r"DOOR_KEY=a\\b\ \'", r"a\b '"),
        ("DOOR_KEY=a\\\nb", "ab"),
        (r"""DOOR_KEY='a\b"' """, r"a\b" + '"'),
        (r"""DOOR_KEY="a\"\$\d'" """, r"""a"$\d'"""),
        ("DOOR_KEY='a\nOTHER=b' c", "a\nOTHER=bc"),
        ("DOOR_KEY=a 'b'", "a 'b'"),
        ("; DOOR_KEY=none\nDOOR_KEY='it'\\''s", "it''s"),
        ("DOOR_KEY=$(id);`id`", "$(id);`id`"),
    ],
)
def test_the_command_of_root_has_the_variables_of_the_service(box: Box, line: str, told: str, tmp_path: Path) -> None:
    variables, program = tmp_path / "variables", tmp_path / "program"
    variables.write_text(line)
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$1:$HOME:${DOOR_KEY-}"\n')
    program.chmod(0o755)
    text = (TEXTS / "doorstep").read_text("utf-8")
    text = text.replace("VARIABLES=/etc/default/doorstep", f"VARIABLES={variables}")
    text = text.replace("/opt/doorstep/bin/doorstep", str(program))
    box.program("id", "echo 0")
    box.program("getent", "exit 0")
    environment = {"PATH": f"{box.programs}:/usr/bin:/bin", "HOME": "/root"}
    done = subprocess.run(
        ["sh", "-c", text, "doorstep", "check"], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"check:/var/lib/doorstep:{told}\n"


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("name", ["preinst", "postinst", "prerm", "postrm", "doorstep"])
def test_the_scripts_are_clean(name: str) -> None:
    done = subprocess.run(["shellcheck", "-s", "sh", TEXTS / name], capture_output=True, text=True, check=False)
    assert done.stdout == ""
