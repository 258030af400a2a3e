"""AWS KMS, STS and IAM: moto's server with authentication on, so that signatures, keys and policies are judged by moto with
botocore's own signer. Around it stands what moto has not: the instance metadata service (v2) and the container
credential server, on plain HTTP, KMS's documented JSON errors where moto answers those of authentication in XML, and
signing keys of spec ECC_NIST_EDWARDS25519, which moto does not know.

AWS KMS API Reference (Encrypt, Decrypt, GetPublicKey, Sign, Common errors); AWS STS API Reference (AssumeRoleWithWebIdentity); EC2 User Guide
("Use IMDSv2"); AWS SDKs Reference Guide ("Container credential provider").

Modes beside the usual: wrong, short (another plaintext or signature), throttled, disabled, skewed (the clock), expired (ExpiredTokenException).
Switch `life`: seconds that instance and container credentials last.
"""

from __future__ import annotations

import base64
import datetime
import json
import os
import re
import secrets
from typing import Any

os.environ.update({"MOTO_IAM_LOAD_MANAGED_POLICIES": "false", "AWS_EC2_METADATA_DISABLED": "true"})

import boto3  # noqa: E402
from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402
from moto import settings  # noqa: E402
from moto.kms import models  # noqa: E402
from moto.kms.utils import AbstractPrivateKey, validate_signing_algorithm  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.test import Client  # noqa: E402

from stand_in import Answer, Request, StandIn  # noqa: E402

REGION = "eu-central-1"
CONTAINER_TOKEN = "token-of-the-container"
WEB_TOKEN = "eyJ.web-identity-of-the-pod.sig"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GetPublicKey", "kms:Sign"], "Resource": "*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}

#: What KMS says where moto's authentication answers by other words, and in XML.
DOCUMENTED = {
    "AuthFailure": "InvalidSignatureException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "AccessDenied": "AccessDeniedException",
}

EDWARDS = "ECC_NIST_EDWARDS25519"
EDWARDS_ALGORITHM = "ED25519_SHA_512"


class EdwardsKey(AbstractPrivateKey):
    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()

    def sign(self, message: bytes, signing_algorithm: str) -> bytes:
        validate_signing_algorithm(signing_algorithm, [EDWARDS_ALGORITHM])
        return self.key.sign(message)

    def verify(self, message: bytes, signature: bytes, signing_algorithm: str) -> bool:
        raise NotImplementedError

    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )


def teach_moto() -> None:
    make, algorithms = models.generate_private_key, models.Key.signing_algorithms.fget
    specs = [*models.KeySpec.key_specs(), EDWARDS]
    models.KeySpec.key_specs = classmethod(lambda _: specs)
    models.generate_private_key = lambda spec: EdwardsKey() if spec == EDWARDS else make(spec)
    models.Key.signing_algorithms = property(
        lambda key: [EDWARDS_ALGORITHM] if key.key_spec == EDWARDS else algorithms(key)
    )


teach_moto()


