"""Every tree to 64 leaves, every proof, every hash flipped; RFC 6962's test leaves; pymerkle as the second opinion."""

import hashlib
import itertools

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.log.merkle import (
    EMPTY_ROOT,
    SIZE_MAX,
    ConsistencyInvalid,
    Frontier,
    InclusionInvalid,
    TileHashes,
    VerifiedConsistency,
    VerifiedInclusion,
    leaf_hash,
    memory_nodes,
    node_hash,
    prove_appended,
    prove_consistency,
    prove_inclusion,
    subtree_root,
    verify_consistency,
    verify_inclusion,
)
from tests.ledger.log.logs import entries, flips, json_vector, leaves

SIZES = range(65)
LEAVES = leaves(64)
READ = memory_nodes(LEAVES)
ROOTS = [Frontier().extend(LEAVES[:size]).root() for size in SIZES]


@pytest.fixture(scope="module")
def oracle():
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in entries(64):
        tree.append_entry(entry)
    return tree


def test_the_classic_test_leaves_have_the_known_roots_and_proofs():
    known = json_vector("rfc6962-eight-leaves.json")
    classic = [leaf_hash(bytes.fromhex(entry)) for entry in known["leaves"]]
    read = memory_nodes(classic)
    roots = [Frontier().extend(classic[:size]).root() for size in range(9)]
    assert [root.hex() for root in roots] == known["roots"]
    assert roots[0] == EMPTY_ROOT
    for case in known["inclusion"]:
        proof = prove_inclusion(case["index"], case["size"], read)
        assert [part.hex() for part in proof] == case["proof"]
        verify_inclusion(classic[case["index"]], case["index"], case["size"], proof, roots[case["size"]])
    for case in known["consistency"]:
        proof = prove_consistency(case["old_size"], case["new_size"], read)
        assert [part.hex() for part in proof] == case["proof"]
        verify_consistency(case["old_size"], roots[case["old_size"]], case["new_size"], roots[case["new_size"]], proof)


@pytest.mark.parametrize("size", range(1, 65))
def test_roots_and_inclusion_proofs_agree_with_pymerkle(oracle, size):
    assert oracle.get_root(size) == ROOTS[size]
    for index in range(size):
        theirs = oracle.prove_inclusion(index + 1, size)
        assert [LEAVES[index], *prove_inclusion(index, size, READ)] == theirs.path
        pymerkle.verify_inclusion(LEAVES[index], ROOTS[size], theirs)


def rfc_6962_subproof(old, start, stop, whole):
    """SUBPROOF of RFC 6962 section 2.1.2, word for word."""
    width = stop - start
    if old == width:
        return [] if whole else [rfc_6962_root(start, stop)]
    split = max(1 << power for power in range(7) if 1 << power < width)
    if old <= split:
        return [*rfc_6962_subproof(old, start, start + split, whole), rfc_6962_root(start + split, stop)]
    return [*rfc_6962_subproof(old - split, start + split, stop, False), rfc_6962_root(start, start + split)]


def rfc_6962_root(start, stop):
    if stop - start == 1:
        return LEAVES[start]
    split = max(1 << power for power in range(7) if 1 << power < stop - start)
    left, right = rfc_6962_root(start, start + split), rfc_6962_root(start + split, stop)
    return hashlib.sha256(b"\x01" + left + right).digest()


def test_consistency_proofs_are_those_of_the_recursive_definition_and_pymerkle_finds_the_same_trees(oracle):
    for old, new in itertools.combinations(range(1, 65), 2):
        assert list(prove_consistency(old, new, READ)) == rfc_6962_subproof(old, 0, new, True)
        pymerkle.verify_consistency(ROOTS[old], ROOTS[new], oracle.prove_consistency(old, new))


@pytest.mark.parametrize("size", range(1, 65))
def test_every_inclusion_proof_verifies_and_none_with_a_hash_changed(size):
    for index in range(size):
        proof = prove_inclusion(index, size, READ)
        verified = verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
        assert verified == VerifiedInclusion(LEAVES[index], index, size, ROOTS[size])
        mutants = [
            (LEAVES[index], (*proof[:at], flipped(proof[at]), *proof[at + 1 :]), ROOTS[size])
            for at in range(len(proof))
        ]
        mutants += [(flipped(LEAVES[index]), proof, ROOTS[size]), (LEAVES[index], proof, flipped(ROOTS[size]))]
        mutants += [
            (LEAVES[index], (*proof, LEAVES[0]), ROOTS[size]),
            (LEAVES[index], (LEAVES[0], *proof), ROOTS[size]),
        ]
        if proof:
            mutants += [(LEAVES[index], proof[:-1], ROOTS[size]), (LEAVES[index], proof[1:], ROOTS[size])]
        for leaf, mutant, root in mutants:
            with pytest.raises(InclusionInvalid) as refused:
                verify_inclusion(leaf, index, size, mutant, root)
            assert (refused.value.leaf, refused.value.proof, refused.value.root) == (leaf, tuple(mutant), root)


