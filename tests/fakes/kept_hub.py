"""A data folder whose house has joined a hub that there is not."""

from pathlib import Path

from doorstep.core.hub_pairing import KeptPairing, Pairing, kept_text

SECRET = "turn-secret"
PAIRING = Pairing("home", "door.example.org", "hub.example.org", 2222, 41001, SECRET, 3478)


def keep(data: Path, pairing: Pairing = PAIRING) -> Path:
    """The folder of the hub in it."""
    folder = data / "hub"
    folder.mkdir(mode=0o700)
    for name in ("key", "known_hosts"):
        (folder / name).write_text("x", encoding="utf-8")
    (folder / "pairing.json").write_text(kept_text(KeptPairing(pairing, 1_700_000_000)), encoding="utf-8")
    return folder
