-- The keys of ticket ids, codes and challenges: the newest that `signs` signs, and all of them verify, so that one can take another's
-- place. A new key only verifies until every server knows it. `qiangke migrate` makes the first one, `qiangke key` the others.
create table signer_key (
    id         bigint  primary key,              -- the key's number, given once: a code's nonce names it
    secret     bytea  not null,
    signs      boolean not null default true,    -- false: it only verifies yet
    created_at bigint  not null default 0        -- for people; 0: by the first `migrate`, or by an earlier version
);
insert into signer_key (id, secret) select id, secret from signing_key;
-- Servers of an earlier version read it at start only.
drop table signing_key;
