"""Fieldseal's ciphertext, a second implementation, written from Protos/CIPHERTEXT.md on `cryptography`.

For checking the first one; it neither locks nor wipes memory.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
import struct
import unicodedata
import uuid
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV, ChaCha20Poly1305
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

ROW_BOUND, RECORD_KEY, SUBJECT_KEY, CONTEXT = 1, 2, 4, 16
SUPPORTED_FLAGS = ROW_BOUND | RECORD_KEY | SUBJECT_KEY | CONTEXT
HEADER_SIZE, SUBJECT_SIZE, TAG_SIZE = 12, 16, 16
DUAL, WRAP_SIZE = 6, 24 + 32 + 16
MAXIMUM_PLAINTEXT, MAXIMUM_CONTEXT, MAXIMUM_RECORD_ID = 1 << 24, 65_536, 4096


class Refused(Exception):
    """The ciphertext is rejected."""


@dataclass(frozen=True)
class Suite:
    number: int
    key: int
    nonce: int
    commitment: int = 0

    @property
    def overhead(self):
        return self.nonce + self.commitment + TAG_SIZE


SUITES = {
    1: Suite(1, 32, 12),
    2: Suite(2, 32, 12),
    3: Suite(3, 32, 24),
    4: Suite(4, 32, 24, 32),
    5: Suite(5, 64, 0),
}


# Derivation


def hkdf_extract(salt, key):
    return hmac.digest(salt or bytes(32), key, "sha256")


def hkdf_expand(key, info, size):
    return HKDFExpand(hashes.SHA256(), size, info).derive(key)


def hkdf(key, salt, info, size):
    return hkdf_expand(hkdf_extract(salt, key), info, size)


def seal_key(field_key, suite):
    return hkdf_expand(field_key, b"fieldseal/v1 seal" + bytes([suite]), SUITES[suite].key)


def record_key(field_key, suite, field, record_id, subject_key=b""):
    use = hkdf_expand(field_key, b"fieldseal/v1 record" + bytes([suite]), 32)
    return hkdf(use, subject_key, b"fieldseal/v1 record key" + bytes([suite]) + field.bytes + record_id, 32)


def child_key(parent, salt, kind, object_id, version):
    return hkdf(parent, salt, b"fieldseal/v1 child " + kind.encode() + object_id.bytes + struct.pack(">Q", version), 32)


def check_value(key, identity):
    return hkdf(key, b"", b"fieldseal/v1 check" + identity, 32)


# Encodings


def counted(value):
    return struct.pack(">I", len(value)) + value


def optional(value):
    return b"\0" if value is None else b"\1" + counted(value)


def header(suite, flags, version, subject=None):
    return struct.pack(">BBBQB", 0xF5, suite, flags, version, 0) + (b"" if subject is None else subject.bytes)


def associated_data(head, field, record_id, context):
    return (
        counted(b"fieldseal/v1 value") + counted(head) + counted(field.bytes) + optional(record_id) + optional(context)
    )


def record_id(columns):
    """Columns as (type, value): integer, text, uuid, binary, date."""
    encoders = {
        "integer": (1, lambda v: struct.pack(">q", v)),
        "text": (2, lambda v: v.encode()),
        "uuid": (3, lambda v: uuid.UUID(v).bytes),
        "binary": (4, bytes),
        "date": (5, lambda v: struct.pack(">i", v)),
    }
    encoded = b""
    for kind, value in columns:
        tag, encode = encoders[kind]
        encoded += bytes([tag]) + counted(encode(value))
    if len(encoded) > MAXIMUM_RECORD_ID:
        raise ValueError("the record id is too long")
    return encoded


def to_text(sealed):
    return "fs1:" + base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def from_text(text):
    digits = text.removeprefix("fs1:")
    if digits == text or not re.fullmatch(r"[A-Za-z0-9_-]*", digits, re.ASCII) or len(digits) % 4 == 1:
        raise Refused("text form")
    try:
        sealed = base64.urlsafe_b64decode(digits + "=" * (-len(digits) % 4))
    except binascii.Error:
        raise Refused("text form") from None
    if to_text(sealed) != text:
        raise Refused("text form")
    return sealed


# The suites: seal gives nonce ‖ commitment ‖ ciphertext ‖ tag


def xor(left, right):
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def aes(key, blocks):
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(blocks) + encryptor.finalize()


def cmac(key, message):
    mac = CMAC(algorithms.AES(key))
    mac.update(message)
    return mac.finalize()


def xaes_key(key, nonce):
    zero = int.from_bytes(aes(key, bytes(16)))
    subkey = ((zero << 1) & ((1 << 128) - 1) ^ (0x87 if zero >> 127 else 0)).to_bytes(16)
    halves = (xor(subkey, bytes([0, half, 0x58, 0]) + nonce[:12]) for half in (1, 2))
    return b"".join(aes(key, half) for half in halves)


def commitment(key, nonce):
    return b"".join(cmac(key, b"XCMT" + nonce + bytes([0, 1, 0, half])) for half in (1, 2))


def aead_seal(suite, key, nonce, data, plaintext):
    if suite == 1:
        return nonce + AESGCM(key).encrypt(nonce, plaintext, data)
    if suite == 2:
        return nonce + ChaCha20Poly1305(key).encrypt(nonce, plaintext, data)
    if suite == 5:
        sealed = siv_encrypt(key, data, plaintext)
        return sealed[16:] + sealed[:16]
    committed = commitment(key, nonce) if suite == 4 else b""
    return nonce + committed + AESGCM(xaes_key(key, nonce)).encrypt(nonce[12:], plaintext, data)


def siv_encrypt(key, data, plaintext):
    if plaintext:
        return AESSIV(key).encrypt(plaintext, [data])
    # OpenSSL before 3.2 refuses the empty plaintext: S2V(data, "") by hand; there is nothing to encrypt.
    double = lambda b: ((int.from_bytes(b) << 1) & ((1 << 128) - 1) ^ (0x87 if b[0] >> 7 else 0)).to_bytes(16)
    half = key[:32]
    mac = xor(double(cmac(half, bytes(16))), cmac(half, data))
    return cmac(half, xor(double(mac), b"\x80" + bytes(15)))


def aead_open(suite, key, data, sealed):
    sizes = SUITES[suite]
    nonce, rest = sealed[: sizes.nonce], sealed[sizes.nonce :]
    committed, body = rest[: sizes.commitment], rest[sizes.commitment :]
    try:
        if suite == 1:
            return AESGCM(key).decrypt(nonce, body, data)
        if suite == 2:
            return ChaCha20Poly1305(key).decrypt(nonce, body, data)
        if suite == 5:
            if len(body) == TAG_SIZE:
                if not hmac.compare_digest(siv_encrypt(key, data, b""), body):
                    raise Refused("tag")
                return b""
            return AESSIV(key).decrypt(body[-16:] + body[:-16], [data])
        if suite == 4 and not hmac.compare_digest(commitment(key, nonce), committed):
            raise Refused("commitment")
        return AESGCM(xaes_key(key, nonce)).decrypt(nonce[12:], body, data)
    except InvalidTag:
        raise Refused("tag") from None


# Values


@dataclass(frozen=True)
class Subject:
    """A subject key and the id that stands in headers."""

    id: uuid.UUID
    key: bytes


@dataclass(frozen=True)
class Front:
    """What stands in front of a sealed value, read without a key."""

    suite: int
    flags: int
    version: int
    subject: uuid.UUID | None
    size: int


def read_front(sealed):
    if len(sealed) < HEADER_SIZE:
        raise Refused("length")
    form, suite, flags, version, zero = struct.unpack(">BBBQB", sealed[:HEADER_SIZE])
    if form != 0xF5 or zero != 0 or version == 0:
        raise Refused("format")
    if suite not in SUITES and suite != DUAL:
        raise Refused("suite")
    if flags & ~SUPPORTED_FLAGS:
        raise Refused("flags")
    size = HEADER_SIZE + SUBJECT_SIZE * bool(flags & SUBJECT_KEY)
    if len(sealed) < size + (8 + 2 * WRAP_SIZE + 32 + TAG_SIZE if suite == DUAL else SUITES[suite].overhead):
        raise Refused("length")
    subject = uuid.UUID(bytes=sealed[HEADER_SIZE:size]) if flags & SUBJECT_KEY else None
    return Front(suite, flags, version, subject, size)


@dataclass(frozen=True)
class Field:
    """One version of one field's key, with the options of that version."""

    field: uuid.UUID
    version: int
    suite: int
    key: bytes
    row_bound: bool = False
    record_keys: bool = False
    subject: Subject | None = None

    def __post_init__(self):
        if self.suite == 5 and (self.row_bound or self.record_keys or self.subject):
            raise ValueError("suite 5 knows neither rows nor subjects")

    def _flags(self, context):
        return (
            ROW_BOUND * self.row_bound | RECORD_KEY * self.record_keys | SUBJECT_KEY * (self.subject is not None)
            | CONTEXT * (context is not None)
        )

    def _data(self, head, record, context):
        if context is not None and len(context) > MAXIMUM_CONTEXT:
            raise ValueError("the context is too long")
        if record is None and (self.row_bound or self.record_keys):
            raise ValueError("the record id is missing")
        return associated_data(head, self.field, record if self.row_bound else None, context)

    def _derived_key(self, suite, record):
        """The key of a record or subject; None where neither takes part."""
        if not self.record_keys and self.subject is None:
            return None
        return record_key(
            self.key, suite, self.field, record if self.record_keys else b"", self.subject.key if self.subject else b"")

    def _prepare(self, record, context):
        head = header(self.suite, self._flags(context), self.version, self.subject and self.subject.id)
        data = self._data(head, record, context)
        return head, data, self._derived_key(self.suite, record) or seal_key(self.key, self.suite)

    def seal(self, plaintext, record=None, context=None, nonce=None):
        if len(plaintext) > MAXIMUM_PLAINTEXT:
            raise ValueError("the value is too long")
        head, data, key = self._prepare(record, context)
        nonce = os.urandom(SUITES[self.suite].nonce) if nonce is None else nonce
        return head + aead_seal(self.suite, key, nonce, data, plaintext)

    def open(self, sealed, record=None, context=None):
        front = read_front(sealed)
        if front.suite == DUAL:
            return self._open_dual(front, sealed, record, context)
        if front.version != self.version:
            raise Refused("version")
        head, data, key = self._prepare(record, context)
        if sealed[: front.size] != head:
            raise Refused("suite, flags or subject")
        return aead_open(self.suite, key, data, sealed[front.size :])

    # Suite 6: sealed under this version and the one before it

    def dual_key(self, record):
        return self._derived_key(DUAL, record) or hkdf_expand(self.key, b"fieldseal/v1 dual" + bytes([DUAL]), 32)

    def dual_data(self, head, older, record, context):
        """Of the wrapped content keys; the body's adds both of them."""
        return head + struct.pack(">Q", older) + self._data(head, record, context)

    def seal_dual(self, before, plaintext, record=None, context=None, content_key=None, nonces=None):
        same = [(f.field, f.row_bound, f.record_keys, f.subject) for f in (self, before)]
        if same[0] != same[1] or self.version == before.version or len(plaintext) > MAXIMUM_PLAINTEXT:
            raise ValueError("two versions of one field with the same options seal a value")
        head = header(DUAL, self._flags(context), self.version, self.subject and self.subject.id)
        data = self.dual_data(head, before.version, record, context)
        content_key = content_key or os.urandom(32)
        nonces = nonces or (os.urandom(24), os.urandom(24))
        wraps = b"".join(
            aead_seal(3, version.dual_key(record), nonce, data, content_key)
            for version, nonce in zip((self, before), nonces, strict=True)
        )
        return (
            head + struct.pack(">Q", before.version) + wraps + dual_commitment(content_key)
            + AESGCM(content_key).encrypt(bytes(12), plaintext, data + wraps)
        )

    def _open_dual(self, front, sealed, record, context):
        (older,) = struct.unpack(">Q", sealed[front.size : front.size + 8])
        if older in (0, front.version):
            raise Refused("format")
        if self.version not in (front.version, older):
            raise Refused("version")
        if front.flags != self._flags(context) or front.subject != (self.subject and self.subject.id):
            raise Refused("flags or subject")
        data = self.dual_data(sealed[: front.size], older, record, context)
        rest = sealed[front.size + 8 :]
        wraps, committed, body = rest[: 2 * WRAP_SIZE], rest[2 * WRAP_SIZE : 2 * WRAP_SIZE + 32], rest[2 * WRAP_SIZE + 32 :]
        wrap = wraps[:WRAP_SIZE] if self.version == front.version else wraps[WRAP_SIZE:]
        content_key = aead_open(3, self.dual_key(record), data, wrap)
        if not hmac.compare_digest(dual_commitment(content_key), committed):
            raise Refused("commitment")
        try:
            return AESGCM(content_key).decrypt(bytes(12), body, data + wraps)
        except InvalidTag:
            raise Refused("tag") from None


