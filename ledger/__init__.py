"""The ledger: signed statements, one Merkle log, a durable store, and the evidence drawn from them."""
