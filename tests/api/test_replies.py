"""Answers are spelled as the standard library would spell them, in the order they were made."""

import json

from api.replies import as_json
from domain.identifiers import Forum, StatementId


def test_an_answer_is_the_json_that_any_writer_would_make():
    told = {
        "z": [1, 2**53 - 1, True, None, (), 'ü — „quoted“ " \\ / \n\t\x00\x7f \u2028 😀'],
        "statements": {StatementId("sha256:00"): {"forum": Forum("DE")}},
        "a": {},
    }
    answer = as_json(told, 201, {"ETag": '"7"'})
    assert json.loads(bytes(answer.body)) == json.loads(json.dumps(told))
    assert bytes(answer.body).decode() == json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    assert (answer.status_code, answer.headers["etag"], answer.media_type) == (201, '"7"', "application/json")
