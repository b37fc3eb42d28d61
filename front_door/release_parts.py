"""The list of parts (SBOM) of what is released, in the words of CycloneDX 1.6.  Pure, but for reading wheels and locks.

A licence is told where its maker does, in the wheel or in npm's lock; nothing is guessed.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.parser import HeaderParser
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5
from zipfile import ZipFile

IN_THE_WEB_APP = ("hls.js", "svelte")
"""What the built pages hold of others; the rest of npm's lock only builds them."""
_CLASSIFIER = "License :: "
_LONGEST_NAME = 100
_JOINS = ("AND", "OR", "WITH")
_SPDX_ID = re.compile(r"(?=.*[-0-9]|MIT$|ISC$|Zlib$)[A-Za-z0-9.+-]+")


@dataclass(frozen=True, slots=True)
class Part:
    """One package of others: `kind` is pypi or npm, `hashes` pairs of an algorithm and hexadecimal digits.

    `inside` are the libraries of yet others in it, by file and SHA-256: FFmpeg in av, OpenSSL in psycopg.
    """

    kind: str
    name: str
    version: str
    hashes: tuple[tuple[str, str], ...]
    licence: str = ""
    inside: tuple[tuple[str, str], ...] = ()


def licence_in(metadata: str) -> str:
    """What a wheel's METADATA says: an expression, else classifiers, else a short name (core metadata 2.4)."""
    said = HeaderParser().parsestr(metadata)
    if expression := said.get("License-Expression", "").strip():
        return expression
    named = [line.rpartition(" :: ")[2] for line in said.get_all("Classifier", []) if line.startswith(_CLASSIFIER)]
    told = [name for name in named if name != "OSI Approved"]
    if told:
        return " or ".join(told)
    short = said.get("License", "").strip()
    return short if "\n" not in short and len(short) <= _LONGEST_NAME else ""


def licence_of(wheel: Path) -> str:
    """As the wheel itself says."""
    with ZipFile(wheel) as packed:
        [name] = [each for each in packed.namelist() if each.endswith(".dist-info/METADATA") and each.count("/") == 1]
        return licence_in(packed.read(name).decode("utf-8", "replace"))


def libraries_in(wheel: Path) -> tuple[tuple[str, str], ...]:
    """What auditwheel put beside the modules, for nothing else of the system to be needed."""
    with ZipFile(wheel) as packed:
        names = [name for name in packed.namelist() if name.partition("/")[0].endswith(".libs") and name[-1] != "/"]
        return tuple((name, hashlib.sha256(packed.read(name)).hexdigest()) for name in sorted(names))


def web_parts(npm_lock: str) -> list[Part]:
    """Out of package-lock.json."""
    packages = json.loads(npm_lock)["packages"]
    return [_npm_part(name, packages[f"node_modules/{name}"]) for name in IN_THE_WEB_APP]


def _npm_part(name: str, told: Mapping[str, str]) -> Part:
    algorithm, _, digest = told["integrity"].partition("-")
    hashed = (algorithm.upper().replace("SHA", "SHA-"), base64.b64decode(digest).hex())
    return Part("npm", name, told["version"], (hashed,), told.get("license", ""))


def parts_list(name: str, version: str, parts: Iterable[Part], moment: int) -> str:
    """The document; the same for the same parts."""
    components = [_component(part) for part in sorted(parts, key=lambda part: (part.kind, part.name, part.version))]
    root = {
        "type": "application",
        "bom-ref": name,
        "name": name,
        "version": version,
        "licenses": [{"expression": "Apache-2.0"}],
    }
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "serialNumber": uuid5(NAMESPACE_URL, json.dumps([root, components], sort_keys=True)).urn,
        "metadata": {"timestamp": f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}", "component": root},
        "components": components,
        "dependencies": [{"ref": name, "dependsOn": [component["bom-ref"] for component in components]}],
    }
    return json.dumps(document, indent=1) + "\n"


def _component(part: Part) -> dict[str, object]:
    address = f"pkg:{part.kind}/{part.name.lower()}@{part.version}"
    told: dict[str, object] = {
        "type": "library",
        "bom-ref": address,
        "name": part.name,
        "version": part.version,
        "purl": address,
        "hashes": [{"alg": algorithm, "content": digest} for algorithm, digest in part.hashes],
    }
    if part.licence:
        told["licenses"] = _licences(part.licence)
    if part.inside:
        told["components"] = [_file_in(address, name, digest) for name, digest in part.inside]
    return told


def _file_in(address: str, name: str, digest: str) -> Mapping[str, object]:
    hashes = [{"alg": "SHA-256", "content": digest}]
    return {"type": "file", "bom-ref": f"{address}#{name}", "name": name, "hashes": hashes}


def _licences(said: str) -> Sequence[Mapping[str, object]]:
    """An SPDX expression as such; other words as a name."""
    words = [word for word in said.replace("(", " ").replace(")", " ").split() if word not in _JOINS]
    is_joined = len([word for word in said.split() if word in _JOINS]) == len(words) - 1
    is_expression = is_joined and all(_SPDX_ID.fullmatch(word) for word in words)
    return [{"expression": said}] if is_expression else [{"license": {"name": said}}]
