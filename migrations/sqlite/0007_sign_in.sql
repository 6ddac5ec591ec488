-- A code that a browser waits for. Several browsers may wait for codes of one mobile, each with tries of its own. This takes the place
-- of sms_code, which stays for servers of the version before, and is dropped by a later migration.
create table sign_in_code (
    mobile     text   not null, -- eleven digits
    browser    blob   not null, -- SHA-256 of the token that the browser holds
    nonce      blob   not null, -- the code is HMAC(key, mobile, nonce) mod 10^6
    expires_at bigint not null,
    tries_left bigint not null,
    constraint sign_in_code_one_each primary key (mobile, browser)
);
create index sign_in_code_by_expiry on sign_in_code (expires_at);

-- How often something was used up in a window of time: codes of a mobile, an address, a network, the shop; a proof of work. This takes
-- the place of sms_request, which stays, unused, for servers of the version before.
create table sms_counter (
    key     text   primary key, -- what is counted, in which window; a hash stands for mobiles and addresses
    count   bigint not null,
    ends_at bigint not null     -- the window's end: swept after it
);
create index sms_counter_by_end on sms_counter (ends_at);

-- Networks that a student signed in from: what strangers use up elsewhere is not missed there.
create table student_network (
    student_id bigint not null,
    network    text   not null, -- a hash of student and network
    used_at    bigint not null, -- the last sign-in from it: swept half a year later
    constraint student_network_one_each primary key (student_id, network)
);
create index student_network_by_use on student_network (used_at);

-- The day's budget of SMS codes, when an operator set another one than the servers' setting. At most one row.
create table sms_budget (
    id    integer primary key constraint sms_budget_single check (id = 1),
    codes bigint not null, -- in a day
    until bigint           -- the first moment at which it does not hold any more; null: until it is changed
);

-- What an SMS was about is nobody's business once it was sent: what ends from here on loses its mobile at its end.
update job set payload = '' where state in (2, 3);
-- Jobs of a server that died are found by this.
create index job_started on job (updated_at) where state = 1;
