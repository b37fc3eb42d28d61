"""The table [live]: what it means, what it refuses, and where its secrets may stand."""

from pathlib import Path

import pytest

from doorstep.config.load import load_settings
from doorstep.config.without_secrets import without_secrets
from doorstep.core.errors import ConfigInvalid
from doorstep.core.ice_server import TurnSettings
from doorstep.core.settings import LiveSettings

TURN = '[[live.turn]]\nurl = "turn:turn.example.org:3478?transport=udp"\n'


def loaded(folder: Path, text: str, **environment: str) -> LiveSettings:
    path = folder / "doorstep.toml"
    path.write_text(text)
    return load_settings(path, environment).live


def test_without_the_table_nothing_outside_the_house_is_asked(tmp_path: Path) -> None:
    found = loaded(tmp_path, "")
    assert found == LiveSettings()
    assert (found.stun, found.turn, found.webrtc) == ((), (), True)


def test_all_of_it_is_read(tmp_path: Path) -> None:
    text = (
        '[live]\nwebrtc = false\nviewers = 20\nwebrtc_viewers = 3\ninterfaces = ["eth0", "192.0.2.7"]\n'
        f'stun = ["stun:192.0.2.1", "stun:[2001:db8::1]:3478"]\n{TURN}username = "me"\npassword = "word"\n'
    )
    assert loaded(tmp_path, text) == LiveSettings(
        webrtc=False,
        viewers=20,
        webrtc_viewers=3,
        interfaces=("eth0", "192.0.2.7"),
        stun=("stun:192.0.2.1", "stun:[2001:db8::1]:3478"),
        turn=(TurnSettings("turn:turn.example.org:3478?transport=udp", "", "me", "word"),),
    )


def test_the_secret_may_stand_in_the_environment_or_in_a_file_of_its_own(tmp_path: Path) -> None:
    assert loaded(tmp_path, f'{TURN}secret = "${{SHARED}}"\n', SHARED="s3cret").turn[0].secret == "s3cret"
    (tmp_path / "turn").write_text("from-a-file\n")
    assert loaded(tmp_path, f'{TURN}secret_file = "turn"\n').turn[0].secret == "from-a-file"
    assert loaded(tmp_path, f'{TURN}username = "me"\npassword_file = "turn"\n').turn[0].password == "from-a-file"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[live]\nstun = ["stun.example.org"]', "must be a STUN server"),
        ('[live]\nstun = ["turn:example.org"]', "must be a STUN server"),
        ('[live]\nstun = ["stun:169.254.169.254"]', "clouds keep credentials"),
        ('[live]\nstun = ["stun:0xa9fea9fe"]', "clouds keep credentials"),
        ('[live]\nstun = ["stun:[fd00:ec2::254]"]', "clouds keep credentials"),
        ('[live]\ninterfaces = ["eth0; rm"]', "must be the name of a network interface"),
        ("[live]\nwebrtc_viewers = 0", "live.webrtc_viewers"),
        ("[live]\nwebrtc_viewer = 1", "webrtc_viewers"),
        ('[[live.turn]]\nurl = "https://example.org"\nsecret = "s"', "must be a TURN server"),
        ('[[live.turn]]\nurl = "turn:example.org?transport=\\"x"\nsecret = "s"', "must be a TURN server"),
        (TURN, "needs either a secret, or username and password"),
        (f'{TURN}secret = "s"\nusername = "me"\npassword = "p"', "does not go together with username"),
        (f'{TURN}username = "me"', "needs username and password"),
        (f'{TURN}username = "m\\"e"\npassword = "p"', "username"),
        (f'{TURN}secret_file = "nowhere"', "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_refused_in_plain_words(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        loaded(tmp_path, text)
    assert words in str(refused.value)


def test_secrets_are_neither_shown_nor_kept_in_the_clear(tmp_path: Path) -> None:
    text = f'{TURN}secret = "hush-hush"\n{TURN}username = "me"\npassword = "not-a-word"\n'
    found = loaded(tmp_path, text)
    shown = without_secrets(text, "doorstep.toml").text
    for secret in ("hush-hush", "not-a-word"):
        assert secret not in repr(found)
        assert secret not in shown
