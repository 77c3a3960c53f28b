"""Everything that can be set about a running ledger, in one place, read from the environment (`CONTROL_LEDGER_…`).

Guarantees that a value is checked when the program starts, not when it is first needed, and that an unusable one stops the
start with the variable's name and what it takes. The table of docs/http.md lists every field; a test compares. Secrets are
never settings: a passphrase is read from the file that a setting names.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from limits import parse as parse_rate
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ledger.errors import LedgerError
from ledger.recording_clock import STEADY

PREFIX = "CONTROL_LEDGER_"


class SettingsInvalid(LedgerError):
    """A setting cannot be used. One line for each, naming the variable."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Settings(BaseSettings):
    """The settings of `control-ledger serve`; `published` and `second_clock` hold for every command that appends."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True)

    url: str = Field("sqlite:///ledger.db", description="the ledger: an SQLite file, or the address of a database")
    keys: Path = Field(Path("keys"), description="folder of the ledger's own keys")
    passphrase_file: Path | None = Field(default=None, description="file that holds the keys' passphrase")

    second_clock: str = Field(
        STEADY,
        description="second source of time, from which the clock may differ by 60 s: `steady`, a counter that notices steps"
        " while the program runs, or the https address of a server whose Date is asked at the start",
    )
    published: str | None = Field(
        None, description="folder or address (s3://…) of the published log; an older ledger is not opened"
    )

    seal_key: Path | None = Field(
        None, description="file of the P-256 key that seals evidence packages; without it none are made"
    )
    seal_chain: Path | None = Field(None, description="file of its certificate and those above it, in PEM")
    stamps: Path | None = Field(None, description="folder of archived timestamps, for evidence packages")

    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(8000, ge=0, le=65_535, description="port to listen on; 0 takes a free one")
    proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="addresses of proxies whose X-Forwarded-For is believed, separated by commas"
    )
    reading: Literal["public", "token"] = Field("public", description="who may read: everybody, or holders of a token")

    body_bytes_max: int = Field(131_072, ge=65_536, le=1_048_576, description="largest body of one statement")
    bulk_bytes_max: int = Field(16_777_216, ge=65_536, le=268_435_456, description="largest body of a bulk submission")
    bulk_lines_max: int = Field(5_000, ge=1, le=100_000, description="most lines of a bulk submission")
    header_bytes_max: int = Field(
        16_384, ge=4_096, le=65_536, description="largest request header, first line included"
    )
    query_bytes_max: int = Field(2_048, ge=256, le=8_192, description="longest path and query")
    header_seconds: float = Field(10, gt=0, le=300, description="time a client has to send a header")
    body_seconds: float = Field(30, gt=0, le=3_600, description="time a client has to send a body")
    connections_max: int = Field(1_024, ge=8, le=65_536, description="connections at a time")
    answers_max: int = Field(32, ge=1, le=256, description="answers worked on or waited for at a time")
    streams_max: int = Field(
        64, ge=1, le=4_096, description="event streams open at a time, a quarter of them by one client"
    )
    address_rate: str = Field("6000/minute", description="cost of requests taken from one address, such as 6000/minute")
    token_rate: str = Field("60000/minute", description="cost of requests taken with one token")

    views: bool = Field(
        True, description="this server takes what is recorded into the views, from which holders are listed"
    )
    queue_max: int = Field(4_096, ge=1, le=65_536, description="submissions waiting to be recorded")
    batch_max: int = Field(256, ge=1, le=4_096, description="statements recorded in one transaction")
    stop_seconds: int = Field(30, ge=1, le=600, description="time that running requests have when the server stops")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least serious line logged")

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        return value if "://" in value else f"sqlite:///{Path(value)}"

    @field_validator("second_clock")
    @classmethod
    def _source(cls, value: str) -> str:
        if value != STEADY and not value.startswith(("https://", "http://")):
            raise ValueError(f"expected {STEADY}, or an address such as https://www.example.org/")
        return value

    @field_validator("proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("address_rate", "token_rate")
    @classmethod
    def _rate(cls, value: str) -> str:
        try:
            parse_rate(value)
        except ValueError as error:
            raise ValueError("expected a number and a time, such as 6000/minute") from error
        return value

    @model_validator(mode="after")
    def _fits(self) -> Settings:
        if self.bulk_bytes_max < self.body_bytes_max:
            raise ValueError("bulk_bytes_max is smaller than body_bytes_max")
        if (self.seal_key is None) is not (self.seal_chain is None):
            raise ValueError("seal_key and seal_chain are set together or not at all")
        if self.batch_max > self.queue_max:
            raise ValueError("batch_max is larger than queue_max: a batch would never fill")
        return self


def read_settings(**given: object) -> Settings:
    """The settings of the environment; what is `given` goes before it. Raises SettingsInvalid.

    A variable with our prefix that is none of the settings is refused as well, unless it belongs to the command line.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    strange = sorted(name for name in os.environ if name.startswith(PREFIX) and name.upper() not in known)
    if strange:
        raise SettingsInvalid([f"{name}: there is no such setting; docs/http.md lists them" for name in strange])
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        lines = []
        for one in error.errors(include_url=False, include_input=False):
            where = PREFIX + str(one["loc"][0]).upper() if one["loc"] else "settings"
            lines.append(f"{where}: {one['msg'].removeprefix('Value error, ')}")
        raise SettingsInvalid(lines) from error
