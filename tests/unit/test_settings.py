import traceback
from pathlib import Path

import pytest

from collector.settings import BadSettings, load_settings
from collector.settings_page import PAGE, page


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_settings_page_is_what_the_settings_declare():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make gen` and commit the result"


def test_the_environment_wins_over_the_file(monkeypatch, tmp_path):
    file = tmp_path / "elsewhere.toml"
    file.write_text('data_dir = "/from/file"\n[api]\nport = 1\nhost = "0.0.0.0"\n')
    monkeypatch.setenv("INFERFLEET_CONFIG_FILE", str(file))
    monkeypatch.setenv("INFERFLEET_API__PORT", "2")
    settings = load_settings()
    assert (settings.data_dir, settings.api.port, settings.api.host) == (Path("/from/file"), 2, "0.0.0.0")


def test_what_kubernetes_sets_for_a_service_of_our_name_is_no_mistake(monkeypatch):
    for name in ("SERVICE_HOST", "SERVICE_PORT_HTTP", "PORT", "PORT_8080_TCP_ADDR"):
        monkeypatch.setenv(f"INFERFLEET_{name}", "tcp://10.0.0.1:8080")
    load_settings()


def test_canaries_are_written_by_app_and_model(monkeypatch, tmp_path):
    file = tmp_path / "inferfleet.toml"
    file.write_text("[publish.canaries.shop.blazeface]\nvalues = [0.5, -1]\ntolerance = 0.01\n")
    canary = load_settings().publish.canaries["shop"]["blazeface"]
    assert (canary.values, canary.tolerance) == ([0.5, -1.0], 0.01)
    file.write_text("[publish.canaries.shop.blazeface]\nvalues = []\ntolerance = -1\n")
    with pytest.raises(BadSettings, match=r"publish\.canaries\.shop\.blazeface\.values"):
        load_settings()


@pytest.mark.parametrize("name", ["PORTS", "SPOLL__MAX_BYTES", "DATADIR"])
def test_a_name_that_is_no_setting_is_named(monkeypatch, name):
    monkeypatch.setenv(f"INFERFLEET_{name}", "1")
    with pytest.raises(BadSettings, match=f"INFERFLEET_{name}: no such setting"):
        load_settings()


def test_a_secret_that_does_not_fit_is_not_repeated(monkeypatch):
    monkeypatch.setenv("INFERFLEET_API__ADMIN_TOKEN", "hunter2")  # too short
    monkeypatch.setenv("INFERFLEET_APPS", '{"shop": {"keys": ["abc"]}}')
    with pytest.raises(BadSettings) as caught:
        load_settings()
    said = "".join(traceback.format_exception(caught.value))
    assert "api.admin_token" in said
    assert "hunter2" not in said and "abc" not in said


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xef\xbb\xbf[api]\nport = 9000\n", "save it as UTF-8 without BOM"),  # Notepad
        ("[api]\nport = 9000\n".encode("utf-16"), "save it as UTF-8 without BOM"),  # PowerShell's >
        ("[api]\n# caf\xe9\n".encode("latin-1"), r"is not UTF-8 \(line 2\): save it as UTF-8"),
    ],
)
def test_a_file_in_another_encoding_is_named_with_what_to_do(tmp_path, raw, said):
    (tmp_path / "inferfleet.toml").write_bytes(raw)
    with pytest.raises(BadSettings, match=said):
        load_settings()


def test_a_settings_file_that_is_a_folder_cannot_be_read(monkeypatch, tmp_path):
    monkeypatch.setenv("INFERFLEET_CONFIG_FILE", str(tmp_path))
    with pytest.raises(BadSettings, match="cannot be read: Is a directory"):
        load_settings()


def test_a_data_folder_is_named_and_a_tilde_is_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("INFERFLEET_DATA_DIR", "~/fleet")
    assert load_settings().data_dir == Path("/home/ada/fleet")
    monkeypatch.setenv("INFERFLEET_DATA_DIR", ".")
    assert load_settings().data_dir == Path()
    monkeypatch.setenv("INFERFLEET_DATA_DIR", "")
    with pytest.raises(BadSettings, match="data_dir: names no folder"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALERTS__WEBHOOKS", "https://hooks.example/x"),
        ("APPS__SHOP__KEYS", "abcd,efgh"),
        ("LEAKS__TENSORS", "min_slope=1"),
        ("APPS", "{'shop': {}}"),
    ],
)
def test_what_is_not_json_is_named_by_its_own_variable(monkeypatch, name, value):
    monkeypatch.setenv("INFERFLEET_ALERTS__FLEET_PAGE_URL", "https://fleet.example")  # text, and right
    monkeypatch.setenv(f"INFERFLEET_{name}", value)
    with pytest.raises(BadSettings, match=f"^INFERFLEET_{name}: a list or table"):
        load_settings()


def test_an_objective_is_plain_text_in_the_environment(monkeypatch):
    monkeypatch.setenv("INFERFLEET_RECOMMEND__OBJECTIVE", "loop,fps=60")
    assert load_settings().recommend.aim.fps == 60
    monkeypatch.setenv("INFERFLEET_RECOMMEND__OBJECTIVE", "fast")
    with pytest.raises(BadSettings, match="no objective or term 'fast'"):
        load_settings()
