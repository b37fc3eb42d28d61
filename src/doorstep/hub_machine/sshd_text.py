"""The settings of the hub's own sshd, sshd_config(5): tunnels and pairing, and nothing else.  Pure."""

from doorstep.core.hub_line import LISTENS_AT
from doorstep.hub_machine.box_folder import KEYS
from doorstep.hub_machine.shape import HubShape

HOST_KEY = "ssh_host_ed25519_key"

_TEXT = """\
# Written by doorstep-hub; changes here are lost.  The administrator's own sshd is another one, and untouched.
Port {port}
HostKey {settings}/{host_key}
PidFile none

# One user, by key alone; what a key may do stands with it in authorized_keys.
AllowUsers {user}
AuthenticationMethods publickey
PubkeyAuthentication yes
PubkeyAcceptedAlgorithms ssh-ed25519
AuthorizedKeysFile {state}/{keys}
PasswordAuthentication no
KbdInteractiveAuthentication no
HostbasedAuthentication no
PermitRootLogin no
UsePAM no
StrictModes yes

# A box may offer its one port on the loopback here, and reach nothing.
AllowTcpForwarding remote
PermitListen {listens_at}:*
PermitOpen none
GatewayPorts no
AllowStreamLocalForwarding no
AllowAgentForwarding no
X11Forwarding no
PermitTunnel no
PermitTTY no
PermitUserRC no
PermitUserEnvironment no
DisableForwarding no
MaxSessions 2

# Who is silent is gone: a box whose line broke has its port back within a quarter of a minute.
ClientAliveInterval 5
ClientAliveCountMax 3
TCPKeepAlive yes

# Who has a key and asks for nothing is let go; a port that he offers alone is no reason to stay.
UnusedConnectionTimeout 30s

# Strangers wait little and are few.
LoginGraceTime 10
MaxAuthTries 2
MaxStartups 20:50:60
PerSourceMaxStartups 5
PerSourceNetBlockSize 32:64

KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org
Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com
HostKeyAlgorithms ssh-ed25519
UseDNS no
PrintMotd no
PrintLastLog no
Compression no
LogLevel INFO
"""


def sshd_text(shape: HubShape) -> str:
    """The file for `sshd -f`."""
    folders = shape.folders
    return _TEXT.format(
        port=shape.ports.ssh,
        settings=folders.settings,
        host_key=HOST_KEY,
        user=shape.user,
        state=folders.state,
        keys=KEYS,
        listens_at=LISTENS_AT,
    )