def dual_commitment(content_key):
    return hkdf_expand(content_key, b"fieldseal/v1 dual commitment", 32)


# Keys of the store and on their way


def identity(kind, row, object_id, version, parent=None):
    parent_object, parent_version = parent or (uuid.UUID(int=0), 0)
    return (
        bytes([kind]) + row.bytes + object_id.bytes + struct.pack(">Q", version)
        + parent_object.bytes + struct.pack(">Q", parent_version)
    )


def _wrap_parts(parent, key_identity, binding):
    data = counted(b"fieldseal/v1 wrapped key") + counted(key_identity) + counted(binding)
    return hkdf_expand(parent, b"fieldseal/v1 wrap\4", 32), data


def wrap(parent, key, key_identity, binding=b"", nonce=None):
    wrapping_key, data = _wrap_parts(parent, key_identity, binding)
    return aead_seal(4, wrapping_key, nonce or os.urandom(24), data, key)


def unwrap(parent, wrapped, key_identity, binding=b""):
    if not SUITES[4].overhead < len(wrapped) <= SUITES[4].overhead + 64:
        raise Refused("length")
    wrapping_key, data = _wrap_parts(parent, key_identity, binding)
    return aead_open(4, wrapping_key, data, wrapped)


def _subject_wrap_parts(parent, subject, table, version):
    data = counted(b"fieldseal/v1 wrapped subject key") + subject.bytes + table.bytes + struct.pack(">Q", version)
    return hkdf_expand(parent, b"fieldseal/v1 wrap\4", 32), data


