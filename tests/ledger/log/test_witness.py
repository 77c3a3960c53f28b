"""A witness answers with the numbers its specification gives; a log takes only the cosignatures it asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ledger.errors import Malformed
from ledger.log.checkpoint import Checkpoint, cosign, open_checkpoint, sign_checkpoint
from ledger.log.keys import Ed25519Cosigner, SignatureInvalid
from ledger.log.merkle import EMPTY_ROOT, Frontier, memory_nodes, prove_consistency
from ledger.log.note import Signature, SignedNote
from ledger.log.witness import (
    PROOF_LINES_MAX,
    REQUEST_BYTES_MAX,
    SIZE_CONTENT_TYPE,
    Accepted,
    AddCheckpoint,
    CosignatureMissing,
    Refused,
    add_cosignatures,
    decide,
    parse_known_size,
)
from tests.ledger.log.logs import (
    ALL_KEYS,
    LOG_KEY,
    LOG_SIGNER,
    ORIGIN,
    WITNESS,
    WITNESS_KEY,
    WITNESS_PQ,
    WITNESS_PQ_KEY,
    WITNESS_SIGNER,
    checkpoint,
    ed25519_private,
    flips,
    leaves,
    signed,
    vector,
)

LOGS = {ORIGIN: (LOG_KEY,)}
READ = memory_nodes(leaves(64))


def request(old, new, note=None, proof=None):
    made = prove_consistency(old, new, READ) if proof is None else proof
    return AddCheckpoint(old, made, note or signed(new)).format()


def at(size):
    return {ORIGIN: checkpoint(size)}


def test_the_known_request_is_read_and_written():
    known = vector("add-checkpoint-3-to-8.txt")
    parsed = AddCheckpoint.parse(known)
    assert (parsed.old_size, len(parsed.proof)) == (3, 4)
    assert parsed.format() == known


@pytest.mark.parametrize("old", range(34))
def test_every_extension_is_accepted_and_names_what_it_replaces(old):
    for new in (old, old + 1, 33, 40):
        if new >= old:
            accepted = decide(request(old, new), LOGS, at(old) if old else {})
            assert isinstance(accepted, Accepted)
            assert accepted.status == 200
            assert accepted.checkpoint.checkpoint == checkpoint(new)
            assert accepted.replaces == (checkpoint(old) if old else None)


def refusal(asked, accepted=None, logs=LOGS):
    answer = decide(asked, logs, at(10) if accepted is None else accepted)
    assert isinstance(answer, Refused)
    return answer


def test_400_what_is_no_request_or_goes_backwards():
    assert refusal(b"").status == 400
    assert refusal(b"old 010\n\n" + signed(20)).status == 400
    assert refusal(request(20, 30).replace(b"old 20", b"old 31")).status == 400


def test_404_an_unknown_log():
    assert refusal(request(10, 20), logs={"log.example/other": (LOG_KEY,)}).status == 404


def test_403_no_signature_or_a_false_one_by_the_log():
    assert refusal(request(10, 20), logs={ORIGIN: ()}).status == 403
    assert refusal(request(10, 20), logs={ORIGIN: (WITNESS_KEY,)}).status == 403
    line = SignedNote.parse(signed(20)).signatures[0]
    for field in flips(line.field)[::7]:
        false = SignedNote(checkpoint(20).format(), (Signature(line.name, line.key_id, field),)).format()
        assert refusal(request(10, 20, false)).status == 403


def test_409_another_old_size_tells_the_accepted_one():
    for old, known, size in ((9, at(10), 10), (11, at(10), 10), (0, at(10), 10), (5, {}, 0)):
        answer = refusal(request(old, 20), known)
        assert (answer.status, answer.content_type) == (409, SIZE_CONTENT_TYPE)
        assert parse_known_size(answer.body) == size


def test_422_a_proof_that_does_not_verify_is_kept_as_evidence():
    proof = prove_consistency(10, 20, READ)
    other = sign_checkpoint(Checkpoint(ORIGIN, 20, checkpoint(21).root), [LOG_SIGNER])
    for asked in (
        request(10, 20, proof=proof[:-1]),
        request(10, 20, proof=(*proof, proof[0])),
        request(10, 20, note=other),
        request(10, 20, proof=()),
    ):
        answer = refusal(asked)
        assert answer.status == 422
        assert answer.evidence is not None
        assert answer.evidence.old_root == checkpoint(10).root


def test_422_two_roots_of_one_size_and_proofs_where_none_belongs():
    split = sign_checkpoint(Checkpoint(ORIGIN, 10, checkpoint(11).root), [LOG_SIGNER])
    answer = refusal(request(10, 10, note=split))
    assert answer.status == 422
    assert answer.evidence is not None
    assert (answer.evidence.old_root, answer.evidence.new_root) == (checkpoint(10).root, checkpoint(11).root)
    assert refusal(request(0, 20, proof=(EMPTY_ROOT,)), {}).status == 422
    false_empty = sign_checkpoint(Checkpoint(ORIGIN, 0, checkpoint(1).root), [LOG_SIGNER])
    assert refusal(request(0, 0, note=false_empty), {}).status == 422


class WitnessHistory(RuleBasedStateMachine):
    """Whatever two logs of one key ask in whatever order, the accepted checkpoints are of one history."""

    def __init__(self):
        super().__init__()
        fork = leaves(64)
        fork[20] = fork[0]
        self.reads = (READ, memory_nodes(fork))
        self.accepted = {}
        self.history = []

    @rule(branch=st.integers(0, 1), old=st.integers(0, 30), step=st.integers(0, 30), guess=st.booleans())
    def ask(self, branch, old, step, guess):
        read = self.reads[branch]
        if not guess and ORIGIN in self.accepted:
            old = self.accepted[ORIGIN].size
        new = min(64, old + step)
        root = EMPTY_ROOT if new == 0 else root_of(new, read)
        note = sign_checkpoint(Checkpoint(ORIGIN, new, root), [LOG_SIGNER])
        answer = decide(request(old, new, note, prove_consistency(old, new, read)), LOGS, self.accepted)
        if isinstance(answer, Accepted):
            self.accepted = {ORIGIN: answer.checkpoint.checkpoint}
            self.history.append(answer.checkpoint.checkpoint)

    @invariant()
    def one_history(self):
        sizes = [seen.size for seen in self.history]
        assert sizes == sorted(sizes)
        forked = {self.reads.index(read) for seen in self.history if seen.size > 20 for read in self.reads
                  if root_of(seen.size, read) == seen.root}  # fmt: skip
        assert len(forked) <= 1


def root_of(size, read):
    return Frontier.read(size, read).root()


TestWitnessHistory = WitnessHistory.TestCase


@pytest.mark.parametrize(
    "text",
    [
        "", "old 3\n", "old -3\n\n", "old 03\n\n", "old 3 \n\n", "Old 3\n\n", "old\n\n", f"old {2**63}\n\n",
        "old 3\nAAAA\n\n", "old 3\n" + "A" * 43 + "\n\n", "old 3\nold 3\n\n", "\nold 3\n\n",
        "old 3\n" + ("A" * 43 + "=\n") * (PROOF_LINES_MAX + 1) + "\n",
    ],
)  # fmt: skip
def test_a_request_spelled_otherwise_is_malformed(text):
    with pytest.raises(Malformed):
        AddCheckpoint.parse(text.encode() + signed(8))


def test_a_request_beyond_its_limits_is_malformed():
    with pytest.raises(Malformed, match="more than"):
        AddCheckpoint.parse(b"\xff" * (REQUEST_BYTES_MAX + 1))
    with pytest.raises(Malformed, match="at most 63"):
        AddCheckpoint(0, (bytes(32),) * 64, signed(1))
    with pytest.raises(Malformed, match="not a tree size"):
        AddCheckpoint(-1, (), signed(1))
    most = AddCheckpoint(1, (bytes(32),) * PROOF_LINES_MAX, signed(1))
    assert AddCheckpoint.parse(most.format()) == most


@given(st.binary(max_size=100) | st.text(alphabet="old 0123456789\n=A—", max_size=60).map(str.encode))
def test_a_witness_answers_400_to_any_bytes(raw):
    assert refusal(raw).status == 400


def opened(size=10):
    return open_checkpoint(signed(size), [LOG_KEY])


def test_an_accepted_checkpoint_s_answer_is_taken_by_the_log():
    accepted = decide(request(10, 20), LOGS, at(10))
    assert isinstance(accepted, Accepted)
    response = accepted.answer([WITNESS_SIGNER, WITNESS_PQ], 1_700_000_000)
    cosigned = add_cosignatures(opened(20), response, [WITNESS_KEY, WITNESS_PQ_KEY])
    assert [(signature.key, signature.time) for signature in cosigned.cosignatures] == [
        (WITNESS_KEY, 1_700_000_000),
        (WITNESS_PQ_KEY, 1_700_000_000),
    ]
    assert open_checkpoint(cosigned.note, ALL_KEYS).cosignatures == cosigned.cosignatures


def test_a_later_cosignature_replaces_the_same_witness_s_earlier_one():
    once = add_cosignatures(opened(), answer_of(WITNESS_SIGNER, 5), [WITNESS_KEY])
    twice = add_cosignatures(once, answer_of(WITNESS_SIGNER, 6), [WITNESS_KEY])
    assert [signature.time for signature in twice.cosignatures] == [6]
    assert open_checkpoint(twice.note, ALL_KEYS) == twice


def answer_of(cosigner, time, size=10):
    return Accepted(opened(size), None).answer([cosigner], time)


def test_lines_of_unknown_keys_are_not_taken():
    stranger = Ed25519Cosigner("stranger.example", ed25519_private("stranger"))
    response = answer_of(stranger, 5) + answer_of(WITNESS_SIGNER, 5)
    cosigned = add_cosignatures(opened(), response, [WITNESS_KEY])
    assert b"stranger" not in cosigned.note
    with pytest.raises(CosignatureMissing) as refused:
        add_cosignatures(opened(), answer_of(stranger, 5), [WITNESS_KEY])
    assert refused.value.response == answer_of(stranger, 5)


def test_a_cosignature_of_another_checkpoint_or_without_a_time_is_not_taken():
    with pytest.raises(SignatureInvalid):
        add_cosignatures(opened(), answer_of(WITNESS_SIGNER, 5, size=11), [WITNESS_KEY])
    timeless = Signature.by(WITNESS_PQ_KEY, WITNESS_PQ.cosign(checkpoint(10).format(), 0)).format().encode()
    with pytest.raises(CosignatureMissing, match="time"):
        add_cosignatures(opened(), timeless, [WITNESS_PQ_KEY])


@pytest.mark.parametrize("response", [b"", b"\n", "— witness.example/w1 AAAA".encode(), b"<html>", b"\xff\n"])
def test_a_response_that_is_no_signature_lines_is_malformed(response):
    with pytest.raises(Malformed):
        add_cosignatures(opened(), response, [WITNESS_KEY])


@pytest.mark.parametrize("body", [b"", b"8", b"08\n", b"-8\n", b"8\n\n", b"8\r\n", b"\xff\n", b"1" * 40 + b"\n"])
def test_a_known_size_spelled_otherwise_is_malformed(body):
    with pytest.raises(Malformed):
        parse_known_size(body)


def test_an_earlier_cosignature_stays_when_another_witness_is_added():
    cosigned = open_checkpoint(cosign(opened(), WITNESS_PQ, 4), ALL_KEYS)
    both = add_cosignatures(cosigned, answer_of(WITNESS_SIGNER, 5), [WITNESS_KEY])
    assert [signature.key for signature in both.cosignatures] == [WITNESS_PQ_KEY, WITNESS_KEY]
    assert both.note.decode().count(f"— {WITNESS} ") == 2