@pytest.mark.parametrize("size", range(1, 65))
def test_an_inclusion_proof_shows_no_other_index(size):
    for index in range(size):
        proof = prove_inclusion(index, size, READ)
        for other in range(-1, size + 1):
            if other != index:
                with pytest.raises(InclusionInvalid):
                    verify_inclusion(LEAVES[index], other, size, proof, ROOTS[size])


@pytest.mark.parametrize("new", range(65))
def test_every_consistency_proof_verifies_and_none_with_a_hash_changed(new):
    for old in range(new + 1):
        proof = prove_consistency(old, new, READ)
        verified = verify_consistency(old, ROOTS[old], new, ROOTS[new], proof)
        assert verified == VerifiedConsistency(old, ROOTS[old], new, ROOTS[new])
        mutants = [
            (ROOTS[old], ROOTS[new], (*proof[:at], flipped(proof[at]), *proof[at + 1 :])) for at in range(len(proof))
        ]
        mutants += [(flipped(ROOTS[old]), ROOTS[new], proof), (ROOTS[old], ROOTS[new], (*proof, LEAVES[0]))]
        if old:
            mutants += [(ROOTS[old], flipped(ROOTS[new]), proof)]
        if proof:
            mutants += [(ROOTS[old], ROOTS[new], proof[:-1]), (ROOTS[old], ROOTS[new], proof[1:])]
        for old_root, new_root, mutant in mutants:
            with pytest.raises(ConsistencyInvalid) as refused:
                verify_consistency(old, old_root, new, new_root, mutant)
            assert (refused.value.old_root, refused.value.new_root) == (old_root, new_root)


def flipped(value):
    return flips(value)[7]


def test_a_proof_is_refused_for_its_length_before_its_root():
    proof = prove_inclusion(5, 9, READ)
    for wrong, why in (((*proof, LEAVES[0]), "too long"), (proof[:-1], "too short")):
        with pytest.raises(InclusionInvalid, match=why):
            verify_inclusion(LEAVES[5], 5, 9, wrong, ROOTS[9])
    proof = prove_consistency(5, 9, READ)
    for wrong, why in (((*proof, LEAVES[0]), "too long"), (proof[:-1], "too short"), ((), "too short")):
        with pytest.raises(ConsistencyInvalid, match=why):
            verify_consistency(5, ROOTS[5], 9, ROOTS[9], wrong)


def test_every_bit_of_a_proof_counts():
    proof = prove_inclusion(37, 61, READ)
    for at, part in enumerate(proof):
        for changed in flips(part):
            with pytest.raises(InclusionInvalid):
                verify_inclusion(LEAVES[37], 37, 61, (*proof[:at], changed, *proof[at + 1 :]), ROOTS[61])


def test_two_histories_of_one_size_are_told_apart_with_both_roots():
    with pytest.raises(ConsistencyInvalid, match="two roots of one size") as refused:
        verify_consistency(7, ROOTS[7], 7, ROOTS[8], ())
    assert (refused.value.old_root, refused.value.new_root) == (ROOTS[7], ROOTS[8])


def test_an_empty_tree_has_one_root():
    with pytest.raises(ConsistencyInvalid, match="empty tree"):
        verify_consistency(0, ROOTS[1], 5, ROOTS[5], ())
    with pytest.raises(ConsistencyInvalid, match="empty tree"):
        verify_consistency(0, EMPTY_ROOT, 0, ROOTS[1], ())


@pytest.mark.parametrize(("old", "new"), [(5, 4), (-1, 4), (4, SIZE_MAX + 1)])
def test_sizes_that_are_no_tree_and_its_extension_are_refused(old, new):
    with pytest.raises(ConsistencyInvalid, match="sizes"):
        verify_consistency(old, ROOTS[4], new, ROOTS[5], ())
    with pytest.raises(Malformed):
        prove_consistency(old, new, READ)


@pytest.mark.parametrize("wrong", [b"", b"x" * 31, b"x" * 33])
def test_hashes_of_another_length_are_refused(wrong):
    proof = prove_inclusion(1, 3, READ)
    with pytest.raises(InclusionInvalid, match="32 bytes"):
        verify_inclusion(wrong, 1, 3, proof, ROOTS[3])
    with pytest.raises(InclusionInvalid, match="32 bytes"):
        verify_inclusion(LEAVES[1], 1, 3, (proof[0], wrong), ROOTS[3])
    with pytest.raises(ConsistencyInvalid, match="32 bytes"):
        verify_consistency(1, ROOTS[1], 3, wrong, ())
    with pytest.raises(Malformed):
        Frontier().append(wrong)


def test_a_leaf_cannot_pass_for_a_node():
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node_hash(LEAVES[0], LEAVES[1])


def test_a_frontier_appends_one_by_one_as_all_at_once():
    grown = Frontier()
    for size in SIZES[1:]:
        grown = grown.append(LEAVES[size - 1])
        assert grown == Frontier().extend(LEAVES[:size]) == Frontier.read(size, READ)
        assert len(grown.peaks) == size.bit_count()


