"""Google Cloud KMS, Google's token endpoint and the metadata server, as documented.

Cloud KMS API v1: projects.locations.keyRings.cryptoKeys encrypt, decrypt, get, and cryptoKeyVersions asymmetricSign,
getPublicKey; "Verify end-to-end data integrity". "Using
OAuth 2.0 for server to server applications" (the JWT is verified). "About VM metadata": computeMetadata's token.

Modes beside the usual: denied, disabled, corrupt (checksums and flags do not hold), wrong, short, other (the answer of
another version). Switch `forget`: true
drops all access tokens once; `life`: seconds that they last.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import time
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stand_in import Answer, Request, StandIn

RING = "projects/fieldseal-test/locations/global/keyRings/ring/cryptoKeys"
EMAIL = "fieldseal@fieldseal-test.iam.gserviceaccount.com"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def checksum(data: bytes) -> int:
    """CRC-32C by table, unlike the one it is compared with."""
    register = 0xFFFFFFFF
    for byte in data:
        register = TABLE[(register ^ byte) & 0xFF] ^ (register >> 8)
    return register ^ 0xFFFFFFFF


def table_entry(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ 0x82F63B78 if value & 1 else value >> 1
    return value


TABLE = [table_entry(value) for value in range(256)]


class Google(StandIn):
    def __init__(self, arguments: list[str] | None = None) -> None:
        super().__init__(arguments)
        self.switches.update({"forget": False, "life": 3599})
        self.tokens: dict[str, float] = {}
        key = serialization.load_pem_private_key(self.kept("account.pem", make_rsa), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self.account = key
        self.keys = {name: self.kept(f"{name}.aes", lambda: os.urandom(32)) for name in ("fieldseal", "other")}
        #: Of purpose ASYMMETRIC_SIGN, by the names of their versions.
        self.signing_keys: dict[str, Ed25519PrivateKey | ec.EllipticCurvePrivateKey] = {
            f"{RING}/log/cryptoKeyVersions/{version}": Ed25519PrivateKey.from_private_bytes(
                self.kept(f"log-{version}.ed25519", lambda: os.urandom(32))
            )
            for version in (1, 2)
        }
        self.signing_keys[f"{RING}/elliptic/cryptoKeyVersions/1"] = ec.generate_private_key(ec.SECP256R1())

    def ready(self) -> dict[str, Any]:
        return {
            "key": f"{RING}/fieldseal",
            "other_key": f"{RING}/other",
            "signing_key": f"{RING}/log",
            "elliptic_key": f"{RING}/elliptic",
            "account_file": self.secret_file("account.json", self.account_text(self.account)),
            "stranger_file": self.secret_file("stranger.json", self.account_text(None)),
        }

    def account_text(self, key: rsa.RSAPrivateKey | None) -> str:
        pem = make_rsa() if key is None else self.kept("account.pem", make_rsa)
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "fieldseal-test",
                "private_key_id": "3f1c",
                "private_key": pem.decode(),
                "client_email": EMAIL,
                "token_uri": f"{self.url}/token",
            }
        )

    def answer(self, request: Request) -> Answer:
        if request.is_plain:
            if request.headers.get("Metadata-Flavor") != "Google":
                return Answer(403)
            if request.path == "/computeMetadata/v1/instance/service-accounts/default/token":
                return Answer(200, self.issue(), {"Metadata-Flavor": "Google"})
            return Answer(404)
        if request.path == "/token":
            return self.token(request.form())
        if request.path.startswith("/v1/"):
            return self.kms(request)
        return failure(404, "NOT_FOUND")

    def issue(self) -> dict[str, Any]:
        token = "ya29." + secrets.token_urlsafe(32)
        life = int(self.switches["life"])
        self.tokens[token] = time.time() + life
        return {"access_token": token, "expires_in": life, "token_type": "Bearer"}

    def token(self, form: dict[str, str]) -> Answer:
        header, claims, signature = form["assertion"].split(".")
        try:
            self.account.public_key().verify(
                decode_url(signature), f"{header}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            return Answer(400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
        head, claim = json.loads(decode_url(header)), json.loads(decode_url(claims))
        is_right = (
            form.get("grant_type") == GRANT
            and head["alg"] == "RS256"
            and claim["iss"] == EMAIL
            # Google's own SDK names the public endpoint, whatever the account's file says.
            and claim["aud"] in (f"{self.url}/token", "https://oauth2.googleapis.com/token")
            and "https://www.googleapis.com/auth/cloud" in claim["scope"]
            and abs(claim["iat"] - time.time()) < 600
            and time.time() < claim["exp"] <= claim["iat"] + 3600
        )
        if not is_right:
            return Answer(400, {"error": "invalid_grant", "error_description": "Invalid JWT"})
        return Answer(200, self.issue())

    def kms(self, request: Request) -> Answer:
        if self.switches.pop("forget", False):
            self.tokens = {}
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) <= time.time():
            return failure(401, "UNAUTHENTICATED")
        if self.mode == "denied":
            return failure(403, "PERMISSION_DENIED")
        name, _, operation = request.path.removeprefix("/v1/").partition(":")
        if "/cryptoKeyVersions/" in name:
            return self.signing(name, operation, request)
        ring, _, short = name.rpartition("/")
        if ring != RING or short not in self.keys:
            return failure(404, "NOT_FOUND")
        if self.mode == "disabled":
            return failure(400, "FAILED_PRECONDITION")
        if request.method == "GET":
            return Answer(200, {"name": name, "purpose": "ENCRYPT_DECRYPT"})
        body = request.json()
        given = {field: base64.b64decode(body.get(field, "")) for field in ("plaintext", "ciphertext")}
        data = base64.b64decode(body.get("additionalAuthenticatedData", ""))
        checks = {"plaintext": given["plaintext"], "ciphertext": given["ciphertext"], "additionalAuthenticatedData": data}
        for field, value in checks.items():
            sent = body.get(f"{field}Crc32c")
            if sent is not None and int(sent) != checksum(value):
                return failure(400, "INVALID_ARGUMENT")
        cipher = AESGCM(self.keys[short])
        corruption = 1 if self.mode == "corrupt" else 0
        if operation == "encrypt":
            nonce = os.urandom(12)
            sealed = nonce + cipher.encrypt(nonce, given["plaintext"], data)
            return Answer(
                200,
                {
                    "name": f"{name}/cryptoKeyVersions/1",
                    "ciphertext": base64.b64encode(sealed).decode(),
                    "ciphertextCrc32c": str(checksum(sealed) ^ corruption),
                    "verifiedPlaintextCrc32c": "plaintextCrc32c" in body and not corruption,
                    "verifiedAdditionalAuthenticatedDataCrc32c": "additionalAuthenticatedDataCrc32c" in body,
                    "protectionLevel": "SOFTWARE",
                },
            )
        if operation == "decrypt":
            try:
                plaintext = cipher.decrypt(given["ciphertext"][:12], given["ciphertext"][12:], data)
            except InvalidTag:
                return failure(400, "INVALID_ARGUMENT")
            if self.mode == "wrong":
                plaintext = bytes(byte ^ 1 for byte in plaintext)
            if self.mode == "short":
                plaintext = plaintext[:16]
            crc = str(checksum(plaintext) ^ corruption)
            text = base64.b64encode(plaintext).decode()
            return Answer(200, {"plaintext": text, "plaintextCrc32c": crc, "usedPrimary": True})
        return failure(404, "NOT_FOUND")

    def signing(self, name: str, operation: str, request: Request) -> Answer:
        is_public_key = request.method == "GET" and name.endswith("/publicKey")
        name = name.removesuffix("/publicKey")
        key = self.signing_keys.get(name)
        if key is None:
            return failure(404, "NOT_FOUND")
        if self.mode == "disabled":
            return failure(400, "FAILED_PRECONDITION")
        is_edwards = isinstance(key, Ed25519PrivateKey)
        told = {"name": f"{name}0" if self.mode == "other" else name, "protectionLevel": "SOFTWARE"}
        corruption = 1 if self.mode == "corrupt" else 0
        if is_public_key:
            pem = key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            algorithm = "EC_SIGN_ED25519" if is_edwards else "EC_SIGN_P256_SHA256"
            crc = str(checksum(pem) ^ corruption)
            return Answer(200, {**told, "pem": pem.decode(), "pemCrc32c": crc, "algorithm": algorithm})
        body = request.json()
        if request.method != "POST" or operation != "asymmetricSign" or not is_edwards or "digest" in body:
            return failure(400, "INVALID_ARGUMENT")
        data = base64.b64decode(body["data"])
        if int(body.get("dataCrc32c", checksum(data))) != checksum(data):
            return failure(400, "INVALID_ARGUMENT")
        signature = key.sign(data)
        if self.mode == "wrong":
            signature = bytes(byte ^ 1 for byte in signature)
        if self.mode == "short":
            signature = signature[:16]
        return Answer(
            200,
            {
                **told,
                "signature": base64.b64encode(signature).decode(),
                "signatureCrc32c": str(checksum(signature) ^ corruption),
                "verifiedDataCrc32c": "dataCrc32c" in body and not corruption,
            },
        )


def decode_url(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def make_rsa() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def failure(status: int, word: str) -> Answer:
    return Answer(status, {"error": {"code": status, "status": word, "message": "said by the stand-in"}})


if __name__ == "__main__":
    Google().run()
