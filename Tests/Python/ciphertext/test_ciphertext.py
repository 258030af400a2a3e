"""The second implementation against the vectors of the first one, and against itself."""

import hashlib
import json
import subprocess
import sys
import unicodedata
import uuid
from pathlib import Path

import pytest

import fieldseal_ciphertext as fs

VECTORS = json.loads((Path(__file__).parents[2] / "Vectors/ciphertext.json").read_text())
HERE = Path(__file__).parent


def data(value):
    return None if value is None else bytes.fromhex(value)


def subject(value):
    return fs.Subject(uuid.UUID(value["subject"]), data(value["subjectKey"])) if "subject" in value else None


def field(value):
    return fs.Field(
        uuid.UUID(value["field"]), int(value["version"], 16), value["suite"], data(value["fieldKey"]),
        value["rowBound"], value["recordKeys"], subject(value),
    )


def dual_fields(value):
    """The newer version and the older one."""
    return [
        fs.Field(
            uuid.UUID(value["field"]), int(version["version"], 16), suite, data(version["fieldKey"]), value["rowBound"],
            value["recordKeys"], subject(value),
        )
        for suite, version in ((1, value["newer"]), (2, value["older"]))
    ]


def key_identity(value):
    parent = None
    if "parentObject" in value:
        parent = uuid.UUID(value["parentObject"]), int(value["parentVersion"], 16)
    return fs.identity(value["kind"], uuid.UUID(value["row"]), uuid.UUID(value["object"]), int(value["version"], 16), parent)


def each(section):
    return pytest.mark.parametrize("value", VECTORS[section], ids=range(len(VECTORS[section])))


@each("values")
def test_values(value):
    one, record, context = field(value), data(value.get("recordID")), data(value.get("context"))
    head, associated, key = one._prepare(record, context)
    assert key == data(value["key"])
    assert associated == data(value["associatedData"])
    assert one.seal(data(value["plaintext"]), record, context, data(value["nonce"])) == data(value["sealed"])
    assert one.open(data(value["sealed"]), record, context) == data(value["plaintext"])
    assert fs.to_text(data(value["sealed"])) == value["text"]
    assert fs.from_text(value["text"]) == data(value["sealed"])


def test_refused_values():
    assert len(VECTORS["refused"]) > 200
    for refused in VECTORS["refused"]:
        value = VECTORS["values"][refused["of"]]
        with pytest.raises(fs.Refused):
            field(value).open(data(refused["sealed"]), data(value.get("recordID")), data(value.get("context")))


@each("dualValues")
def test_dual_values(value):
    newer, older = dual_fields(value)
    record, context, sealed = (data(value.get(name)) for name in ("recordID", "context", "sealed"))
    plaintext, key = data(value["plaintext"]), data(value["contentKey"])
    front = fs.read_front(sealed)
    assert newer.dual_data(sealed[: front.size], older.version, record, context) == data(value["associatedData"])
    for version, stated in ((newer, value["newer"]), (older, value["older"])):
        assert version.dual_key(record) == data(stated["key"])
        assert version.open(sealed, record, context) == plaintext
    assert fs.dual_commitment(key) == data(value["commitment"])
    nonces = data(value["newer"]["nonce"]), data(value["older"]["nonce"])
    assert newer.seal_dual(older, plaintext, record, context, key, nonces) == sealed
    assert len(sealed) == 212 + len(plaintext) + 16 * ("subject" in value)
    assert fs.to_text(sealed) == value["text"]


def test_refused_dual_values():
    assert len(VECTORS["refusedDualValues"]) > 100
    for refused in VECTORS["refusedDualValues"]:
        value = VECTORS["dualValues"][refused["of"]]
        for version in dual_fields(value):
            with pytest.raises(fs.Refused):
                version.open(data(refused["sealed"]), data(value.get("recordID")), data(value.get("context")))


@each("recordIDs")
def test_record_ids(value):
    columns = [(kind, data(v) if kind == "binary" else v) for c in value["columns"] for kind, v in c.items()]
    assert fs.record_id(columns) == data(value["encoding"])


@each("children")
def test_children(value):
    key = fs.child_key(
        data(value["parent"]), data(value["salt"]), value["kind"], uuid.UUID(value["object"]), int(value["version"], 16))
    assert key == data(value["key"])


@each("wrappedKeys")
def test_wrapped_keys(value):
    parent, key, wrapped, binding = (data(value[n]) for n in ("parent", "key", "wrapped", "binding"))
    identity = key_identity(value["identity"])
    assert fs.wrap(parent, key, identity, binding, data(value["nonce"])) == wrapped
    assert fs.unwrap(parent, wrapped, identity, binding) == key
    assert fs.check_value(key, identity) == data(value["check"])
    with pytest.raises(fs.Refused):
        fs.unwrap(parent, wrapped, identity, binding + b"\0")


@each("wrappedSubjectKeys")
def test_wrapped_subject_keys(value):
    parent, key, wrapped = (data(value[n]) for n in ("parent", "key", "wrapped"))
    names = uuid.UUID(value["id"]), uuid.UUID(value["table"]), int(value["wrapping"], 16)
    assert fs.wrap_subject_key(parent, key, *names, data(value["nonce"])) == wrapped
    assert fs.unwrap_subject_key(parent, wrapped, *names) == key
    with pytest.raises(fs.Refused):
        fs.unwrap_subject_key(parent, wrapped, uuid.uuid4(), *names[1:])


