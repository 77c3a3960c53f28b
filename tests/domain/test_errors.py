"""`Malformed` says where and why."""

import copy
import pickle

from domain.errors import Malformed


def test_says_where_why_and_by_which_rule():
    error = Malformed("/effects/0/share", "the fraction is not reduced", "share.reduced")
    assert (error.where, error.why, error.rule) == ("/effects/0/share", "the fraction is not reduced", "share.reduced")
    assert str(error) == "/effects/0/share: the fraction is not reduced [share.reduced]"


def test_of_the_whole_statement_shows_only_why():
    assert str(Malformed("", "not JSON")) == "not JSON"


def test_survives_a_process_boundary():
    for error in (copy.copy(Malformed("/v", "not 1")), pickle.loads(pickle.dumps(Malformed("/v", "not 1")))):
        assert (error.where, error.why, error.rule) == ("/v", "not 1", None)
