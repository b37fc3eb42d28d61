"""What [detection] may say of sizes, labels and a remote detector; each fault names its key and quotes no secret."""

from pathlib import Path

import pytest

from doorstep.config.load import load_settings
from doorstep.core.detection import PERSON, Label
from doorstep.core.errors import ConfigInvalid
from doorstep.core.remote_use import DetectionPlace, RemoteUse
from doorstep.core.settings import DetectionSettings

REMOTE = 'where = "remote"\nendpoint = "http://192.0.2.20:8090/detect"\n'


def detection(folder: Path, text: str) -> DetectionSettings:
    path = folder / "doorstep.toml"
    path.write_text(f"[detection]\n{text}", encoding="utf-8")
    return load_settings(path, {"DOOR_TOKEN": "0123456789abcdef"}, only_built=True).detection


def test_without_a_word_persons_are_looked_for_here_at_what_the_machine_affords(tmp_path: Path) -> None:
    found = detection(tmp_path, "")
    assert (found.input_size, found.where) == ("auto", DetectionPlace.LOCAL)
    assert found.labels == frozenset({PERSON})
    assert not found.second_look


def test_the_model_may_look_twice(tmp_path: Path) -> None:
    assert detection(tmp_path, "second_look = true").second_look


@pytest.mark.parametrize(("word", "size"), [('"auto"', "auto"), ('"own"', "own"), ("416", 416), ("256", 256)])
def test_each_size_may_be_chosen(tmp_path: Path, word: str, size: object) -> None:
    assert detection(tmp_path, f"input_size = {word}").input_size == size


def test_more_than_persons_may_be_looked_for(tmp_path: Path) -> None:
    assert detection(tmp_path, 'labels = ["person", "dog"]').labels == frozenset({PERSON, Label.DOG})


def test_a_remote_detector_is_taken_with_its_token_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("fedcba9876543210\n", encoding="utf-8")
    found = detection(tmp_path, REMOTE + 'token_file = "token"\nuse = "doubtful"\n')
    assert (found.where, found.use, found.token) == (
        DetectionPlace.REMOTE,
        RemoteUse.SECOND_OPINION,
        "fedcba9876543210",
    )
    assert detection(tmp_path, REMOTE + 'token = "${DOOR_TOKEN}"').token == "0123456789abcdef"
    assert "fedcba" not in repr(found)
    assert "192.0.2.20" not in repr(found)


def test_a_price_and_a_cap_go_together(tmp_path: Path) -> None:
    found = detection(tmp_path, REMOTE + "price_per_call_usd = 0.0000117\nmonthly_cap_usd = 2\n")
    assert (found.price_per_call_usd, found.monthly_cap_usd) == (0.0000117, 2)


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8090/", "http://[fd12::1]:8090/", "http://nas.lan:8090/detect", "https://8.8.8.8/detect"],
)
def test_the_owner_may_name_what_is_his(tmp_path: Path, address: str) -> None:
    assert detection(tmp_path, f'where = "remote"\nendpoint = "{address}"\n').endpoint == address


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("input_size = 300", "line 2: detection.input_size: must be 'auto', 'own', 416, 320 or 256"),
        ('input_size = "416"', "line 2: detection.input_size: must be"),
        ('labels = ["person", "bird"]', "line 2: detection.labels: must be 'person'"),
        ('labels = ["dog"]', 'line 2: detection.labels: must contain "person"'),
        ("labels = []", "line 2: detection.labels: needs at least 1"),
        ('where = "cloud"', "line 2: detection.where: must be 'local' or 'remote'"),
        ('use = "always"', "line 2: detection.use: must be 'every' or 'doubtful'"),
        ('where = "remote"', "detection.endpoint: is missing"),
        (REMOTE + 'labels = ["person", "dog"]', "line 4: detection.labels: may hold only"),
        (REMOTE + "price_per_call_usd = 0.1", "detection.monthly_cap_usd: is 0"),
        (REMOTE + "monthly_cap_usd = 1", "detection.price_per_call_usd: is missing"),
        (REMOTE + "monthly_cap_usd = -1", "line 4: detection.monthly_cap_usd: must be at least 0"),
        (REMOTE + 'token = "two words"', "line 4: detection.token: must be of plain letters"),
        (REMOTE + 'token = "${DOOR_TOKEN}"\ntoken_file = "x"', "line 5: detection.token_file: is given together"),
        (REMOTE + 'token_file = "gone"', "line 4: detection.token_file: the file cannot be read"),
        (REMOTE + 'tokn = "a"', "line 4: detection.tokn: unknown key; did you mean token?"),
    ],
)
def test_each_fault_is_told_where_it_stands(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        detection(tmp_path, text)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("ftp://host/secret", "must be the address of a detector"),
        ("host:8090/secret", "must be the address of a detector"),
        ("http:///secret", "must be the address of a detector"),
        ("http://me:secret@192.0.2.20/", "must hold no password"),
        ("http://169.254.169.254/secret", "where clouds keep credentials"),
        ("http://[::ffff:169.254.169.254]/secret", "where clouds keep credentials"),
        ("https://metadata.google.internal/secret", "where clouds keep credentials"),
        ("http://[fe80::1]/secret", "or is no host"),
        ("http://0.0.0.0/secret", "or is no host"),
        ("http://8.8.8.8/secret", "must begin with https://"),
    ],
)
@pytest.mark.parametrize("where", ["local", "remote"])
def test_no_picture_goes_to_such_an_address(tmp_path: Path, where: str, address: str, told: str) -> None:
    with pytest.raises(ConfigInvalid, match=r"line 3: detection\.endpoint") as caught:
        detection(tmp_path, f'where = "{where}"\nendpoint = "{address}"\n')
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)
