"""A phone that makes passkeys and signs with them, as WebAuthn Level 3 (6.1, 6.5) says; it may be told to cheat."""

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url as text

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


@dataclass
class PasskeyDevice:
    """One credential; `origin` is what the browser around it says."""

    origin: str
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    handle: str = ""
    count: int = 0
    counts: bool = True

    def make(self, options: dict[str, Any], host: str = "") -> dict[str, Any]:
        """`options` as the server gave them; `host` in place of theirs."""
        self.handle = options["user"]["id"]
        public = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32), -3: public.y.to_bytes(32)}
        credential = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cbor2.dumps(cose)
        told = self._told(host or options["rp"]["id"], HAS_KEY) + credential
        client = self._client("webauthn.create", options["challenge"])
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": told})
        return self._credential(
            {"clientDataJSON": text(client), "attestationObject": text(made), "transports": ["internal", "x"]}
        )

    def sign(self, options: dict[str, Any], host: str = "") -> dict[str, Any]:
        """The same for signing in."""
        told, client = self._told(host or options["rpId"]), self._client("webauthn.get", options["challenge"])
        signature = self.key.sign(told + sha256(client).digest(), ECDSA(SHA256()))
        return self._credential(
            {
                "clientDataJSON": text(client),
                "authenticatorData": text(told),
                "signature": text(signature),
                "userHandle": self.handle,
            }
        )

    def _told(self, host: str, flags: int = 0) -> bytes:
        self.count += self.counts
        return sha256(host.encode()).digest() + bytes([PRESENT | VERIFIED | flags]) + self.count.to_bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        named = text(self.credential_id)
        return {"id": named, "rawId": named, "type": "public-key", "response": response, "clientExtensionResults": {}}
