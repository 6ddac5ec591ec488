create table student (
    id           integer primary key,
    mobile       text   not null constraint student_mobile_unique unique, -- eleven digits
    created_time bigint not null
);

create table session (
    id         text   primary key,
    data       blob   not null,
    expires_at bigint not null
);
create index session_by_expiry on session (expires_at);

-- The live code of a mobile: only a nonce is stored, the code is HMAC(key, mobile, nonce) mod 10^6.
create table sms_code (
    mobile     text   primary key,
    nonce      blob   not null,
    expires_at bigint not null,
    tries_left bigint not null
);

-- Every SMS that was asked for, for the limits; older than a day: swept.
create table sms_request (
    id         integer primary key,
    mobile     text   not null,
    address    text   not null, -- the asker's IP address
    created_at bigint not null
);
create index sms_request_by_mobile on sms_request (mobile, created_at);
create index sms_request_by_address on sms_request (address, created_at);
create index sms_request_by_time on sms_request (created_at);

-- The key that signs ticket ids and codes. One row, made by `qiangke migrate`.
create table signing_key (
    id     integer primary key constraint signing_key_single check (id = 1),
    secret blob    not null
);
