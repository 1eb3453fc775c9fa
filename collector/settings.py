"""All settings: environment variables ``INFERFLEET_*`` over one TOML file, ``inferfleet.toml``.

Each package declares the settings it uses; this module composes them into sections. Nested names are joined
with two underscores: ``INFERFLEET_API__PORT=9000``. An unknown name is an error that names it: a misspelt
setting that is silently ignored costs hours.
"""

import codecs
import json
import os
import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from collector.alerts.settings import AlertSettings
from collector.apps.settings import AccessSettings, AppSettings
from collector.contract.wire_model import AppName
from collector.ingest.settings import LimitSettings, SpoolSettings
from collector.jobs.leaks.settings import LeakSettings
from collector.jobs.publish.settings import PublishSettings
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.regressions.settings import RegressionSettings
from collector.jobs.settings import ScheduleSettings
from collector.mistakes import sentences
from collector.remote_config.settings import ConfigSettings
from collector.store import Dsn
from collector.store.settings import StoreSettings

PREFIX = "INFERFLEET_"
CONFIG_VARIABLE = "INFERFLEET_CONFIG_FILE"
DEFAULT_CONFIG = Path("inferfleet.toml")
# Ours but no settings; and what Kubernetes sets in every pod for a Service that is called "inferfleet".
_NO_SETTING = re.compile(
    r"CONFIG_FILE|CACHE_DIR|AUTHOR|WRITE_KEY|GRAFANA_TOKEN|CHROMIUM|ALERTMANAGER|TEST_\w+|SERVICE_(HOST|PORT)\w*|PORT_\d+_\w+"
)
_PORT_OF_A_SERVICE = re.compile(r"\w+://.+")


class BadSettings(Exception):
    """The settings do not fit. The message has one line for each mistake, and says what to write instead."""


