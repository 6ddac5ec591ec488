#!/bin/sh
# The role that serves the shop: it may read and write rows, and make nothing. Run once by the role that runs `qiangke migrate`, which
# owns the tables and has CREATEROLE; what it makes later the shop's role may use, too. Again, it only sets the password anew. Needs psql 15
# or later (\getenv); the server may be PostgreSQL 13 or later. Before 15 the schema public belongs to the superuser, and the owner can take
# no right away there: run `alter schema public owner to OWNER` as the superuser first.
#
#   PGHOST=… PGUSER=owner PGPASSWORD=… PGDATABASE=qiangke SHOP_PASSWORD=… deploy/postgres-roles.sh
#
# PostgreSQL's image runs it by itself when its volume is empty (compose.yaml). The password comes from the environment, since others
# see what stands in a command.
set -eu
export SHOP_ROLE="${SHOP_ROLE:-shop}" SHOP_PASSWORD
export PGUSER="${PGUSER:-${POSTGRES_USER:-}}" PGDATABASE="${PGDATABASE:-${POSTGRES_DB:-}}"
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 <<'SQL'
\getenv role SHOP_ROLE
\getenv password SHOP_PASSWORD
select format('create role %I', :'role') where not exists (select from pg_roles where rolname = :'role') \gexec
alter role :"role" login password :'password';
-- Before PostgreSQL 15 everybody could make tables there, and a database that was upgraded still lets them.
revoke create on schema public from public;
grant usage on schema public to :"role";
grant select, insert, update, delete on all tables in schema public to :"role";
grant usage, update on all sequences in schema public to :"role";
alter default privileges in schema public grant select, insert, update, delete on tables to :"role";
alter default privileges in schema public grant usage, update on sequences to :"role";
SQL
