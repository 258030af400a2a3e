"""The ways to store the table's columns. What is missing here raises when a way is made."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, LargeBinary, Text, func, text, type_coerce
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

#: Seals or opens a value with associated data.
Cipher = Callable[[bytes, bytes], bytes]


@dataclass
class Way:
    """`column` makes the type of a column; `install` readies an engine for a mapped class; `package` is whose version counts."""

    column: Callable[[str], TypeEngine[Any]]
    package: str | None = None
    install: Callable[[Engine, Any], None] = field(default=lambda engine, model: None)
    is_sealed: bool = True


class Unchanged(TypeDecorator[str]):
    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value


class Sealed(TypeDecorator[str]):
    """A cipher of this process, with the column's name as associated data: a TypeDecorator sees no row to bind a value to."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, name: str, seal: Cipher, open: Cipher) -> None:
        super().__init__()
        self.name, self.seal, self.open = name, seal, open
        self._associated = f"users.{name}".encode()

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self.seal(value.encode(), self._associated)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self.open(value, self._associated).decode()


class PgCrypto(UserDefinedType[str]):
    """Encrypted by the database, with its session key taken from the password by one hash."""

    cache_ok = True
    OPTIONS = "cipher-algo=aes256, s2k-mode=0, s2k-digest-algo=sha256, compress-algo=0"

    def __init__(self, password: str) -> None:
        self.password = password

    def get_col_spec(self, **_: Any) -> str:
        return "BYTEA"

    def bind_expression(self, value: Any) -> Any:
        return func.pgp_sym_encrypt(type_coerce(value, Text), self.password, self.OPTIONS)

    def column_expression(self, column: Any) -> Any:
        return func.pgp_sym_decrypt(column, self.password, type_=self)


def plain(config: str) -> Way:
    return Way(lambda name: Text(), is_sealed=False)


def unchanged(config: str) -> Way:
    return Way(lambda name: Unchanged(), is_sealed=False)


def aesgcm(config: str) -> Way:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher = AESGCM(AESGCM.generate_key(256))

    def seal(data: bytes, associated: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + cipher.encrypt(nonce, data, associated)

    def open(data: bytes, associated: bytes) -> bytes:
        return cipher.decrypt(data[:12], data[12:], associated)

    return Way(lambda name: Sealed(name, seal, open), "cryptography")


def tink(config: str) -> Way:
    import tink
    from tink import aead

    aead.register()
    cipher = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM).primitive(aead.Aead)
    return Way(lambda name: Sealed(name, cipher.encrypt, cipher.decrypt), "tink")


def asherah(config: str) -> Way:
    """Keys in this process' memory: a master key without a service, and a metastore without a database."""
    import asherah

    settings = {"ServiceName": "benchmark", "ProductID": "benchmark", "Metastore": "memory"}
    settings |= {"KMS": "static", "StaticMasterKeyHex": os.urandom(32).hex()}
    session = asherah.SessionFactory(settings).get_session("users")

    def seal(data: bytes, associated: bytes) -> bytes:
        return session.encrypt_bytes(data).encode()

    def open(data: bytes, associated: bytes) -> bytes:
        return session.decrypt_bytes(data.decode())

    return Way(lambda name: Sealed(name, seal, open), "asherah")


def utils_aesgcm(config: str) -> Way:
    return _utils("AesGcmEngine")


def utils_fernet(config: str) -> Way:
    return _utils("FernetEngine")


def _utils(engine: str) -> Way:
    from sqlalchemy_utils.types.encrypted import encrypted_type as utils

    key = os.urandom(32).hex()
    return Way(lambda name: utils.StringEncryptedType(Text, key, getattr(utils, engine)), "SQLAlchemy-Utils")


def pgcrypto(config: str) -> Way:
    def install(engine: Engine, model: Any) -> None:
        with engine.begin() as connection:
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pgcrypto"))

    password = os.urandom(32).hex()
    return Way(lambda name: PgCrypto(password), install=install)


def fieldseal(config: str) -> Way:
    from fieldseal import Client
    from fieldseal.sqlalchemy import EncryptedString, EncryptedText, EncryptionMiddleware

    client = Client.from_file(config)

    def install(engine: Engine, model: Any) -> None:
        middleware = EncryptionMiddleware(client)
        middleware.check(model.metadata)
        middleware.install(engine)

    types = {"email": EncryptedString, "password_hash": EncryptedString}
    return Way(lambda name: types.get(name, EncryptedText)(bound_to="id"), install=install)


WAYS: dict[str, Callable[[str], Way]] = {
    "plain": plain,
    "no-op TypeDecorator": unchanged,
    "AESGCM TypeDecorator": aesgcm,
    "Tink": tink,
    "Asherah": asherah,
    "sqlalchemy-utils AesGcm": utils_aesgcm,
    "sqlalchemy-utils Fernet": utils_fernet,
    "pgcrypto": pgcrypto,
    "Fieldseal": fieldseal,
}
