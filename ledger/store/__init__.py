"""The durable log: tables, recorder, mapper, factory."""
