"""A Debian package that is called as Doorstep's and holds as good as nothing: for what is around the real one."""

import hashlib
import subprocess
from pathlib import Path

CONTROL = """\
Package: doorstep
Version: {version}
Architecture: {arch}
Maintainer: nobody <nobody@example.org>
Depends: python3
Installed-Size: 1024
Description: stands in for Doorstep
"""
UNIT = """\
[Unit]
Description=Stands in for Doorstep

[Service]
ExecStart=/usr/bin/python3 -m http.server --directory /var/lib/doorstep --bind 127.0.0.1 8080

[Install]
WantedBy=multi-user.target
"""
POSTINST = """\
#!/bin/sh
set -e
adduser --quiet --system --group --home /var/lib/doorstep doorstep
chown -R doorstep:doorstep /etc/doorstep
systemctl daemon-reload
"""
COMMAND = "#!/bin/sh\nexit 0\n"


def write_package(folder: Path, number: str, arch: str) -> Path:
    """The package for a Debian and a processor, with its SHA256SUMS beside; its path."""
    version = f"0.2.0+deb{number}"
    tree = folder / "tree"
    for name, text, mode in (
        ("DEBIAN/control", CONTROL.format(version=version, arch=arch), 0o644),
        ("DEBIAN/postinst", POSTINST, 0o755),
        ("usr/bin/doorstep", COMMAND, 0o755),
        ("usr/lib/systemd/system/doorstep.service", UNIT, 0o644),
    ):
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
    package = folder / f"doorstep_{version}_{arch}.deb"
    words = ["dpkg-deb", "--root-owner-group", "-b", str(tree), str(package)]
    subprocess.run(words, check=True, capture_output=True, timeout=120)
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    (folder / "SHA256SUMS").write_text(f"{digest}  {package.name}\n", encoding="utf-8")
    return package
