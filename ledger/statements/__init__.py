"""An act becomes a signed statement: canonical bytes, schema, envelope, keyring."""
