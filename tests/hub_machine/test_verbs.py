"""The verbs as a person runs them: what they print where, exit codes, and one sentence for everything that is wrong."""

import json
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from doorstep.core.hub_code import read_code
from doorstep.core.hub_key import read_private_seed
from doorstep.hub_machine.box_folder import BoxFolder
from doorstep.hub_machine.cli import main
from doorstep.hub_machine.made import Made, write_made
from doorstep.hub_machine.one_time_key import make_key, new_one_time_key
from doorstep.hub_machine.shape import HubShape, shape_text
from doorstep.hub_machine.traffic import Traffic, month_of, write_traffic
from fakes.hub_clock import SetClock
from fakes.remembering_machine import RememberingMachine

HOST = "door.example.org"


class Hub:
    """One that is only files below a folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.settings = folder / "etc" / "doorstep-hub" / "hub.json"
        self.state = folder / "var" / "lib" / "doorstep-hub"
        self.machine = RememberingMachine(self.settings.parent, names={HOST: ("45.10.1.2",)})
        self.clock = SetClock()
        self._capsys = capsys

    def run(self, *words: str) -> tuple[int, str, str]:
        code = main(["--settings", str(self.settings), *words], self.machine, self.clock)
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def init(self, *words: str, host: str = HOST) -> tuple[int, str, str]:
        return self.run("init", host, "--files-only", "--root", str(self.folder), *words)

    def has_paired(self) -> None:
        """A box came with the code."""
        boxes = BoxFolder(self.state, "/usr/local/bin/doorstep-hub", self.clock)
        with boxes.changing() as change:
            change.put(replace(boxes.boxes()[0], key=b"k" * 32))

    def told(self, *words: str) -> Any:
        code, out, _ = self.run(*words, "--json")
        assert code == 0
        return json.loads(out)


@pytest.fixture
def hub(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Hub:
    return Hub(tmp_path, capsys)


def test_init_prints_the_code_alone_and_everything_else_beside_it(hub: Hub) -> None:
    code, out, err = hub.init()
    assert code == 0
    made = read_code(out)
    assert out.count("\n") == 1
    assert (made.hub, made.ssh_port, made.until) == (HOST, 2222, int(hub.clock.now()) + 3600)
    assert "dh1-" not in err
    assert "within an hour" in err
    assert HubShape(HOST).folders.program not in (hub.state / "authorized_keys").read_text().split("command=")[0]
    [box] = hub.told("boxes")["boxes"]
    assert (box["name"], box["host"], box["state"]) == ("home", HOST, "waiting")


def test_the_seed_in_the_code_belongs_to_the_key_that_may_pair(hub: Hub, tmp_path: Path) -> None:
    made = new_one_time_key(tmp_path)
    assert list(tmp_path.iterdir()) == []
    path = tmp_path / "key"
    make_key(path)
    seed, key = read_private_seed(path.read_text())
    assert len({made.seed, made.key, seed, key}) == 4
    assert len(hub.init()[1].split()) == 1


def test_init_again_gives_another_code_and_keeps_key_port_and_secret(hub: Hub) -> None:
    first = read_code(hub.init()[1])
    before = json.loads((hub.state / "boxes" / "home.json").read_text())
    second = read_code(hub.init()[1])
    after = json.loads((hub.state / "boxes" / "home.json").read_text())
    assert first.host_key == second.host_key
    assert first.seed != second.seed
    assert (before["port"], before["turn_secret"]) == (after["port"], after["turn_secret"])
    assert (hub.state / "authorized_keys").read_text().count("pair-in") == 1


VOID = "The code that was printed before opens nothing any more."


def test_a_new_code_says_that_the_one_before_is_void_where_it_was_still_open(hub: Hub) -> None:
    assert VOID not in hub.init()[2]
    assert VOID in hub.init()[2]
    assert VOID in hub.run("pair", "--skip-name-check")[2]
    hub.clock.at += 3600
    assert VOID not in hub.init()[2]
    assert VOID not in hub.run("pair", "garage", "--skip-name-check")[2]
    assert VOID in hub.run("pair", "garage", "--skip-name-check")[2]
    record = hub.state / "boxes" / "garage.json"
    record.write_text(record.read_text().replace('"used": false', '"used": true'))
    assert VOID not in hub.run("pair", "garage", "--skip-name-check")[2]


def test_verbs_that_take_a_while_say_at_once_what_they_do(hub: Hub) -> None:
    hub.init()
    for said in ("Making a place for garage", "Making a code for garage"):
        assert hub.run("pair", "garage", "--skip-name-check")[2].splitlines()[0] == said
    assert hub.run("revoke", "garage")[2].splitlines()[0] == "Taking garage's key away"
    assert hub.run("revoke", "garage")[2] == "There is no box garage on this hub. It has: home.\n"


def test_a_hub_without_a_box_says_how_to_get_one(hub: Hub) -> None:
    hub.init()
    hub.run("revoke", "home")
    words = "This hub has no box. Run: sudo doorstep-hub pair (or pair NAME for another)\n"
    assert hub.run("boxes")[1] == words


def test_another_box_gets_a_name_below_the_hubs(hub: Hub) -> None:
    hub.init()
    hub.machine.names[f"garage.{HOST}"] = ("45.10.1.2",)
    code, out, _ = hub.run("pair", "garage")
    assert code == 0
    assert read_code(out).hub == HOST
    assert [box["host"] for box in hub.told("boxes")["boxes"]] == [f"garage.{HOST}", HOST]
    assert f"https://garage.{HOST}:443" in (hub.settings.parent / "Caddyfile").read_text()


def test_a_box_whose_name_does_not_lead_here_is_refused_before_anything_is_written(hub: Hub) -> None:
    hub.init()
    hub.machine.names["elsewhere.example.org"] = ("192.0.2.7",)
    code, out, err = hub.run("pair", "barn", "--host", "elsewhere.example.org")
    assert (code, out) == (1, "")
    assert "leads to 192.0.2.7" in err
    assert [box["name"] for box in hub.told("boxes")["boxes"]] == ["home"]
    assert hub.run("pair", "barn", "--host", "elsewhere.example.org", "--skip-name-check")[0] == 0


def test_a_box_that_is_revoked_is_in_no_file_any_more(hub: Hub) -> None:
    hub.init()
    hub.run("pair", "garage", "--skip-name-check")
    secret = json.loads((hub.state / "boxes" / "garage.json").read_text())["turn_secret"]
    code, _, err = hub.run("revoke", "garage")
    assert code == 0
    assert "its key opens nothing" in err
    for path in hub.folder.rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert f"garage.{HOST}" not in text, path
            assert secret not in text, path
    code, _, err = hub.run("revoke", "garage")
    assert code == 1
    assert "There is no box garage on this hub. It has: home." in err


@pytest.mark.parametrize("verb", [["pair"], ["boxes"], ["status"], ["revoke", "home"], ["serve", "home"], ["traffic"]])
def test_on_a_machine_that_is_no_hub_each_verb_says_how_to_make_one(hub: Hub, verb: list[str]) -> None:
    code, out, err = hub.run(*verb)
    assert (code, out) == (1, "")
    assert "This machine is no hub yet" in err
    assert err.count("\n") == 1


def test_a_foreign_settings_file_is_one_sentence_and_init_mends_it(hub: Hub) -> None:
    hub.init()
    hub.settings.write_text("{")
    code, out, err = hub.run("boxes")
    assert (code, out) == (1, "")
    assert "is not what doorstep-hub writes" in err
    assert hub.init()[0] == 0
    assert [box["name"] for box in hub.told("boxes")["boxes"]] == ["home"]


def test_a_foreign_record_is_told_beside_the_others(hub: Hub) -> None:
    hub.init()
    (hub.state / "boxes" / "barn.json").write_text("{}")
    told = hub.told("boxes")
    assert [box["name"] for box in told["boxes"]] == ["home"]
    assert "barn.json is not what doorstep-hub writes" in told["faults"][0]
    code, _, err = hub.run("pair", "garage", "--skip-name-check")
    assert code == 1
    assert "barn.json" in err


def test_a_hub_keeps_its_name(hub: Hub) -> None:
    hub.init()
    code, _, err = hub.init("--skip-name-check", host="other.example.org")
    assert code == 1
    assert f"This machine is the hub {HOST}. Nothing was changed." in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--address", "45.10"], "is no IP address"),
        (["--ports", "smtp=25"], "--ports takes"),
        (["--ports", "ssh=x"], "--ports takes"),
        (["--ports", "ssh=\u00b2"], "--ports takes"),
        (["--ports", "ssh=\u0662\u0662"], "--ports takes"),
        (["--ports", f"ssh={'9' * 5000}"], "--ports takes"),
        (["--ports", "ssh=2223,turn"], "--ports takes"),
        (["--ports", "ssh=443"], "must be four"),
        (["--ports", "ssh=22,turn=22"], "must be four"),
        (["--ports", "ssh=21000"], "none of the hundred"),
        (["--ports", "ssh"], "--ports takes"),
        (["--ca", "a b"], "must be absolute and plain"),
    ],
)
def test_wrong_words_are_one_sentence_and_change_nothing(hub: Hub, words: list[str], sentence: str) -> None:
    code, out, err = hub.init(*words)
    assert (code, out) == (1, "")
    assert sentence in err
    assert not hub.settings.exists()


@pytest.mark.parametrize("host", ["203.0.113.7", "door", "Door.Example.org..", "door.example.7", "a b.example.org"])
def test_a_hub_and_its_boxes_have_names_of_the_internet(hub: Hub, host: str) -> None:
    code, out, err = hub.init(host=host)
    assert (code, out) == (1, "")
    assert f'"{host}" is no name on the internet' in err
    hub.init()
    code, out, err = hub.run("pair", "barn", "--host", host, "--skip-name-check")
    assert (code, out) == (1, "")
    assert f'"{host}" is no name on the internet' in err


def test_names_are_taken_as_people_write_them(hub: Hub) -> None:
    assert hub.init(host="Door.Example.ORG.")[0] == 0
    assert hub.run("pair", "barn", "--host", "Barn.Example.org.", "--skip-name-check")[0] == 0
    assert hub.run("pair", "barn", "--host", "barn.example.org", "--skip-name-check")[0] == 0
    assert [box["host"] for box in hub.told("boxes")["boxes"]] == ["barn.example.org", HOST]


def test_ports_that_boxes_know_do_not_move_unasked(hub: Hub) -> None:
    hub.init()
    assert read_code(hub.init("--ports", "ssh=2223")[1]).ssh_port == 2223
    hub.has_paired()
    before = hub.settings.read_text()
    for ports in ("ssh=2222", "turn=3479", "https=8443,ssh=2224"):
        code, out, err = hub.init("--ports", ports)
        assert (code, out) == (1, "")
        assert "Boxes that are paired (home) know this hub by " in err
        assert hub.settings.read_text() == before
    assert hub.init("--ports", "ssh=2223,http=8080")[0] == 0


@pytest.mark.parametrize("text", ["", "{", '{"v": 2}', "\0" * 300, "\udcff"])
def test_settings_that_are_lost_are_not_guessed_where_boxes_come_by_them(hub: Hub, text: str) -> None:
    hub.init("--ports", "ssh=2223")
    hub.has_paired()
    hub.settings.write_bytes(text.encode("utf-8", "surrogateescape"))
    for words in ([], ["--ports", "https=8443"], ["--ports", "ssh=2223"]):
        code, out, err = hub.init(*words)
        assert (code, out) == (1, "")
        assert "a newer one wrote it" in err
        assert "(home). Nothing was changed." in err
        assert "--ports ssh=2222,turn=3478" in err
    ports = "ssh=2223,turn=3478"
    code, _, err = hub.init("--ports", ports, "--skip-name-check", host="other.example.org")
    assert code == 1
    assert f"This machine is the hub {HOST}." in err
    assert hub.settings.read_bytes() == text.encode("utf-8", "surrogateescape")
    assert hub.init("--ports", ports)[0] == 0
    assert json.loads(hub.settings.read_text())["ports"]["ssh"] == 2223


def test_an_address_that_was_taken_from_the_name_follows_the_name_and_a_given_one_stays(hub: Hub) -> None:
    hub.machine.own = ("10.0.0.5",)
    code, _, err = hub.init()
    assert code == 0
    assert "45.10.1.2, where door.example.org leads to, is taken for the one" in err
    hub.machine.names[HOST] = ("45.10.1.3",)
    assert hub.init()[0] == 0
    assert "external-ip=45.10.1.3/10.0.0.5\n" in (hub.settings.parent / "turnserver.conf").read_text()
    assert hub.init("--skip-name-check")[0] == 0
    assert "external-ip=45.10.1.3/10.0.0.5\n" in (hub.settings.parent / "turnserver.conf").read_text()
    assert hub.init("--address", "45.10.1.3")[0] == 0
    hub.machine.names[HOST] = ("45.10.1.4",)
    code, _, err = hub.init()
    assert code == 1
    assert "leads to 45.10.1.4, and this machine is 45.10.1.3" in err


def test_without_systemd_a_hub_asks_for_its_own_folder(hub: Hub) -> None:
    code, _, err = hub.run("init", HOST, "--root", str(hub.folder))
    assert code == 1
    assert "--root goes with --files-only" in err


def test_only_root_changes_a_hub_that_systemd_runs(hub: Hub) -> None:
    hub.settings.parent.mkdir(parents=True)
    hub.settings.write_text(shape_text(HubShape(HOST)))
    hub.machine.root = False
    for verb in (["pair"], ["revoke", "home"], ["remove", "--yes"]):
        code, _, err = hub.run(*verb)
        assert code == 1
        assert "Only root may change the hub. Nothing was changed." in err


def test_removing_asks_and_takes_no_answer_from_nobody(hub: Hub) -> None:
    hub.init()
    code, _, err = hub.run("remove")
    assert code == 1
    assert err.startswith("Nobody is here to agree. Nothing was changed. To undo")
    assert hub.settings.exists()
    assert hub.run("remove", "--yes")[0] == 0
    assert not hub.settings.exists()
    assert not hub.state.exists()


class AtTheTerminal(StringIO):
    """A person types this."""

    def isatty(self) -> bool:
        return True


def test_who_says_no_is_told_that_nothing_was_changed(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.init()
    monkeypatch.setattr("sys.stdin", AtTheTerminal("n\n"))
    code, _, err = hub.run("remove")
    assert code == 1
    assert "[y/N] Nothing was changed. To undo" in err
    assert hub.settings.exists()


def test_undone_it_says_how_to_take_the_packages_and_what_they_brought(hub: Hub) -> None:
    hub.init()
    write_made(hub.settings.parent, Made(packages=("caddy", "coturn"), masked=("caddy.service",)))
    lines = hub.run("remove", "--yes")[2].splitlines()
    assert lines[-2].endswith("sudo apt remove caddy coturn && sudo systemctl unmask caddy.service")
    assert "sudo apt autoremove takes what they brought along" in lines[-1]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (1_234_567, "1.2 MB"),
        (2_340_000_000, "2.3 GB"),
        (10**13, "10000.0 GB"),
    ],
)
def test_bytes_are_told_as_fits_their_size(hub: Hub, count: int, words: str) -> None:
    hub.init("--ports", "https=9")
    month = month_of(hub.clock.now())
    write_traffic(hub.state, Traffic(months={month: (count, 0)}))
    assert f"This month: received {words}, sent 0 bytes" in hub.run("status")[1]
    assert hub.run("traffic")[1].split() == [month, "received", *words.split(), "sent", "0", "bytes"]


def test_bytes_are_counted_and_told(hub: Hub) -> None:
    hub.init()
    assert hub.run("traffic", "--count")[0] == 0
    assert hub.told("traffic") == {}
    assert hub.run("traffic")[1].startswith("Nothing was counted yet")


def test_status_says_all_without_secrets(hub: Hub) -> None:
    hub.init("--ports", "https=9")
    told = hub.told("status")
    assert set(told) == {
        *("host", "units", "boxes", "faults", "certificates", "reached", "bytes_this_month"),
    }
    secret = json.loads((hub.state / "boxes" / "home.json").read_text())["turn_secret"]
    assert secret not in json.dumps(told)
    words = hub.run("status")[1]
    assert "waits for a box to come with its code" in words
    assert secret not in words


def test_no_verb_prints_how_to_use_it(hub: Hub) -> None:
    assert hub.run()[0] == 2
    with pytest.raises(SystemExit) as ended:
        hub.run("fly")
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("asked", "words"),
    [("id", "This hub has no box home that was paired."), ("", "This hub has no box home that was paired.")],
)
def test_a_key_of_a_box_that_was_never_paired_is_told_so(
    hub: Hub, asked: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.init()
    monkeypatch.setenv("SSH_ORIGINAL_COMMAND", asked)
    code, out, err = hub.run("serve", "home")
    assert (code, out, err) == (1, "", words + "\n")


def test_the_module_runs_as_the_program_does() -> None:
    words = [sys.executable, "-m", "doorstep.hub_machine", "--version"]
    environment = {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.count(".")) == (0, 2), done.stderr
