"""The stand-ins of the Swift tests against the providers' own SDKs: what these accept, ours may rely on."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stand_ins import Running

KEY = bytes(range(32))
CONTEXT = b"store 1"


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    running: list[Running] = []

    def start(module: str, name: str) -> Running:
        running.append(Running(module, name, tmp_path_factory.mktemp(module)))
        return running[-1]

    yield start
    for each in running:
        each.stand_in.stop()


# --- AWS, by boto3


@pytest.fixture(scope="module")
def served_aws(serve: Any) -> Running:
    return serve("aws_kms", "AWS")


@pytest.fixture
def aws(served_aws: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    yield served_aws
    served_aws.switch(mode="")


def kms(aws: Running, user: dict[str, str]) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client(
        "kms", region_name=aws["region"], endpoint_url=aws["url"], verify=aws["authorities"],
        aws_access_key_id=user["id"], aws_secret_access_key=user["secret"],
        config=Config(retries={"max_attempts": 0}),
    )  # fmt: skip


def test_aws_encrypts_and_decrypts(aws: Running) -> None:
    client = kms(aws, aws["fieldseal"])
    sealed = client.encrypt(KeyId="alias/fieldseal", Plaintext=KEY, EncryptionContext={"store": "1"})
    assert sealed["KeyId"] == aws["key"]
    blob = sealed["CiphertextBlob"]
    assert client.decrypt(CiphertextBlob=blob, EncryptionContext={"store": "1"}, KeyId=aws["key"])["Plaintext"] == KEY
    with pytest.raises(client.exceptions.InvalidCiphertextException):
        client.decrypt(CiphertextBlob=blob, EncryptionContext={"store": "2"}, KeyId=aws["key"])
    with pytest.raises(client.exceptions.IncorrectKeyException):
        client.decrypt(CiphertextBlob=blob, EncryptionContext={"store": "1"}, KeyId=aws["other_key"])
    aws.switch(mode="wrong")
    wrong = client.decrypt(CiphertextBlob=blob, EncryptionContext={"store": "1"}, KeyId=aws["key"])
    assert wrong["Plaintext"] != KEY


def test_aws_judges_credentials_and_policies(aws: Running) -> None:
    from botocore.exceptions import ClientError

    right = aws["fieldseal"]
    for user, word in [
        (aws["powerless"], "AccessDeniedException"),
        ({"id": right["id"], "secret": "another"}, "InvalidSignatureException"),
        ({"id": "AKIAUNKNOWN", "secret": "another"}, "UnrecognizedClientException"),
    ]:
        with pytest.raises(ClientError) as caught:
            kms(aws, user).encrypt(KeyId=aws["key"], Plaintext=KEY)
        assert caught.value.response["Error"]["Code"] == word
    client = kms(aws, right)
    with pytest.raises(client.exceptions.NotFoundException):
        client.encrypt(KeyId=aws["key"][:-12] + "000000000000", Plaintext=KEY)
    with pytest.raises(client.exceptions.DisabledException):
        aws.switch(mode="disabled")
        client.encrypt(KeyId=aws["key"], Plaintext=KEY)


def test_aws_credentials_of_instances_containers_and_web_identities(
    aws: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3
    from botocore.credentials import InstanceMetadataProvider
    from botocore.utils import ContainerMetadataFetcher, InstanceMetadataFetcher

    metadata = f"http://{aws['metadata']}"
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED", raising=False)
    fetcher = InstanceMetadataFetcher(base_url=f"{metadata}/", timeout=5, num_attempts=1)
    loaded = InstanceMetadataProvider(iam_role_fetcher=fetcher).load()
    assert loaded is not None
    frozen = loaded.get_frozen_credentials()
    session = {"id": frozen.access_key, "secret": frozen.secret_key}
    by_role = boto3.client(
        "kms", region_name=aws["region"], endpoint_url=aws["url"], verify=aws["authorities"],
        aws_access_key_id=session["id"], aws_secret_access_key=session["secret"], aws_session_token=frozen.token,
    )  # fmt: skip
    assert by_role.encrypt(KeyId=aws["key"], Plaintext=KEY)["KeyId"] == aws["key"]

    headers = {"Authorization": aws["container_token"]}
    url = f"{metadata}/container/credentials"
    assert ContainerMetadataFetcher().retrieve_full_uri(url, headers=headers)["AccessKeyId"]

    tokens = boto3.client(
        "sts", region_name=aws["region"], endpoint_url=aws["url"], verify=aws["authorities"],
        aws_access_key_id="none", aws_secret_access_key="none",
    )  # fmt: skip
    made = tokens.assume_role_with_web_identity(
        RoleArn=aws["role"], RoleSessionName="test", WebIdentityToken=Path(aws["web_token_file"]).read_text()
    )
    assert made["Credentials"]["SessionToken"]


def test_aws_signs(aws: Running) -> None:
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    client = kms(aws, aws["fieldseal"])
    names = {name: client.meta.service_model.shape_for(name).enum for name in ("KeySpec", "SigningAlgorithmSpec", "MessageType")}
    assert "ECC_NIST_EDWARDS25519" in names["KeySpec"] and "RAW" in names["MessageType"]
    assert "ED25519_SHA_512" in names["SigningAlgorithmSpec"]
    told = client.get_public_key(KeyId=aws["signing_key"])
    assert told["KeyId"] == aws["signing_key"] and told["KeySpec"] == "ECC_NIST_EDWARDS25519"
    assert told["KeyUsage"] == "SIGN_VERIFY" and told["SigningAlgorithms"] == ["ED25519_SHA_512"]
    request = {"KeyId": aws["signing_key"], "Message": CONTEXT, "SigningAlgorithm": "ED25519_SHA_512"}
    signed = client.sign(**request, MessageType="RAW")
    assert signed["KeyId"] == aws["signing_key"] and signed["SigningAlgorithm"] == "ED25519_SHA_512"
    load_der_public_key(told["PublicKey"]).verify(signed["Signature"], CONTEXT)  # type: ignore[union-attr, call-arg]
    for wrong in [{"MessageType": "DIGEST"}, {"MessageType": "RAW", "SigningAlgorithm": "ECDSA_SHA_256"}]:
        with pytest.raises(client.exceptions.ClientError) as caught:
            client.sign(**{**request, **wrong})
        assert caught.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(client.exceptions.UnsupportedOperationException):
        client.get_public_key(KeyId=aws["key"])


# --- Vault, by hvac


@pytest.fixture
def vault(serve: Any) -> Running:
    return serve("vault_transit", "Vault")


def vault_client(vault: Running, token: str | None = None, namespace: str | None = None) -> Any:
    import hvac

    return hvac.Client(url=vault["url"], token=token, verify=vault["authorities"], namespace=namespace)


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_vault_encrypts_and_decrypts(vault: Running) -> None:
    from hvac.exceptions import InvalidRequest

    transit = vault_client(vault, vault["token"]).secrets.transit
    sealed = transit.encrypt_data("fieldseal", plaintext=text(KEY), associated_data=text(CONTEXT))["data"]
    assert sealed["ciphertext"].startswith("vault:v1:") and sealed["key_version"] == 1
    opened = transit.decrypt_data("fieldseal", ciphertext=sealed["ciphertext"], associated_data=text(CONTEXT))
    assert opened["data"]["plaintext"] == text(KEY)
    with pytest.raises(InvalidRequest):
        transit.decrypt_data("fieldseal", ciphertext=sealed["ciphertext"], associated_data=text(b"store 2"))
    elsewhere = vault_client(vault, vault["token"], "team").secrets.transit
    with pytest.raises(InvalidRequest):
        elsewhere.decrypt_data("fieldseal", ciphertext=sealed["ciphertext"], associated_data=text(CONTEXT))


def test_vault_signs(vault: Running) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from hvac.exceptions import InvalidPath, InvalidRequest

    transit = vault_client(vault, vault["token"]).secrets.transit
    key = transit.read_key("log")["data"]
    assert key["type"] == "ed25519" and not key["derived"] and key["latest_version"] == 2
    for version in (1, 2):
        signed = transit.sign_data("log", hash_input=text(CONTEXT), key_version=version)["data"]
        prefix, signature = signed["signature"].rsplit(":", 1)
        assert prefix == f"vault:v{version}" and signed["key_version"] == version
        public = base64.b64decode(key["keys"][str(version)]["public_key"])
        Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signature), CONTEXT)
    assert transit.sign_data("log", hash_input=text(CONTEXT))["data"]["key_version"] == 2
    assert transit.read_key("fieldseal")["data"]["type"] == "aes256-gcm96"
    with pytest.raises(InvalidRequest):
        transit.sign_data("fieldseal", hash_input=text(CONTEXT))
    with pytest.raises(InvalidPath):
        transit.read_key("missing")


def test_vault_logs_in_and_renews(vault: Running) -> None:
    from hvac.exceptions import Forbidden, InvalidRequest

    client = vault_client(vault)
    secret_id = Path(vault["secret_id_file"]).read_text()
    client.auth.approle.login(role_id=vault["role_id"], secret_id=secret_id)
    assert client.is_authenticated()
    assert client.auth.token.renew_self()["auth"]["lease_duration"] == 3600
    client.auth.kubernetes.login(role="fieldseal", jwt=Path(vault["service_token_file"]).read_text())
    assert client.lookup_token()["data"]["renewable"]
    with pytest.raises(InvalidRequest):
        client.auth.approle.login(role_id=vault["role_id"], secret_id="another")
    with pytest.raises(Forbidden):
        vault_client(vault, "hvs.unknown").lookup_token()
    with pytest.raises(Forbidden):
        vault_client(vault, "hvs.powerless").secrets.transit.encrypt_data("fieldseal", plaintext=text(KEY))


def test_vault_sealed(vault: Running) -> None:
    from hvac.exceptions import VaultDown

    vault.switch(mode="sealed")
    with pytest.raises(VaultDown):
        vault_client(vault, vault["token"]).lookup_token()


# --- Azure, by azure-identity and azure-keyvault-keys


@pytest.fixture
def azure(serve: Any) -> Running:
    return serve("azure_key_vault", "Azure")


def azure_credential(azure: Running, secret: str) -> Any:
    from azure.identity import ClientSecretCredential

    return ClientSecretCredential(
        azure["tenant"], azure["client"], secret, authority=azure["url"], disable_instance_discovery=True,
        connection_verify=azure["authorities"],
    )  # fmt: skip


@pytest.mark.parametrize("name", ["rsa-key", "aes-key"])
def test_azure_wraps_and_unwraps(azure: Running, name: str) -> None:
    from azure.core.exceptions import HttpResponseError
    from azure.keyvault.keys import KeyClient
    from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm

    credential = azure_credential(azure, Path(azure["secret_file"]).read_text())
    options = {"connection_verify": azure["authorities"], "verify_challenge_resource": False, "retry_total": 0}
    key = KeyClient(azure["url"], credential, **options).get_key(name)
    assert key.id and key.id.startswith(f"{azure['url']}/keys/{name}/")
    # Without the public key the SDK has the vault do all.
    azure.switch(mode="no-get")
    client = CryptographyClient(key.id, credential, **options)
    algorithm = KeyWrapAlgorithm.rsa_oaep_256 if name == "rsa-key" else KeyWrapAlgorithm.aes_256
    wrapped = client.wrap_key(algorithm, KEY)
    assert wrapped.key_id == key.id
    assert client.unwrap_key(algorithm, wrapped.encrypted_key).key == KEY
    with pytest.raises(HttpResponseError):
        client.unwrap_key(algorithm, bytes(len(wrapped.encrypted_key)))
    azure.switch(mode="denied")
    with pytest.raises(HttpResponseError) as caught:
        client.unwrap_key(algorithm, wrapped.encrypted_key)
    assert caught.value.status_code == 403


def test_azure_judges_credentials(azure: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from azure.core.exceptions import ClientAuthenticationError
    from azure.identity import ManagedIdentityCredential, WorkloadIdentityCredential

    with pytest.raises(ClientAuthenticationError):
        azure_credential(azure, "another").get_token("https://vault.azure.net/.default")
    workload = WorkloadIdentityCredential(
        tenant_id=azure["tenant"], client_id=azure["client"], token_file_path=azure["federated_token_file"],
        authority=azure["url"], disable_instance_discovery=True, connection_verify=azure["authorities"],
    )  # fmt: skip
    assert workload.get_token("https://vault.azure.net/.default").token
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://{azure['metadata']}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", azure["identity_header"])
    assert ManagedIdentityCredential().get_token("https://vault.azure.net/.default").token
    monkeypatch.delenv("IDENTITY_ENDPOINT")
    monkeypatch.delenv("IDENTITY_HEADER")
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", f"http://{azure['metadata']}")
    assert ManagedIdentityCredential().get_token("https://vault.azure.net/.default").token


# --- Google, by google-auth and google-cloud-kms over REST


@pytest.fixture
def google(serve: Any, monkeypatch: pytest.MonkeyPatch) -> Running:
    running = serve("google_kms", "Google")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", running["authorities"])
    return running


def google_client(google: Running, account: str) -> Any:
    from google.auth.transport.requests import Request
    from google.cloud import kms_v1
    from google.oauth2 import service_account
    from google.oauth2.credentials import Credentials

    scopes = ["https://www.googleapis.com/auth/cloudkms"]
    account_credentials = service_account.Credentials.from_service_account_file(account, scopes=scopes)
    # Left alone, this SDK signs its own tokens; the exchange is what ours does.
    account_credentials.refresh(Request())
    credentials = Credentials(token=account_credentials.token)
    return kms_v1.KeyManagementServiceClient(
        credentials=credentials, transport="rest", client_options={"api_endpoint": google["url"]}
    )


def test_google_encrypts_and_decrypts(google: Running) -> None:
    import google_crc32c
    from google.api_core.exceptions import BadRequest, Forbidden, NotFound

    client = google_client(google, google["account_file"])
    request = {
        "name": google["key"],
        "plaintext": KEY,
        "plaintext_crc32c": google_crc32c.value(KEY),
        "additional_authenticated_data": CONTEXT,
        "additional_authenticated_data_crc32c": google_crc32c.value(CONTEXT),
    }
    sealed = client.encrypt(request=request, timeout=10)
    assert sealed.verified_plaintext_crc32c and sealed.verified_additional_authenticated_data_crc32c
    assert sealed.ciphertext_crc32c == google_crc32c.value(sealed.ciphertext)
    assert sealed.name == google["key"] + "/cryptoKeyVersions/1"
    request = {"name": google["key"], "ciphertext": sealed.ciphertext, "additional_authenticated_data": CONTEXT}
    opened = client.decrypt(request=request, timeout=10)
    assert opened.plaintext == KEY and opened.plaintext_crc32c == google_crc32c.value(KEY)
    with pytest.raises(BadRequest):
        client.decrypt(request={**request, "additional_authenticated_data": b"store 2"}, timeout=10)
    with pytest.raises(BadRequest):
        client.decrypt(request={**request, "ciphertext_crc32c": 1}, timeout=10)
    with pytest.raises(NotFound):
        client.decrypt(request={**request, "name": google["key"] + "x"}, timeout=10)
    google.switch(mode="denied")
    with pytest.raises(Forbidden):
        client.decrypt(request=request, timeout=10)


def test_google_signs(google: Running) -> None:
    import google_crc32c
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from google.api_core.exceptions import BadRequest, NotFound
    from google.cloud.kms_v1 import CryptoKeyVersion

    client = google_client(google, google["account_file"])
    name = google["signing_key"] + "/cryptoKeyVersions/2"
    public = client.get_public_key(request={"name": name}, timeout=10)
    assert public.algorithm == CryptoKeyVersion.CryptoKeyVersionAlgorithm.EC_SIGN_ED25519 and public.name == name
    assert public.pem_crc32c == google_crc32c.value(public.pem.encode())
    request = {"name": name, "data": CONTEXT, "data_crc32c": google_crc32c.value(CONTEXT)}
    signed = client.asymmetric_sign(request=request, timeout=10)
    assert signed.name == name and signed.verified_data_crc32c
    assert signed.signature_crc32c == google_crc32c.value(signed.signature)
    load_pem_public_key(public.pem.encode()).verify(signed.signature, CONTEXT)  # type: ignore[union-attr, call-arg]
    with pytest.raises(BadRequest):
        client.asymmetric_sign(request={**request, "data_crc32c": 1}, timeout=10)
    with pytest.raises(BadRequest):
        client.asymmetric_sign(request={"name": name, "digest": {"sha256": bytes(32)}}, timeout=10)
    with pytest.raises(NotFound):
        client.get_public_key(request={"name": google["signing_key"] + "/cryptoKeyVersions/3"}, timeout=10)


def test_google_judges_credentials(google: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from google.auth.compute_engine import _metadata
    from google.auth.exceptions import RefreshError
    from google.auth.transport.requests import Request

    with pytest.raises(RefreshError):
        google_client(google, google["stranger_file"]).get_crypto_key(name=google["key"], timeout=10)
    root = f"http://{google['metadata']}/computeMetadata/v1/"
    path = "instance/service-accounts/default/token"
    data = _metadata.get(Request(), path, root=root)
    assert data["access_token"] and data["expires_in"] == 3599