class AWS(StandIn):
    def __init__(self, arguments: list[str] | None = None) -> None:
        super().__init__(arguments)
        self.switches["life"] = 3600
        self.sessions: set[str] = set()
        settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
        self.moto = Client(DomainDispatcherApplication(create_backend_app))

    def ready(self) -> dict[str, Any]:
        setup = {"aws_access_key_id": "setup", "aws_secret_access_key": "setup", "region_name": REGION}
        setup |= {"endpoint_url": self.url, "verify": str(self.folder / "ca.pem")}
        iam, kms, self.sts = (boto3.client(name, **setup) for name in ("iam", "kms", "sts"))
        told: dict[str, Any] = {"region": REGION}
        for user in ("fieldseal", "powerless"):
            iam.create_user(UserName=user)
            key = iam.create_access_key(UserName=user)["AccessKey"]
            told[user] = {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
        iam.put_user_policy(UserName="fieldseal", PolicyName="kms", PolicyDocument=json.dumps(POLICY))
        role = iam.create_role(RoleName="fieldseal", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName="fieldseal", PolicyName="kms", PolicyDocument=json.dumps(POLICY))
        self.role = told["role"] = role
        for name in ("key", "other_key"):
            told[name] = kms.create_key()["KeyMetadata"]["Arn"]
        for name, spec in (("signing_key", EDWARDS), ("elliptic_key", "ECC_NIST_P256")):
            told[name] = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec=spec)["KeyMetadata"]["Arn"]
        self.arns = told["key"].rpartition("/")[0]
        kms.create_alias(AliasName="alias/fieldseal", TargetKeyId=told["key"])
        told["web_token_file"] = self.secret_file("web-token", WEB_TOKEN)
        told["container_token"] = CONTAINER_TOKEN
        settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
        return told

    def answer(self, request: Request) -> Answer:
        if request.is_plain:
            return self.metadata_answer(request)
        target = request.headers.get("X-Amz-Target", "")
        if target.startswith("TrentService."):
            if self.mode == "throttled":
                return Answer(400, {"__type": "ThrottlingException", "message": "Rate exceeded"})
            if self.mode == "skewed":
                text = "Signature expired: 20150830T123600Z is now earlier than 20150830T124100Z"
                return Answer(400, {"__type": "InvalidSignatureException", "message": text})
            if self.mode == "disabled":
                return Answer(400, {"__type": "DisabledException", "message": "is disabled"})
            if self.mode == "expired":
                self.switches["mode"] = ""
                return Answer(400, {"__type": "ExpiredTokenException", "message": "expired"})
        if target == "TrentService.Decrypt" and self.is_of_another_key(request.json()):
            return Answer(400, {"__type": "IncorrectKeyException", "message": "another key's"})
        if target == "TrentService.Sign" and request.json().get("MessageType") != "RAW":
            return Answer(400, {"__type": "ValidationException", "message": "ED25519_SHA_512 requires RAW"})
        form = request.form() if not target else {}
        if form.get("Action") == "AssumeRoleWithWebIdentity":
            return self.web_identity(request, form)
        answer = self.ask_moto(request)
        if target == "TrentService.Decrypt" and answer.status == 200 and self.mode in ("wrong", "short"):
            body = json.loads(answer.body)
            key = base64.b64decode(body["Plaintext"])
            key = key[:16] if self.mode == "short" else bytes(byte ^ 1 for byte in key)
            answer.body = {**body, "Plaintext": base64.b64encode(key).decode()}
        if target == "TrentService.GetPublicKey" and answer.status == 200:
            return self.public_key(json.loads(answer.body))
        if target == "TrentService.Sign" and answer.status == 200 and self.mode in ("wrong", "short"):
            body = json.loads(answer.body)
            signature = base64.b64decode(body["Signature"])
            signature = signature[:16] if self.mode == "short" else bytes(byte ^ 1 for byte in signature)
            answer.body = {**body, "Signature": base64.b64encode(signature).decode()}
        return answer

    def public_key(self, body: dict[str, Any]) -> Answer:
        """Moto has a public key of symmetric keys, too, and gives the key's id for its ARN."""
        spec = body["CustomerMasterKeySpec"]
        if spec == "SYMMETRIC_DEFAULT":
            return Answer(400, {"__type": "UnsupportedOperationException", "message": "not asymmetric"})
        return Answer(200, {**body, "KeySpec": spec, "KeyId": f"{self.arns}/{body['KeyId']}"})

    def ask_moto(self, request: Request) -> Answer:
        given = self.moto.open(
            request.path, method=request.method, base_url=self.url, data=request.body,
            headers=[(name, value) for name, value in request.headers.items() if name.lower() != "content-length"],
        )  # fmt: skip
        answer = Answer(given.status_code, given.data, {"Content-Type": given.headers["Content-Type"]})
        if "X-Amz-Target" in request.headers and given.status_code in (400, 401, 403):
            code = re.search(rb"<Code>(\w+)</Code>", given.data) or re.search(rb'"__type": ?"(\w+)"', given.data)
            word = code[1].decode() if code else ""
            if word in DOCUMENTED:
                answer = Answer(400, {"__type": DOCUMENTED[word], "message": "said by moto"})
        return answer

    def is_of_another_key(self, body: dict[str, Any]) -> bool:
        """Moto writes the key's id before its ciphertext, and denies access where AWS says what is wrong."""
        key = str(body.get("KeyId", "")).rpartition(":key/")[2]
        blob = base64.b64decode(body["CiphertextBlob"])
        return len(key) == 36 and len(blob) > 36 and blob[:36].count(b"-") == 4 and blob[:36] != key.encode()

    def web_identity(self, request: Request, form: dict[str, str]) -> Answer:
        """Not signed: the token is the proof. Moto takes any token."""
        if form["WebIdentityToken"] != WEB_TOKEN or form["RoleArn"] != self.role:
            code = "InvalidIdentityToken" if form["RoleArn"] == self.role else "AccessDenied"
            text = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code></Error></ErrorResponse>"
            return Answer(400, text.encode(), {"Content-Type": "text/xml"})
        settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
        answer = self.ask_moto(request)
        settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
        return answer

    def credentials(self) -> dict[str, Any]:
        settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
        made = self.sts.assume_role(RoleArn=self.role, RoleSessionName="stand-in")["Credentials"]
        settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=float(self.switches["life"]))
        return {
            "AccessKeyId": made["AccessKeyId"],
            "SecretAccessKey": made["SecretAccessKey"],
            "Token": made["SessionToken"],
            "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def metadata_answer(self, request: Request) -> Answer:
        if request.path == "/container/credentials":
            if request.headers.get("Authorization") != CONTAINER_TOKEN:
                return Answer(401)
            return Answer(200, self.credentials())
        if request.path == "/latest/api/token":
            if request.method != "PUT" or not request.headers.get("X-aws-ec2-metadata-token-ttl-seconds"):
                return Answer(400)
            session = secrets.token_urlsafe(24)
            self.sessions.add(session)
            return Answer(200, session.encode(), {"Content-Type": "text/plain"})
        if request.headers.get("X-aws-ec2-metadata-token") not in self.sessions:
            return Answer(401)
        roles = "/latest/meta-data/iam/security-credentials/"
        if request.path == roles:
            return Answer(200, b"fieldseal", {"Content-Type": "text/plain"})
        if request.path == roles + "fieldseal":
            return Answer(200, {"Code": "Success", "Type": "AWS-HMAC", **self.credentials()})
        return Answer(404)


if __name__ == "__main__":
    AWS().run()
