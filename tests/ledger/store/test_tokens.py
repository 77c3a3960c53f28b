"""Access tokens: hashed, scoped, revocable, on each database."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from ledger.errors import Malformed
from ledger.store.errors import StoreAbsent
from ledger.store.tables import tokens
from ledger.store.tokens import Scope, TokenStore

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def store(url):
    opened = TokenStore.open(url)
    yield opened
    opened.close()


def test_a_token_opens_its_scopes_until_it_ends(store):
    made, text = store.create("court registry", [Scope.SUBMIT], NOW, NOW + DAY)
    found = store.find(text)
    assert found == made
    assert found.allows(Scope.SUBMIT, NOW)
    assert found.allows(Scope.READ, NOW)
    assert not found.allows(Scope.SUBMIT, NOW + DAY)
    _, text = store.create("press", [Scope.READ], NOW + timedelta(seconds=1))
    assert not store.find(text).allows(Scope.SUBMIT, NOW)
    assert [token.label for token in store.all()] == ["court registry", "press"]


def test_the_database_never_holds_the_secret(store):
    _, text = store.create("registry", [Scope.SUBMIT], NOW)
    with store._datastore.reading() as connection:
        row = connection.execute(select(tokens)).one()
    stored = b"|".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    assert text.encode() not in stored
    assert text.rpartition("_")[2].encode() not in stored


def test_a_revoked_token_opens_nothing_and_keeps_its_date(store):
    made, text = store.create("registry", [Scope.SUBMIT, Scope.READ], NOW)
    store.revoke(made.id, NOW + DAY)
    again = store.revoke(made.id, NOW + 2 * DAY)
    assert again.revoked_at == NOW + DAY
    assert not store.find(text).allows(Scope.READ, NOW)


@pytest.mark.parametrize("text", ["", "clt", "clt_000000000000_" + "A" * 43, "clt_é", "x" * 10_000])
def test_any_other_text_is_no_token(store, text):
    store.create("registry", [Scope.SUBMIT], NOW)
    assert store.find(text) is None


def test_what_says_nothing_is_refused(store):
    for label, scopes, expires in (
        ("", [Scope.READ], None),
        ("a\nb", [Scope.READ], None),
        ("a", [], None),
        ("a", [Scope.READ], NOW),
    ):
        with pytest.raises(Malformed):
            store.create(label, scopes, NOW, expires)
    for name in ("000000000000", "'; --"):
        with pytest.raises(StoreAbsent):
            store.revoke(name, NOW)
