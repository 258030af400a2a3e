"""Azure Key Vault, Microsoft Entra's token endpoint and the endpoints of managed identities, as documented.

Key Vault REST API 7.4: Get Key, Wrap Key, Unwrap Key, "Authentication, requests and responses" (the challenge).
Microsoft identity platform: "OAuth 2.0 client credentials flow", OpenID configuration. "How to use managed identities for
Azure resources on an Azure VM to acquire an access token" (IMDS) and App Service's REST endpoint reference.

Modes beside the usual: denied, no-get (Get Key alone is denied), disabled, wrong, short. Switch `forget`: true drops all
access tokens once; `life`: seconds that they last.
"""

from __future__ import annotations

import base64
import os
import secrets
import time
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from stand_in import Answer, Request, StandIn

TENANT = "6f1b64dc-2d3a-4b8c-9b1e-0d5e6a7c8f90"
CLIENT = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
SECRET = "Xq~8Q.client-secret_of-the-stand-in"
FEDERATED = "eyJ.federated-token-of-the-pod.sig"
IDENTITY_HEADER = "853b9a84-5bfa-4b22-a3f3-0b9a43d9ad8a"
VERSIONS = {"rsa-key": "0123456789abcdef0123456789abcdef", "aes-key": "fedcba9876543210fedcba9876543210"}


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    if "=" in text:
        raise ValueError("padded")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class Azure(StandIn):
    def __init__(self, arguments: list[str] | None = None) -> None:
        super().__init__(arguments)
        self.switches.update({"forget": False, "life": 3599})
        self.tokens: dict[str, float] = {}
        pem = self.kept("rsa-key.der", make_rsa)
        key = serialization.load_der_private_key(pem, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self.rsa = key
        self.aes = self.kept("aes-key.aes", lambda: os.urandom(32))

    def ready(self) -> dict[str, Any]:
        return {
            "tenant": TENANT,
            "client": CLIENT,
            "secret_file": self.secret_file("client-secret", SECRET),
            "wrong_secret_file": self.secret_file("wrong-secret", "Xq~8Q.another"),
            "federated_token_file": self.secret_file("federated-token", FEDERATED),
            "identity_header": IDENTITY_HEADER,
        }

    def answer(self, request: Request) -> Answer:
        if request.is_plain:
            return self.managed_identity(request)
        if request.path == "/common/discovery/instance":
            return Answer(200, {"tenant_discovery_endpoint": f"{self.url}/{TENANT}/v2.0/.well-known/openid-configuration"})
        if request.path.endswith("/v2.0/.well-known/openid-configuration"):
            base = f"{self.url}/{TENANT}"
            return Answer(
                200,
                {
                    "issuer": f"{base}/v2.0",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                },
            )
        if request.path == f"/{TENANT}/oauth2/v2.0/token":
            return self.token(request.form())
        if request.path.startswith("/keys/"):
            return self.vault(request)
        return failure(404, "NotFound")

    def issue(self) -> dict[str, Any]:
        token = "eyJ." + secrets.token_urlsafe(32)
        life = int(self.switches["life"])
        self.tokens[token] = time.time() + life
        return {"token_type": "Bearer", "access_token": token, "expires_in": life}

    def token(self, form: dict[str, str]) -> Answer:
        if form.get("grant_type") != "client_credentials" or form.get("scope") != "https://vault.azure.net/.default":
            return Answer(400, {"error": "invalid_request", "error_description": "AADSTS900144"})
        if form.get("client_id") != CLIENT:
            return Answer(400, {"error": "unauthorized_client", "error_description": "AADSTS700016"})
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        by_secret = form.get("client_secret") == SECRET
        by_federation = form.get("client_assertion_type") == kind and form.get("client_assertion") == FEDERATED
        if not by_secret and not by_federation:
            return Answer(401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret"})
        return Answer(200, self.issue())

    def managed_identity(self, request: Request) -> Answer:
        if request.query.get("resource") != "https://vault.azure.net":
            return Answer(400, {"error": "invalid_resource"})
        if request.query.get("client_id", CLIENT) != CLIENT:
            return Answer(400, {"error": "invalid_request", "error_description": "Identity not found"})
        if request.path == "/metadata/identity/oauth2/token":
            if request.headers.get("Metadata") != "true" or request.query.get("api-version") != "2018-02-01":
                return Answer(400, {"error": "bad_request_102"})
            issued = self.issue()
            return Answer(200, {**issued, "expires_in": str(issued["expires_in"])})
        if request.path == "/msi/token":
            if request.headers.get("X-IDENTITY-HEADER") != IDENTITY_HEADER:
                return Answer(401, {"statusCode": 401})
            issued = self.issue()
            # App Service says when, not how long.
            life = issued.pop("expires_in")
            return Answer(200, {**issued, "expires_on": str(int(time.time()) + life)})
        return Answer(404)

    def vault(self, request: Request) -> Answer:
        if self.switches.pop("forget", False):
            self.tokens = {}
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) <= time.time():
            challenge = f'Bearer authorization="{self.url}/{TENANT}", resource="https://vault.azure.net"'
            return Answer(401, {"error": {"code": "Unauthorized"}}, {"WWW-Authenticate": challenge})
        if request.query.get("api-version") is None:
            return failure(400, "BadParameter")
        parts = request.path.strip("/").split("/")
        name = parts[1]
        if self.mode == "denied" or (self.mode == "no-get" and request.method == "GET"):
            return failure(403, "Forbidden", "ForbiddenByRbac")
        if self.mode == "disabled":
            return failure(403, "Forbidden", "KeyDisabled")
        if name not in VERSIONS or (len(parts) > 2 and parts[2] not in ("", VERSIONS[name])):
            return failure(404, "KeyNotFound")
        identifier = f"{self.url}/keys/{name}/{VERSIONS[name]}"
        if request.method == "GET":
            return Answer(200, {"key": self.public(name, identifier), "attributes": {"enabled": True}})
        return self.operate(parts[3], name, identifier, request.json())

    def public(self, name: str, identifier: str) -> dict[str, Any]:
        operations = ["wrapKey", "unwrapKey"]
        if name == "aes-key":
            return {"kid": identifier, "kty": "oct-HSM", "key_ops": operations}
        numbers = self.rsa.public_key().public_numbers()
        modulus, exponent = numbers.n.to_bytes(256, "big"), numbers.e.to_bytes(3, "big")
        return {"kid": identifier, "kty": "RSA", "key_ops": operations, "n": encode(modulus), "e": encode(exponent)}

    def operate(self, operation: str, name: str, identifier: str, body: dict[str, Any]) -> Answer:
        value = decode(body["value"])
        if body["alg"] != {"rsa-key": "RSA-OAEP-256", "aes-key": "A256KW"}[name]:
            return failure(400, "BadParameter")
        try:
            if operation == "wrapkey":
                made = self.rsa.public_key().encrypt(value, OAEP) if name == "rsa-key" else aes_key_wrap(self.aes, value)
            elif operation == "unwrapkey":
                made = self.rsa.decrypt(value, OAEP) if name == "rsa-key" else aes_key_unwrap(self.aes, value)
                if self.mode == "wrong":
                    made = bytes(byte ^ 1 for byte in made)
                if self.mode == "short":
                    made = made[:16]
            else:
                return failure(404, "NotFound")
        except (ValueError, InvalidUnwrap):
            return failure(400, "BadParameter")
        return Answer(200, {"kid": identifier, "value": encode(made)})


def make_rsa() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def failure(status: int, code: str, inner: str | None = None) -> Answer:
    error: dict[str, Any] = {"code": code, "message": "said by the stand-in"}
    if inner:
        error["innererror"] = {"code": inner}
    return Answer(status, {"error": error})


if __name__ == "__main__":
    Azure().run()
