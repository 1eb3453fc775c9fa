import re
import subprocess
import sys
from itertools import product
from xml.etree import ElementTree as ET

import pytest

from tests.unit.deploy.files import DEPLOY, compose, read_yaml

SERVICES = compose()["services"]
SECRET = re.compile(r"PASSWORD|TOKEN|SIGNING_KEY")


def example_names() -> set[str]:
    lines = (DEPLOY / ".env.example").read_text(encoding="utf-8").splitlines()
    return {line.partition("=")[0] for line in lines if "=" in line and not line.startswith("#")}


def variables() -> dict[str, str]:
    """Each ``${NAME...}`` of the compose file, and what follows the name."""
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    return dict(re.findall(r"\$\{([A-Z_]+)([^}]*)\}", text))


def test_the_compose_file_fits_the_compose_specification() -> None:
    check = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            str(DEPLOY / "compose.yaml"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stdout + check.stderr


def test_no_variable_has_a_default_and_each_is_in_the_example() -> None:
    assert {name for name, rest in variables().items() if not rest.startswith(":?")} == set()
    assert set(variables()) == example_names()


def test_the_example_holds_no_secret() -> None:
    for line in (DEPLOY / ".env.example").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        if SECRET.search(name) and not name.startswith("#"):
            assert value == "", name


@pytest.mark.parametrize(("service", "name"), list(product(SERVICES, ["PASSWORD", "TOKEN", "KEY"])))
def test_secrets_come_from_the_environment(service: str, name: str) -> None:
    for key, value in SERVICES[service].get("environment", {}).items():
        if name in key:
            assert value.startswith("${"), key


@pytest.mark.parametrize("service", SERVICES)
def test_images_are_pinned_and_ports_are_local(service: str) -> None:
    image = SERVICES[service]["image"]
    assert image == "inferfleet:local" or re.search(r":v?\d+\.\d+(\.\d+)?$", image), image
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[service].get("ports", []))


@pytest.mark.parametrize("service", SERVICES)
def test_every_mounted_file_and_volume_is_there(service: str) -> None:
    for volume in SERVICES[service].get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("./"):
            assert (DEPLOY / source).exists(), source
            assert volume.endswith(":ro"), volume
        else:
            assert source in compose()["volumes"]


def test_the_collectors_variables_are_settings() -> None:
    """A misspelt variable would stop the collector at its start; here it stops the build."""
    from collector.settings import PREFIX, Settings

    for name in SERVICES["collector"]["environment"]:
        section, _, setting = name.removeprefix(PREFIX).lower().partition("__")
        assert section in Settings.model_fields, name
        if setting:
            model = Settings.model_fields[section].annotation
            assert setting in getattr(model, "model_fields", {}), name


def test_grafana_is_wired_to_what_compose_starts() -> None:
    from dashboards.grafana.query import DATASOURCE_UID, PLUGIN

    (source,) = read_yaml(DEPLOY / "grafana/datasources/clickhouse.yml")["datasources"]
    assert (source["uid"], source["type"]) == (DATASOURCE_UID, PLUGIN)
    assert source["jsonData"]["host"] in SERVICES
    assert SERVICES["grafana"]["environment"]["GF_PLUGINS_PREINSTALL_SYNC"].startswith(f"{PLUGIN}@")
    (provider,) = read_yaml(DEPLOY / "grafana/providers/inferfleet.yml")["providers"]
    mounts = dict(volume.split(":")[:2] for volume in SERVICES["grafana"]["volumes"])
    assert mounts["./grafana/dashboards"] == provider["options"]["path"]
    contact = read_yaml(DEPLOY / "grafana/alerting/contact_points.yml")
    url = contact["contactPoints"][0]["receivers"][0]["settings"]["url"]
    assert url == SERVICES["collector"]["environment"]["INFERFLEET_ALERTS__ALERTMANAGER_URL"]
    assert contact["policies"][0]["receiver"] == contact["contactPoints"][0]["name"]


def test_the_clickhouse_user_of_grafana_may_only_read() -> None:
    root = ET.parse(DEPLOY / "clickhouse/grafana_user.xml").getroot()
    user = read_yaml(DEPLOY / "grafana/datasources/clickhouse.yml")["datasources"][0]["jsonData"]["username"]
    grants = [query.text or "" for query in root.findall(f"./users/{user}/grants/query")]
    assert grants
    assert all(grant.startswith("GRANT SELECT ON inferfleet.") for grant in grants)
    profile = root.findtext(f"./users/{user}/profile")
    assert root.findtext(f"./profiles/{profile}/readonly") == "2"
    assert root.find(f"./users/{user}/password").get("from_env")  # type: ignore[union-attr]
    ET.parse(DEPLOY / "clickhouse/server.xml")
