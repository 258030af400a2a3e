"""The client's configuration file, as the `fieldseal` command line tool reads it too."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .errors import ConfigurationError

SERVICES = ("encryption", "keys", "audit")


@dataclass(frozen=True)
class Endpoint:
    """Addresses of one service and the one identity (a SPIFFE URI) that is expected there."""

    addresses: tuple[tuple[str, int], ...]
    identity: str


@dataclass(frozen=True)
class Configuration:
    """Certificate, key and CA (PEM file paths) and the services' endpoints."""

    certificate: str
    key: str
    ca: str
    endpoints: dict[str, Endpoint]

    def endpoint(self, service: str) -> Endpoint:
        endpoint = self.endpoints.get(service)
        if endpoint is None:
            raise ConfigurationError(f"{service}: addresses and identity are required")
        return endpoint

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None) -> "Configuration":
        """Reads `path`, or the file that FIELDSEAL_CONFIG names. Relative paths inside start at the file's folder."""
        chosen = path or os.environ.get("FIELDSEAL_CONFIG")
        if not chosen:
            raise ConfigurationError("no configuration: give a path or set FIELDSEAL_CONFIG")
        file = Path(chosen)
        try:
            document = yaml.safe_load(file.read_text())
        except OSError as error:
            raise ConfigurationError(f"{file}: {error.strerror}") from error
        except yaml.YAMLError as error:
            raise ConfigurationError(f"{file}: not YAML") from error
        # `calls` is for other clients; this one is told by its arguments.
        root = _mapping(document, str(file), {"tls", "calls", *SERVICES})
        tls = _mapping(root.get("tls"), "tls", {"certificate", "key", "ca"})
        certificate, key, ca = (str(file.parent / _text(tls, "tls", name)) for name in ("certificate", "key", "ca"))
        return cls(certificate, key, ca, {name: _endpoint(root[name], name) for name in SERVICES if name in root})


def _endpoint(value: Any, name: str) -> Endpoint:
    section = _mapping(value, name, {"addresses", "identity"})
    addresses = section.get("addresses")
    if not isinstance(addresses, list) or not addresses:
        raise ConfigurationError(f"{name}.addresses: a list of host:port is required")
    return Endpoint(tuple(_address(item, name) for item in addresses), _text(section, name, "identity"))


def _address(value: Any, name: str) -> tuple[str, int]:
    host, separator, port = str(value).rpartition(":")
    if not separator or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigurationError(f"{name}.addresses: host:port expected")
    return host.strip("[]"), int(port)


def _mapping(value: Any, name: str, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{name}: a mapping is required")
    unknown = sorted(set(map(str, value)) - keys)
    if unknown:
        raise ConfigurationError(f"{name}: unknown key {unknown[0]}")
    return value


def _text(section: dict[str, Any], name: str, key: str) -> str:
    value = section.get(key)
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{name}.{key}: a text is required")
    return value
