"""The sample application's rows: believable, of varied length, with Unicode, nulls and empty strings; the same at every run."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import random
import uuid
from collections.abc import Iterator
from typing import Any

COUNTS = {
    "users": 600,
    "api_keys": 500,
    "agents": 120,
    "conversations": 2_400,
    "workflows": 300,
    "knowledge": 400,
    "metrics": 1_500,
    "sessions": 600,
}

FIRST = "Ada Björn Chiara Dmitri Élodie Fatima Grace Hiroshi Inês Jürgen Khadija Łukasz María Ngozi Oluwaseun Priya Søren Zoë 美咲 Ольга".split()
LAST = "Okafor Lindström Rossi Иванов Dubois Haddad Hopper 田中 Araújo Müller Benali Kowalski García Adeyemi Sharma Nielsen Papadopoulos O'Neill".split()
HOSTS = "example.com example.org mail.example.net post.example.de correo.example.es".split()
TOPICS = "billing,travel insurance,a failed deploy,my blood test results,my salary negotiation,visa papers,a broken boiler,school enrolment,the quarterly forecast,返品の手続き,налоговый вычет".split(",")
SENTENCES = [
    "Could you help me with {topic}?",
    "I have tried twice and it still says the account is locked.",
    "My reference is {reference}, please keep it between us.",
    "Naïve question, but why does the total differ from the invoice?",
    "それは昨日まで動いていました。",
    "Спасибо, это помогло!",
    "Here is what I found: the last three entries do not add up.",
    "First open the settings, then choose “Security”, then confirm by e-mail.",
    "🙂 That worked, thank you!",
    "The doctor wrote {reference} on the form; is that a diagnosis code?",
]
START = datetime.datetime(2025, 9, 1, tzinfo=datetime.timezone.utc)


class Sample:
    """Rows by table; `rows(table)` yields dictionaries whose keys are the table's columns."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self.tables: dict[str, list[dict[str, Any]]] = {}
        for table in COUNTS:
            self.tables[table] = [getattr(self, f"_{table}")(number) for number in range(1, COUNTS[table] + 1)]

    def values(self, table: str, column: str) -> Iterator[tuple[Any, Any]]:
        """(id, value) of each row."""
        return ((row["id"], row[column]) for row in self.tables[table])

    def _users(self, number: int) -> dict[str, Any]:
        first, last = self._random.choice(FIRST), self._random.choice(LAST)
        local = f"{first}.{last}".lower().replace("'", "") if self._random.random() < 0.9 else f"user+{number}"
        return {
            "id": self._uuid(),
            "email": f"{local}.{number}@{self._random.choice(HOSTS)}",
            "password_hash": f"$argon2id$v=19$m=65536,t=3,p=4${self._base64(16)}${self._base64(32)}",
            "display_name": f"{first} {last}",
            "created_at": self._moment(),
        }

    def _api_keys(self, number: int) -> dict[str, Any]:
        return {
            "id": number,
            "user_id": self._one("users"),
            "name": self._random.choice(["ci", "laptop", "production", "staging", "データ取込"]),
            "key_hash": hashlib.sha256(self._random.randbytes(32)).hexdigest(),
            "created_at": self._moment(),
        }

    def _agents(self, number: int) -> dict[str, Any]:
        config = {
            "model": self._random.choice(["small", "large"]),
            "temperature": round(self._random.random(), 2),
            "provider_key": f"sk-{self._base64(24)}",
            "prompt": self._text(1, 12),
            "tools": self._random.sample(["search", "calendar", "mail", "sql", "python"], self._random.randint(0, 4)),
        }
        return {"id": f"agent-{number:04}", "owner_id": self._one("users"), "config": config}

    def _conversations(self, number: int) -> dict[str, Any]:
        draw = self._random.random()
        return {
            "id": number * 3,
            "user_id": self._one("users"),
            "agent_id": self._one("agents"),
            "user_query": "" if draw < 0.02 else self._text(1, 5),
            "agent_response": None if draw > 0.95 else "" if draw > 0.93 else self._text(2, 40),
            "created_at": self._moment(),
        }

    def _workflows(self, number: int) -> dict[str, Any]:
        context = {"step": number % 9, "customer": self._text(1, 1), "notes": [self._text(1, 3) for _ in range(number % 4)]}
        return {
            "id": self._uuid(),
            "agent_id": self._one("agents"),
            "state": self._random.choice(["waiting", "running", "done"]),
            "context": None if number % 17 == 0 else context if number % 13 else {},
        }

    def _knowledge(self, number: int) -> dict[str, Any]:
        return {
            "id": number,
            "agent_id": self._one("agents"),
            "title": self._random.choice(TOPICS),
            "content": None if number % 29 == 0 else "" if number % 31 == 0 else self._text(1, 200),
        }

    def _metrics(self, number: int) -> dict[str, Any]:
        tags = {"region": self._random.choice(["eu", "us", "ap"]), "host": f"10.0.{number % 256}.{number % 199}", "user": str(self._one("users"))}
        return {
            "id": number,
            "agent_id": self._one("agents"),
            "name": self._random.choice(["latency_ms", "tokens", "cost_cents"]),
            "value": round(self._random.expovariate(0.01), 3),
            "tags": None if number % 11 == 0 else tags,
        }

    def _sessions(self, number: int) -> dict[str, Any]:
        data = {"ip": f"192.0.2.{number % 255}", "agent": "Mozilla/5.0", "cart": [self._random.randint(1, 999) for _ in range(number % 6)]}
        return {
            "id": self._random.randbytes(16).hex(),
            "user_id": self._one("users"),
            "data": data if number % 23 else {},
            "expires_at": self._moment(),
        }

    def _one(self, table: str) -> Any:
        return self._random.choice(self.tables[table])["id"]

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(bytes=self._random.randbytes(16), version=4)

    def _base64(self, count: int) -> str:
        return base64.b64encode(self._random.randbytes(count)).decode().rstrip("=")

    def _moment(self) -> datetime.datetime:
        return START + datetime.timedelta(seconds=self._random.randint(0, 200 * 86_400))

    def _text(self, least: int, most: int) -> str:
        count = min(most, least + int(self._random.expovariate(4 / max(1, most - least + 1))))
        chosen = (self._random.choice(SENTENCES) for _ in range(count))
        return " ".join(
            text.format(topic=self._random.choice(TOPICS), reference=f"REF-{self._random.getrandbits(48):012X}") for text in chosen
        )


def plain_text(value: Any) -> str | None:
    """What the column holds as text: JSON columns by their canonical text."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