@given(st.integers(0, 64))
def test_a_frontier_survives_storage(size):
    frontier = Frontier().extend(LEAVES[:size])
    assert Frontier.parse(frontier.to_bytes()) == frontier


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frontier_or_malformed(stored):
    try:
        assert Frontier.parse(stored).to_bytes() == stored
    except Malformed:
        return


@pytest.mark.parametrize(
    "stored",
    [b"", bytes(7), bytes(8) + bytes(32), (1).to_bytes(8, "big"), (1).to_bytes(8, "big") + bytes(31), b"\xff" * 8],
)
def test_a_frontier_with_peaks_missing_or_too_many_is_malformed(stored):
    with pytest.raises(Malformed):
        Frontier.parse(stored)


def test_a_subtree_is_complete_or_refused():
    assert subtree_root(LEAVES[:4]) == ROOTS[4]
    for width in (0, 3, 5):
        with pytest.raises(Malformed):
            subtree_root(LEAVES[:width])


class Tiles:
    """Tiles of a tree of 70,000 leaves, cut from the full lists of hashes; counts what is read."""

    def __init__(self, size):
        rows = [leaves(size)]
        while len(rows[-1]) >= 256:
            row = rows[-1]
            rows.append([subtree_root(row[at : at + 256]) for at in range(0, len(row) - 255, 256)])
        self.rows = rows
        self.asked = []

    def __call__(self, level, index, width, /):
        self.asked.append((level, index, width))
        return b"".join(self.rows[level][index * 256 : index * 256 + width])


@pytest.fixture(scope="module")
def tiles():
    return Tiles(70_000)


def test_proofs_from_tiles_equal_proofs_from_leaves_and_read_each_tile_once(tiles):
    size = 70_000
    frontier = Frontier().extend(tiles.rows[0])
    assert Frontier.read(size, TileHashes(size, tiles)) == frontier
    for index in (0, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999):
        tiles.asked.clear()
        proof = prove_inclusion(index, size, TileHashes(size, tiles))
        verify_inclusion(tiles.rows[0][index], index, size, proof, frontier.root())
        assert len(tiles.asked) == len(set(tiles.asked)) <= 5
    for old in (1, 255, 256, 257, 65_536, 65_537, 69_888, 69_999):
        proof = prove_consistency(old, size, TileHashes(size, tiles))
        old_root = Frontier().extend(tiles.rows[0][:old]).root()
        verify_consistency(old, old_root, size, frontier.root(), proof)


def test_tiles_are_asked_for_in_the_width_they_have_at_that_size(tiles):
    tiles.asked.clear()
    Frontier.read(70_000, TileHashes(70_000, tiles))
    assert set(tiles.asked) == {(2, 0, 1), (1, 1, 17), (0, 273, 112)}


def test_a_tile_of_another_width_or_a_node_outside_the_tree_is_malformed():
    with pytest.raises(Malformed, match="holds 1 hashes where 3"):
        TileHashes(3, lambda level, index, width: LEAVES[0])(0, 0)
    for level, index in ((0, 3), (2, 0), (-1, 0), (0, -1)):
        with pytest.raises(Malformed, match="no complete subtree"):
            TileHashes(3, lambda level, index, width: b"".join(LEAVES[:3]))(level, index)
        with pytest.raises(Malformed, match="no complete subtree"):
            memory_nodes(LEAVES[:3])(level, index)


def test_a_lying_tile_makes_a_proof_that_does_not_verify(tiles):
    lie = hashlib.sha256(b"lie").digest()

    def lying(level, index, width):
        return lie + tiles(level, index, width)[32:]

    root = Frontier().extend(tiles.rows[0]).root()
    proof = prove_inclusion(69_999, 70_000, TileHashes(70_000, lying))
    with pytest.raises(InclusionInvalid):
        verify_inclusion(tiles.rows[0][69_999], 69_999, 70_000, proof, root)


@given(st.integers(0, 2**64), st.integers(0, 2**64), st.lists(st.binary(min_size=32, max_size=32), max_size=70))
def test_verification_of_anything_returns_or_raises_its_own_error(index, size, proof):
    for attempt, error in (
        (lambda: verify_inclusion(LEAVES[0], index, size, proof, ROOTS[9]), InclusionInvalid),
        (lambda: verify_consistency(index, ROOTS[3], size, ROOTS[9], proof), ConsistencyInvalid),
    ):
        with pytest.raises(error):
            attempt()


def test_the_paths_of_leaves_just_appended_are_those_of_the_tree():
    for size in range(1, 65):
        leaves = [leaf_hash(bytes([n])) for n in range(size)]
        nodes = memory_nodes(leaves)
        for before in range(size + 1):
            made = prove_appended(Frontier().extend(leaves[:before]), leaves[before:])
            assert made == [prove_inclusion(n, size, nodes) for n in range(before, size)]


def test_the_paths_of_a_batch_at_the_end_of_a_long_log():
    leaves = [leaf_hash(n.to_bytes(4, "big")) for n in range(70_000)]
    before = Frontier().extend(leaves[:69_937])
    root = before.extend(leaves[69_937:]).root()
    for n, path in enumerate(prove_appended(before, leaves[69_937:]), 69_937):
        verify_inclusion(leaves[n], n, 70_000, path, root)
