-- Run once by Patroni, as superuser, when the cluster is made. Nobody but the owner can alter a table or a trigger, and no
-- process logs in as the owner but `control-ledger init`, `upgrade` and `grant`.
CREATE ROLE ledger_append NOLOGIN;
CREATE ROLE ledger_read NOLOGIN;
CREATE ROLE ledger_owner LOGIN PASSWORD '${owner_password}';
CREATE ROLE ledger_writer LOGIN PASSWORD '${writer_password}' IN ROLE ledger_append;
CREATE ROLE ledger_reader LOGIN PASSWORD '${reader_password}' IN ROLE ledger_read;
-- Nobody but the cluster decides how durable a commit is. (A session may still say otherwise: the ledger never does, and looks.)
CREATE DATABASE ledger OWNER ledger_owner ENCODING 'UTF8';
REVOKE ALL ON DATABASE ledger FROM PUBLIC;
GRANT CONNECT ON DATABASE ledger TO ledger_append, ledger_read;
