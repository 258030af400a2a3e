"""HashiCorp Vault as its HTTP API documentation says: Transit (`/transit/encrypt`, `/decrypt`, `/keys`, `/sign`), `auth/token`,
`auth/approle`, `auth/kubernetes`, namespaces, and the status codes of a server that does not serve.

https://developer.hashicorp.com/vault/api-docs: secret/transit, auth/token, auth/approle, auth/kubernetes, index (HTTP
status codes). OpenBao's API is the same in all of these.

Modes beside the usual: sealed, standby, denied, wrong (another plaintext or signature), short (one of the wrong length),
other (a signature of the newest version, whichever was asked for), unsigned (keys can be read and do not sign).
Switch `life`: seconds that logins last; `forget`: true drops all tokens but the root's once.
"""

from __future__ import annotations

import base64
import os
import secrets
import time
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stand_in import Answer, Request, StandIn

ROOT = "hvs.root-token-of-the-stand-in"
ROLE_ID = "675a50e7-cfe0-be76-e35f-49ec009731ea"
SECRET_ID = "ed0a642f-2acf-c2da-232f-1b21300d5f29"
SERVICE_TOKEN = "eyJ.service-account-of-the-pod.sig"


class Vault(StandIn):
    def __init__(self, arguments: list[str] | None = None) -> None:
        super().__init__(arguments)
        self.switches.update({"life": 3600, "forget": False, "now": 0})
        self.tokens: dict[str, dict[str, Any]] = {ROOT: {"end": None, "renewable": False, "policy": "root"}}
        self.give_token("hvs.powerless", None, False, "default")
        self.give_token("hvs.periodic", 3600, True, "fieldseal")
        self.keys = {
            (namespace, name): self.kept(f"{namespace or 'root'}-{name}.aes", lambda: os.urandom(32))
            for namespace, name in [("", "fieldseal"), ("", "other"), ("team", "fieldseal")]
        }
        #: Of type ed25519, in their versions from 1.
        self.signing_keys = {
            name: [
                Ed25519PrivateKey.from_private_bytes(self.kept(f"{name}-{version}.ed25519", lambda: os.urandom(32)))
                for version in (1, 2)
            ]
            for name in ("log", "derived")
        }

    def ready(self) -> dict[str, Any]:
        return {
            "token": ROOT,
            "token_file": self.secret_file("token", ROOT + "\n"),
            "role_id": ROLE_ID,
            "secret_id_file": self.secret_file("secret-id", SECRET_ID),
            "service_token_file": self.secret_file("service-token", SERVICE_TOKEN),
            "signing_key": "log",
            "public_keys": [text(key.public_key().public_bytes_raw()) for key in self.signing_keys["log"]],
        }

    def now(self) -> float:
        return time.time() + float(self.switches["now"])

    def give_token(self, token: str, life: float | None, renewable: bool, policy: str) -> None:
        end = None if life is None else self.now() + life
        self.tokens[token] = {"end": end, "renewable": renewable, "policy": policy}

    def answer(self, request: Request) -> Answer:
        if self.mode == "sealed":
            return errors(503, "Vault is sealed")
        if self.mode == "standby":
            return errors(473, "performance standby")
        if self.switches.pop("forget", False):
            self.tokens = {ROOT: self.tokens[ROOT]}
        path = request.path.removeprefix("/v1/")
        if path.startswith("auth/") and path.endswith("/login"):
            return self.log_in(path.split("/")[1], request.json())
        token = request.headers.get("X-Vault-Token", "")
        held = self.tokens.get(token)
        if held is None or (held["end"] is not None and held["end"] <= self.now()):
            return errors(403, "permission denied")
        if path == "auth/token/lookup-self":
            ttl = 0 if held["end"] is None else int(held["end"] - self.now())
            return Answer(200, {"data": {"id": token, "ttl": ttl, "renewable": held["renewable"]}})
        if path == "auth/token/renew-self":
            if not held["renewable"]:
                return errors(400, "lease is not renewable")
            held["end"] = self.now() + float(self.switches["life"])
            return Answer(200, self.auth(token))
        parts = path.split("/")
        is_read = request.method == "GET"
        if len(parts) == 3 and parts[0] == "transit" and (is_read == (parts[1] == "keys")):
            is_denied = self.mode == "denied" or self.mode == "unsigned" and parts[1] == "sign"
            if is_denied or held["policy"] == "default":
                return errors(403, "1 error occurred:\n\t* permission denied\n\n")
            if is_read:
                return self.read_key(parts[2])
            if parts[1] == "sign":
                return self.sign(parts[2], request.json())
            return self.transit(parts[1], parts[2], request)
        return errors(404, "no handler for route")

    def auth(self, token: str) -> dict[str, Any]:
        held = self.tokens[token]
        lease = int(float(self.switches["life"]))
        return {"auth": {"client_token": token, "lease_duration": lease, "renewable": held["renewable"]}}

    def log_in(self, mount: str, body: dict[str, Any]) -> Answer:
        if mount == "approle":
            if body["role_id"] != ROLE_ID or body["secret_id"] != SECRET_ID:
                return errors(400, "invalid role or secret ID")
        elif mount == "kubernetes":
            if body["role"] != "fieldseal" or body["jwt"] != SERVICE_TOKEN:
                return errors(403, "permission denied")
        else:
            return errors(404, "no handler for route")
        token = "hvs." + secrets.token_urlsafe(24)
        self.give_token(token, float(self.switches["life"]), True, "fieldseal")
        return Answer(200, self.auth(token))

    def transit(self, operation: str, name: str, request: Request) -> Answer:
        key = self.keys.get((request.headers.get("X-Vault-Namespace", "").strip("/"), name))
        body = request.json()
        data = base64.b64decode(body.get("associated_data", ""), validate=True)
        if operation == "encrypt":
            # Vault would make a key that is missing, were the token allowed to create one.
            if key is None:
                return errors(403, "permission denied")
            nonce = os.urandom(12)
            sealed = nonce + AESGCM(key).encrypt(nonce, base64.b64decode(body["plaintext"], validate=True), data)
            text = "vault:v1:" + base64.b64encode(sealed).decode()
            return Answer(200, {"data": {"ciphertext": text, "key_version": 1}})
        if operation == "decrypt":
            if key is None:
                return errors(400, "encryption key not found")
            version, _, text = body["ciphertext"].removeprefix("vault:").partition(":")
            if version != "v1":
                return errors(400, "invalid ciphertext: version is too new")
            sealed = base64.b64decode(text, validate=True)
            try:
                plaintext = AESGCM(key).decrypt(sealed[:12], sealed[12:], data)
            except InvalidTag:
                return errors(400, "cipher: message authentication failed")
            if self.mode == "wrong":
                plaintext = bytes(byte ^ 1 for byte in plaintext)
            if self.mode == "short":
                plaintext = plaintext[:16]
            return Answer(200, {"data": {"plaintext": base64.b64encode(plaintext).decode()}})
        return errors(404, "unsupported path")

    def read_key(self, name: str) -> Answer:
        told: dict[str, Any] = {"name": name, "derived": name == "derived", "min_encryption_version": 0}
        if name in self.signing_keys:
            made = {"creation_time": "2026-01-01T00:00:00Z", "name": "ed25519"}
            keys = {
                str(version): {**made, "public_key": "" if told["derived"] else text(key.public_key().public_bytes_raw())}
                for version, key in enumerate(self.signing_keys[name], 1)
            }
            return Answer(200, {"data": {**told, "type": "ed25519", "latest_version": len(keys), "keys": keys}})
        if ("", name) in self.keys:
            told |= {"type": "aes256-gcm96", "latest_version": 1, "keys": {"1": 1767225600}}
            return Answer(200, {"data": told})
        return Answer(404, {"errors": []})

    def sign(self, name: str, body: dict[str, Any]) -> Answer:
        if name not in self.signing_keys:
            missing = ("", name) not in self.keys
            return errors(400, "signing key not found" if missing else "key type aes256-gcm96 does not support signing")
        keys = self.signing_keys[name]
        version = int(body.get("key_version", 0)) or len(keys)
        if not 0 < version <= len(keys):
            return errors(500, "requested version for signing is higher than the latest key version")
        if self.mode == "other":
            version = len(keys)
        signature = keys[version - 1].sign(base64.b64decode(body["input"], validate=True))
        if self.mode == "wrong":
            signature = bytes(byte ^ 1 for byte in signature)
        if self.mode == "short":
            signature = signature[:16]
        return Answer(200, {"data": {"signature": f"vault:v{version}:{text(signature)}", "key_version": version}})


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def errors(status: int, text: str) -> Answer:
    return Answer(status, {"errors": [text]})


if __name__ == "__main__":
    Vault().run()
