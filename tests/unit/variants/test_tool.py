"""Where the converters' environment is."""

from pathlib import Path

import pytest

from collector.variants import find_tool
from collector.variants.tool import cache_folder

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"INFERFLEET_CACHE_DIR": "/big/cache", "XDG_CACHE_HOME": "/other"}, Path("/big/cache")),
        ({"XDG_CACHE_HOME": "/other"}, Path("/other/inferfleet")),
        ({"XDG_CACHE_HOME": "relative"}, Path.home() / ".cache/inferfleet"),
        ({}, Path.home() / ".cache/inferfleet"),
    ],
)
def test_the_cache_is_where_the_user_wants_it(environ: dict[str, str], folder: Path) -> None:
    assert cache_folder(environ) == folder


def test_another_lock_is_another_environment(tmp_path: Path) -> None:
    tool = find_tool({"INFERFLEET_CACHE_DIR": str(tmp_path)})
    assert tool.source == ROOT / "converters"
    assert tool.environment.parent == tmp_path
    assert len(tool.environment.name.removeprefix("converters-")) == 16
    assert not tool.installed
