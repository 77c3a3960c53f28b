"""The law: pure functions from recorded acts to what stands. No I/O, clock, randomness or framework."""
