"""What a clip is called once it leaves the house: its time, then its camera.  In the store it is called otherwise."""

import re
import unicodedata

LONGEST_NAME = 60


def clip_file_name(name: str, camera: str) -> str:
    """("20261121_140203.mp4", "Front door") is "20261121_140203_Front-door.mp4".

    Plain letters and digits only, whatever people call their cameras; of a name without any nothing is left.
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "-", unicodedata.normalize("NFKD", camera))[:LONGEST_NAME].strip("-")
    stem, dot, kind = name.rpartition(".")
    return f"{stem}_{plain}{dot}{kind}" if plain and dot else name
