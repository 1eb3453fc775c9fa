import shutil
import subprocess

from tests.unit.deploy.files import DEPLOY, compose, read_yaml

CONFIG = DEPLOY / "alertmanager/alertmanager.yml"


def test_amtool_accepts_the_configuration() -> None:
    amtool = shutil.which("amtool")
    assert amtool is not None, "amtool is missing: apt-get install prometheus-alertmanager"
    check = subprocess.run([amtool, "check-config", str(CONFIG)], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr


def test_routing_and_inhibition_use_labels_that_alerts_carry() -> None:
    from collector.alerts.alertmanager import to_alerts
    from collector.alerts.settings import AlertSettings
    from tests.unit.alerts.examples import a_finding, told

    labels = set(to_alerts(told(a_finding(), owner="web"), AlertSettings())[0]["labels"])
    of_rules = {"alertname", "instance", "job", "product", "severity"}  # deploy/prometheus
    config = read_yaml(CONFIG)
    assert set(config["route"]["group_by"]) <= labels
    for route in config["route"]["routes"]:
        assert {matcher.split()[0] for matcher in route["matchers"]} <= labels
    for rule in config["inhibit_rules"]:
        assert set(rule["equal"]) <= labels or set(rule["equal"]) <= of_rules


def test_the_collector_sends_to_the_alertmanager_that_compose_starts() -> None:
    services = compose()["services"]
    url = services["collector"]["environment"]["INFERFLEET_ALERTS__ALERTMANAGER_URL"]
    assert url == "http://alertmanager:9093"
    assert "alertmanager" in services
