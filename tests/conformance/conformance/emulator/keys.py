"""Access keys that tell the emulator whose request it is; moto tells accounts apart by nothing else."""

import re


def access_key(account: str) -> str:
    return f"ASIA{account}0000"


def account_of(key: str) -> str | None:
    match = re.fullmatch(r"ASIA(\d{12})0000", key or "")
    return match[1] if match else None
