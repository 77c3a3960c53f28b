"""Statements become one commitment: Merkle tree, signed note, checkpoint, tiles, receipt."""
