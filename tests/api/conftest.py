"""One small server for the tests of a module that only ask, or that add without disturbing others."""

import pytest

from tests.api.demonstrations import imported
from tests.api.servers import served


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with served(tmp_path_factory.mktemp("api")) as found:
        yield found


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    with imported(tmp_path_factory.mktemp("demo")) as found:
        yield found
