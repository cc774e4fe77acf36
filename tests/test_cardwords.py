"""What cards and workbooks call people: every role that a table of staff can state has a name."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from geogrid.labels import CODES
from geogrid.rows.recordtables import STAFF_ROLE
from geogrid.words import Text
from maps.cardwords import ROLES


@pytest.mark.parametrize("names", [ROLES, CODES], ids=["cards", "workbooks"])
def test_every_role_has_a_name_of_its_own(names: Mapping[str, Text]) -> None:
    assert [role for role in STAFF_ROLE if role not in names] == []
    assert len({names[role].zh for role in STAFF_ROLE}) == len({names[role].en for role in STAFF_ROLE}) == len(STAFF_ROLE)


def test_cards_name_no_role_that_nobody_can_have() -> None:
    assert set(ROLES) == set(STAFF_ROLE)
