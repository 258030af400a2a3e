"""The stand-ins of key management services, which the Swift tests use too, in this process or as processes of their own."""

from __future__ import annotations

import importlib
import json
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

STAND_INS = Path(__file__).resolve().parents[1] / "Custody" / "StandIns"
sys.path.insert(0, str(STAND_INS))


class Told:
    """What a stand-in said of itself when it started, and its switches."""

    told: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.told[name]

    def switch(self, **switches: Any) -> None:
        body = json.dumps(switches).encode()
        request = urllib.request.Request(f"{self['url']}/control", body, method="POST")
        context = ssl.create_default_context(cafile=self["authorities"])
        urllib.request.urlopen(request, context=context, timeout=10).close()


class Running(Told):
    """A stand-in in this process."""

    def __init__(self, module: str, name: str, folder: Path) -> None:
        self.stand_in = getattr(importlib.import_module(module), name)(["--folder", str(folder)])
        self.told = self.stand_in.start()


class Process(Told):
    """A stand-in as a process of its own: moto keeps what it knows for a process' life."""

    def __init__(self, module: str, folder: Path) -> None:
        command = [sys.executable, "-B", str(STAND_INS / f"{module}.py"), "--folder", str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout
        self.told = json.loads(self.process.stdout.readline())

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