def wrap_subject_key(parent, key, subject, table, version, nonce=None):
    wrapping_key, data = _subject_wrap_parts(parent, subject, table, version)
    return aead_seal(4, wrapping_key, nonce or os.urandom(24), data, key)


def unwrap_subject_key(parent, wrapped, subject, table, version):
    if len(wrapped) != SUITES[4].overhead + 32:
        raise Refused("length")
    wrapping_key, data = _subject_wrap_parts(parent, subject, table, version)
    return aead_open(4, wrapping_key, data, wrapped)


def subject_lookup(key, table, subject):
    if not 1 <= len(subject) <= 256:
        raise ValueError("a subject id has 1 to 256 bytes")
    return hmac.digest(hkdf_expand(key, b"fieldseal/v1 subject lookup" + table.bytes, 32), subject, "sha256")


def passphrase_key(passphrase, salt, cost_exponent, parallelism):
    if not (17 <= cost_exponent <= 20 and 1 <= parallelism <= 4 and len(salt) == 32):
        raise ValueError("scrypt parameters out of bounds")
    return hashlib.scrypt(
        passphrase, salt=salt, n=1 << cost_exponent, r=8, p=parallelism, dklen=32, maxmem=(1 << 31) - 2
    )


def sealed_key_context(kind, object_id, version=0):
    return b"fieldseal/v1 sealed key" + bytes([kind]) + object_id.bytes + struct.pack(">Q", version)


