"""The declared columns against the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.sql.schema import Column, MetaData

from ..errors import ConfigurationError, FieldsealError
from ..v1.common_pb2 import IndexKind, Normaliser
from .indexes import pairs_of
from .types import Encrypted


def fields_of(metadata: MetaData) -> dict[str, Column[Any]]:
    """The encrypted columns by their fields."""
    columns = [column for table in metadata.tables.values() for column in table.c if isinstance(column.type, Encrypted)]
    return {column.type.sealing.field: column for column in columns}  # type: ignore[attr-defined]


def compare(fields: dict[str, Column[Any]], descriptions: list[Any]) -> None:
    """Raises ConfigurationError with every difference."""
    differences = [
        f"{field}: {difference}"
        for (field, column), description in zip(fields.items(), descriptions)
        for difference in _differences(column, description)
    ]
    if differences:
        raise ConfigurationError("\n".join(differences))


def _differences(column: Column[Any], description: Any) -> Iterator[str]:
    type_: Any = column.type
    if isinstance(description, FieldsealError):
        yield f"the service does not describe it ({description})"
        return
    bound = description.row_bound or description.record_keys
    key = tuple(description.key_columns)
    if type_.bound_to and not bound:
        yield f"bound_to={type_.bound_to!r}, but the catalog does not bind it to rows: values would open in any row"
    if bound and not type_.bound_to:
        yield f"the catalog binds it to rows by {', '.join(key)}; declare bound_to={key[0] if len(key) == 1 else key!r}"
    if bound and type_.bound_to and type_.bound_to != key:
        yield f"bound_to={type_.bound_to!r}, but the catalog's key-columns are {key!r}"
    if description.subject_keys and type_.subject is None:
        yield "it has subject keys: declare subject= with the column that names whom a value belongs to"
    if type_.subject is not None and not description.subject_keys:
        yield f"subject={type_.subject!r}, but the catalog gives it no subject-keys: nothing could be erased"
    known = {index.name: index for index in description.indexes}
    pairs = [pair for pair in pairs_of(column.table) if pair.type.of == column.key]  # type: ignore[attr-defined]
    for index in [*type_.sealing.indexes, *pairs]:
        found = known.get(index.type.index)
        if found is None:
            yield f"{index.name} is of the index {index.type.index!r}, which the catalog does not have"
            continue
        normaliser = Normaliser.Name(found.normaliser).removeprefix("NORMALISER_").lower().replace("_", "-")
        kind = IndexKind.Name(found.kind).removeprefix("INDEX_").lower()
        if index.type.kind != kind:
            yield f"{index.name} is of the index {index.type.index!r}, which the catalog says is of the kind {kind}"
            continue
        declared = (index.type.bits, index.type.normaliser)
        if declared != (found.bits, normaliser) and (found.bits < 64 or declared != (found.bits, None)):
            yield f"{index.name} must be declared with bits={found.bits}, normaliser={normaliser!r}, as in the catalog"
        if kind == "pair":
            other = Normaliser.Name(found.beside_normaliser).removeprefix("NORMALISER_").lower().replace("_", "-")
            beside = index.type.other.type.sealing.field.rpartition(".")[2]
            if (beside, index.type.beside_normaliser) != (found.beside, other):
                yield f"{index.name} must be beside {found.beside}, with beside_normaliser={other!r}, as in the catalog"
        if getattr(index.type, "shortest", 0) != found.shortest:
            yield f"{index.name} must be declared with shortest={found.shortest}, as in the catalog"
