"""The shape of the house, as tests."""

import grimp
import pytest

DOORS = {"queries", "operations"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("fenming", cache_dir=None)


def test_modules_enter_each_other_by_the_doors(graph: grimp.ImportGraph) -> None:
    intruders = []
    for importer in graph.modules:
        if ".tests." in importer or importer.endswith(".conftest"):
            continue  # tests look behind the doors
        for imported in graph.find_modules_directly_imported_by(importer):
            match imported.split("."):
                case ["fenming", "modules", module, room, *_] if room not in DOORS:
                    if not importer.startswith(f"fenming.modules.{module}.") and importer != "fenming.web.urls":
                        intruders.append(f"{importer} -> {imported}")
    assert not intruders


def test_the_open_api_knows_the_modules_by_their_doors_only(graph: grimp.ImportGraph) -> None:
    inside = [one for one in graph.modules if one.startswith("fenming.api.") and ".tests" not in one]
    modules = {imported for one in inside for imported in graph.find_modules_directly_imported_by(one)}
    rooms = {one.split(".")[3] for one in modules if one.startswith("fenming.modules.")}
    assert rooms == DOORS


def test_nothing_is_called_utils_helpers_or_common(graph: grimp.ImportGraph) -> None:
    vague = {"utils", "helpers", "common", "misc"}
    assert not [module for module in graph.modules if module.rsplit(".", 1)[-1] in vague]