def _box_key(shared, ephemeral, recipient, name):
    return hkdf(shared, b"", b"fieldseal/v1 sealed key" + ephemeral + recipient + counted(name.encode()), 32)


def seal_to(recipient, key, name, context, ephemeral=None):
    private = X25519PrivateKey.from_private_bytes(ephemeral or os.urandom(32))
    public = private.public_key().public_bytes_raw()
    shared = private.exchange(X25519PublicKey.from_public_bytes(recipient))
    return public + AESGCM(_box_key(shared, public, recipient, name)).encrypt(bytes(12), key, context)


def open_sealed(private, sealed, name, context):
    private = X25519PrivateKey.from_private_bytes(private)
    shared = private.exchange(X25519PublicKey.from_public_bytes(sealed[:32]))
    key = _box_key(shared, sealed[:32], private.public_key().public_bytes_raw(), name)
    try:
        return AESGCM(key).decrypt(bytes(12), sealed[32:], context)
    except InvalidTag:
        raise Refused("tag") from None


def canonical_row(table, revision, columns):
    """Columns as (name, type, value): integer, text, uuid, binary, boolean; type None is a null."""
    encoders = {
        "integer": (1, lambda v: struct.pack(">q", v)),
        "text": (2, lambda v: v.encode()),
        "uuid": (3, lambda v: uuid.UUID(v).bytes),
        "binary": (4, bytes),
        "boolean": (6, lambda v: bytes([v])),
    }
    encoded = counted(table.encode()) + struct.pack(">Q", revision)
    for name, kind, value in columns:
        encoded += counted(name.encode())
        if kind is None:
            encoded += b"\0"
        else:
            tag, encode = encoders[kind]
            encoded += bytes([tag]) + counted(encode(value))
    return encoded