class ApiSettings(BaseModel):
    """Section ``api``: where the collector listens, and who may do what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for all")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    public_url: str | None = Field(
        default=None, description="How others reach this collector, when that is not http://host:port"
    )
    admin_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Bearer token of the admin endpoints. None: made once, kept in <data_dir>/admin.token",
    )
    fleet_access: Literal["open", "loopback", "token"] | None = Field(
        default=None,
        description="Who may see the fleet page. token: whoever has the admin token. loopback: also whoever "
        "comes from this machine without a proxy; set token behind one that adds no X-Forwarded-For. "
        "open: anybody. "
        "None: loopback when listening on a loopback address, else token",
    )
    demo_dir: Path | None = Field(
        default=None, description="A folder served under /demo, cross-origin isolated"
    )
    graceful_seconds: int = Field(
        default=10, ge=1, description="How long a stopping collector waits for requests under way"
    )

    @field_validator("public_url")
    @classmethod
    def _public_url_is_http(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                HttpUrl(value)
            except ValueError as error:
                raise ValueError(
                    "not an address with http:// or https://; write for example https://fleet.example.com"
                ) from error
        return value


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
        hide_input_in_errors=True,  # an input can be a secret, and a chained exception is printed whole
    )

    data_dir: Path = Field(
        default=Path("inferfleet-data"),
        description="Where the spool and the embedded engine keep their files",
    )
    apps: dict[AppName, AppSettings] = Field(
        default_factory=dict,
        description="Apps that may report, by name, beside those of `inferfleet apps add`",
    )
    access: AccessSettings = Field(default_factory=AccessSettings)
    store: StoreSettings = Field(default_factory=StoreSettings)
    spool: SpoolSettings = Field(default_factory=SpoolSettings)
    limits: LimitSettings = Field(default_factory=LimitSettings)
    api: ApiSettings = Field(default_factory=ApiSettings)
    config: ConfigSettings = Field(default_factory=ConfigSettings)
    recommend: RecommendSettings = Field(default_factory=RecommendSettings)
    publish: PublishSettings = Field(default_factory=PublishSettings)
    leaks: LeakSettings = Field(default_factory=LeakSettings)
    regressions: RegressionSettings = Field(default_factory=RegressionSettings)
    schedule: ScheduleSettings = Field(default_factory=ScheduleSettings)
    alerts: AlertSettings = Field(default_factory=AlertSettings)

    @field_validator("data_dir", mode="before")
    @classmethod
    def _data_dir_is_named(cls, value: object) -> object:
        """Only a shell reads ``~``; and a variable that is set to nothing would mean the current folder."""
        if value == "":
            raise ValueError("names no folder; leave it out for ./inferfleet-data")
        try:
            return Path(value).expanduser() if isinstance(value, str) else value
        except RuntimeError as error:
            raise ValueError(
                "there is no home folder that ~ could stand for: write the whole path"
            ) from error

    @property
    def dsn(self) -> Dsn:
        """Where the store is: ``store.dsn``, or the embedded engine in the data folder."""
        if self.store.dsn is not None:
            return Dsn.parse(self.store.dsn.get_secret_value())
        return Dsn.parse(f"chdb://{(self.data_dir / 'engine').resolve()}")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the TOML file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config_file())


def config_file() -> Path | None:
    """The TOML file to read: ``INFERFLEET_CONFIG_FILE``, else ``./inferfleet.toml`` when it is there."""
    if named := os.environ.get(CONFIG_VARIABLE):
        return Path(named)
    return DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None


def load_settings(**overrides: Any) -> Settings:
    """Reads the settings; ``overrides`` come from the command line.

    Raises:
        BadSettings: a value does not fit, or a name is unknown.
    """
    file = config_file()
    if file is not None:
        _require_readable(file)
    if unknown := _unknown_variables():
        known = ", ".join(Settings.model_fields)
        raise BadSettings(
            "\n".join(
                f"{name}: no such setting{_nearest(name)}. Sections are: {known}; see docs/settings.md"
                for name in unknown
            )
        )
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = sentences(error, no_such_field="no such setting; see docs/settings.md")
        raise BadSettings("\n".join(lines)) from error
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{file} is not TOML: {error}") from error
    except SettingsError as error:
        raise BadSettings(
            f"{_no_json(str(error))}: a list or table in a variable is written as JSON, and this is not JSON"
        ) from error


def _require_readable(file: Path) -> None:
    """TOML is UTF-8. Editors and shells of Windows write other encodings, or a mark before the first line."""
    try:
        text = file.read_bytes()
    except FileNotFoundError as error:
        raise BadSettings(f"{CONFIG_VARIABLE} names {file}, and there is no such file") from error
    except OSError as error:
        raise BadSettings(f"the settings file {file} cannot be read: {error.strerror}") from error
    if text.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadSettings(
            f"{file} begins with a byte order mark, which TOML does not allow: save it as UTF-8 without BOM"
        )
    try:
        text.decode()
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise BadSettings(f"{file} is not UTF-8 (line {line}): save it as UTF-8") from error


def _no_json(error: str) -> str:
    """The variable that cannot be read; pydantic-settings says only of which section it is."""
    named = re.search(r'field "(\w+)"', error)
    if named is None:
        return "a variable"
    section = f"{PREFIX}{named[1].upper()}"
    no_json = {
        name: path
        for name, value in sorted(os.environ.items())
        if (path := name.upper().split("__"))[0] == section and not _is_json(value)
    }
    return next((name for name, path in no_json.items() if _takes_json(named[1], path[1:])), section)


def _takes_json(section: str, path: list[str]) -> bool:
    """Whether the variable of a field holds a list, a table or a section of its own."""
    kind = Settings.model_fields[section].annotation
    for part in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(part.lower())
            kind = None if field is None else field.annotation
        else:  # a table: of names and values
            kind = get_args(kind)[-1] if get_origin(kind) is dict else None
    return get_origin(kind) in (list, dict) or (isinstance(kind, type) and issubclass(kind, BaseModel))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _nearest(name: str) -> str:
    """The setting that was probably meant, as a question."""
    last = name.upper().removeprefix(PREFIX)
    known = {
        f"{section.upper()}__{field.upper()}"
        for section, info in Settings.model_fields.items()
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
        for field in info.annotation.model_fields
    } | {section.upper() for section in Settings.model_fields}
    same_end = sorted(full for full in known if full.endswith(f"__{last}"))
    close = ["API__" + last] if "API__" + last in known else same_end or get_close_matches(last, known, 1)
    return f" (is {PREFIX}{close[0]} meant?)" if close else ""


def _unknown_variables() -> list[str]:
    """Variables with our prefix whose first part names no section: pydantic-settings would pass over them."""
    known = {name.upper() for name in Settings.model_fields}
    ours = {name: name.upper().removeprefix(PREFIX) for name in os.environ if name.upper().startswith(PREFIX)}
    return sorted(
        name
        for name, rest in ours.items()
        if not _NO_SETTING.fullmatch(rest)
        and not (rest == "PORT" and _PORT_OF_A_SERVICE.fullmatch(os.environ[name]))
        and rest.partition("__")[0] not in known
    )