@each("subjectLookups")
def test_subject_lookups(value):
    assert fs.subject_lookup(data(value["key"]), uuid.UUID(value["table"]), data(value["subject"])) == data(value["hash"])


@each("sealedKeys")
def test_sealed_keys(value):
    key, sealed, context = (data(value[n]) for n in ("key", "sealed", "context"))
    kind, version = ((3, 7), (4, 0), (8, 0))[VECTORS["sealedKeys"].index(value)]
    assert context == fs.sealed_key_context(kind, uuid.UUID("00112233-4455-4677-8899-aabbccddeeff"), version)
    recipient, private = data(value["recipientPublic"]), data(value["recipientPrivate"])
    assert fs.seal_to(recipient, key, value["identity"], context, data(value["ephemeralPrivate"])) == sealed
    assert fs.open_sealed(private, sealed, value["identity"], context) == key
    with pytest.raises(fs.Refused):
        fs.open_sealed(private, sealed, value["identity"] + "/", context)


@each("rows")
def test_rows(value):
    columns = []
    for column in value["columns"]:
        kinds = [kind for kind in column if kind != "name"]
        kind = kinds[0] if kinds else None
        content = column[kind] if kind else None
        columns.append((column["name"], kind, data(content) if kind == "binary" else content))
    encoded = fs.canonical_row(value["table"], value["revision"], columns)
    assert encoded == data(value["encoding"])
    assert fs.row_mac(data(value["key"]), encoded) == data(value["mac"])


@each("auditHashes")
def test_audit_hashes(value):
    assert fs.audit_hash(data(value["key"]), uuid.UUID(value["table"]), data(value["recordID"])) == data(value["hash"])


@each("blindIndexes")
def test_blind_indexes(value):
    plain = data(value["value"])
    assert fs.normalise(value["normaliser"], plain) == data(value["normalised"])
    index = fs.blind_index(data(value["key"]), uuid.UUID(value["id"]), value["normaliser"], value["bits"], plain)
    assert index == data(value["index"])


@each("textFilters")
def test_text_filters(value):
    numbers = [value[name] for name in ("normaliser", "kind", "bits", "hashes", "shortest", "longest")]
    found = fs.text_filter(data(value["key"]), uuid.UUID(value["id"]), *numbers, data(value["value"]), value["isTerm"])
    assert found == data(value["index"])


@each("pairIndexes")
def test_pair_indexes(value):
    numbers = [value[name] for name in ("normaliser", "besideNormaliser", "bits")]
    found = fs.pair_index(data(value["key"]), uuid.UUID(value["id"]), *numbers, data(value["value"]), data(value["beside"]))
    assert found == data(value["index"])


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="normalisers are those of Unicode 14.0")
@each("normalisation")
def test_normalisation(value):
    after = data(value["after"]).decode()
    digest = hashlib.sha256()
    for code in range(value["first"], value["last"] + 1):
        digest.update(fs.normalise(1, ("a" + chr(code) + after).encode()) + b"\n")
    assert digest.digest() == data(value["digest"])


@each("scrypt")
def test_scrypt(value):
    salt = data(value["salt"])
    key = fs.passphrase_key(data(value["passphrase"]), salt, value["costExponent"], value["parallelism"])
    assert key == data(value["key"])


@pytest.mark.parametrize("suite", fs.SUITES)
def test_every_flipped_bit_is_refused(suite):
    one = fs.Field(uuid.uuid4(), 7, suite, bytes(range(32)))
    sealed = one.seal(b"text", context=b"tenant")
    assert one.open(sealed, context=b"tenant") == b"text"
    for index in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[index // 8] ^= 1 << index % 8
        with pytest.raises(fs.Refused):
            one.open(bytes(changed), context=b"tenant")


@pytest.mark.parametrize("owner", [None, fs.Subject(uuid.uuid4(), bytes(range(32)))], ids=["no subject", "subject"])
def test_every_flipped_bit_of_a_dual_value_is_refused(owner):
    one = uuid.uuid4()
    newer, older = (fs.Field(one, version, 1, bytes([version]) * 32, subject=owner) for version in (7, 8))
    sealed = newer.seal_dual(older, b"text", context=b"tenant")
    for version in (newer, older):
        assert version.open(sealed, context=b"tenant") == b"text"
        for index in range(len(sealed) * 8):
            changed = bytearray(sealed)
            changed[index // 8] ^= 1 << index % 8
            with pytest.raises(fs.Refused):
                version.open(bytes(changed), context=b"tenant")


@pytest.mark.parametrize(
    "text", ["", "fs1", "fs2:Zm9v", "FS1:Zm9v", "fs1:Zg==", "fs1:Z", "fs1:Zh", "fs1:Zm9", "fs1:Zm+v", "fs1:Zm9v\n", " fs1:Zm9v"]
)
def test_other_texts_are_refused(text):
    with pytest.raises(fs.Refused):
        fs.from_text(text)


def test_the_document_states_the_first_vector():
    document = (HERE.parents[2] / "Protos/CIPHERTEXT.md").read_text()
    value = VECTORS["values"][0]
    for part in (value["sealed"][48:-32], value["sealed"][-32:], value["text"], value["key"]):
        assert part in document


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="the tables are those of Unicode 14.0")
def test_the_unicode_tables_are_up_to_date():
    subprocess.run([sys.executable, HERE / "unicode_tables.py", "--check"], check=True)
