"""The emulator from outside: start it, act in an account, forget everything."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import boto3
from botocore.config import Config

from .keys import access_key


class Emulator:
    def __init__(self, port: int, log: IO[str]) -> None:
        self.log = log
        self.endpoint = f"http://127.0.0.1:{port}"
        self._clients: dict[tuple[str, str, str], Any] = {}

    def reset(self) -> None:
        request = urllib.request.Request(f"{self.endpoint}/moto-api/reset", method="POST")
        urllib.request.urlopen(request).read()

    def last_words(self) -> str:
        """The last error the emulator itself ran into, for failures that are its own."""
        time.sleep(0.2)  # It answers before it logs.
        self.log.seek(0)
        lines = [line.strip() for line in self.log if re.match(r"\w[\w.]*(Error|Exception)\b", line)]
        return lines[-1] if lines else "no error is logged"

    def client(self, service: str, account: str, region: str) -> Any:
        if (service, account, region) not in self._clients:
            self._clients[(service, account, region)] = boto3.client(
                service,
                region,
                endpoint_url=self.endpoint,
                aws_access_key_id=access_key(account),
                aws_secret_access_key="secret",
                config=Config(retries={"max_attempts": 0}, read_timeout=300),
            )
        return self._clients[(service, account, region)]


@contextmanager
def emulator() -> Iterator[Emulator]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    environment |= {"AWS_EC2_METADATA_DISABLED": "true", "MOTO_IAM_LOAD_MANAGED_POLICIES": "false"}
    command = [sys.executable, "-W", "ignore", "-m", "conformance.emulator.server", str(port)]
    log = tempfile.TemporaryFile("w+")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment, text=True)
    try:
        if process.stdout is None or process.stdout.readline().strip() != "ready":
            raise RuntimeError("the emulator did not start")
        yield Emulator(port, log)
    finally:
        process.terminate()
        process.wait()
        log.close()