def row_mac(key, encoded):
    return hmac.digest(hkdf_expand(key, b"fieldseal/v1 row mac", 32), encoded, "sha256")


def audit_hash(key, table, encoded_record_id):
    return cmac(key, table.bytes + encoded_record_id)


# Blind index

WHITE_SPACE = "".join(
    map(chr, [*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000])
)


def normalise(normaliser, value):
    if normaliser == 0:
        return value
    return normalise_part(normaliser, value, True, True)


def normalise_part(normaliser, value, starts, ends):
    """Of a text with which values start, or end."""
    text = value.decode()
    if normaliser == 0:
        return value
    if normaliser in (2, 3):
        text = text.lstrip(WHITE_SPACE) if starts else text
        text = text.rstrip(WHITE_SPACE) if ends else text
    if normaliser != 2:
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", text).casefold())
    if normaliser in (4, 5):
        digits = re.sub("[^0-9]", "", text)
        if normaliser == 5:
            return digits[-4:].encode()
        return (digits.removeprefix("00") if starts and re.match("[^0-9+]*[0-9]", text) else digits).encode()
    return text.encode()


def blind_index(key, index_id, normaliser, bits, value):
    info = b"fieldseal/v1 index" + index_id.bytes + bytes([normaliser, 1, 1]) + struct.pack(">H", bits)
    whole = hmac.digest(hkdf_expand(key, info, 32), normalise(normaliser, value), "sha256")
    kept = int.from_bytes(whole) >> (256 - bits) << (256 - bits)
    return kept.to_bytes(32)[: (bits + 7) // 8]


def pair_index(key, index_id, normaliser, beside_normaliser, bits, value, beside):
    info = b"fieldseal/v1 index" + index_id.bytes + bytes([normaliser, 1, 4, beside_normaliser, 1]) + struct.pack(">H", bits)
    texts = normalise(normaliser, value), normalise(beside_normaliser, beside)
    message = b"".join(struct.pack(">L", len(text)) + text for text in texts)
    kept = int.from_bytes(hmac.digest(hkdf_expand(key, info, 32), message, "sha256")) >> (256 - bits) << (256 - bits)
    return kept.to_bytes(32)[: (bits + 7) // 8]


PREFIXES, TRIGRAMS, LONGEST_TEXT = 2, 3, 2048


def text_filter(key, index_id, normaliser, kind, bits, hashes, shortest, longest, value, is_term):
    """Nothing for a term that is too short."""
    part = is_term and kind == TRIGRAMS
    text = normalise_part(normaliser, value, not part, not is_term).decode()
    if is_term and len(text) < (shortest if kind == PREFIXES else 3):
        return None
    if kind == PREFIXES:
        parts = [text[:length] for length in range(shortest, min(longest, len(text)) + 1)]
    elif len(text) > LONGEST_TEXT:
        return bytes([255]) * (bits // 8)
    else:
        parts = [text[at : at + 3] for at in range(len(text) - 2)]
    info = b"fieldseal/v1 index" + index_id.bytes + bytes([normaliser, 1, kind, hashes, shortest, longest]) + struct.pack(">H", bits)
    index_key = hkdf_expand(key, info, 32)
    found = 0
    for one in parts:
        words = struct.unpack(">8L", hmac.digest(index_key, one.encode(), "sha256"))
        for word in words[:hashes]:
            found |= 1 << (bits - 1 - word % bits)
    return found.to_bytes(bits // 8)
