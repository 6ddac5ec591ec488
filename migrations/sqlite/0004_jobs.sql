-- Durable background work, enqueued in the transaction that made it necessary.
-- state: 0 queued, 1 started (never started again: an SMS goes out at most once), 2 done, 3 failed.
create table job (
    id         integer primary key,
    kind       text   not null constraint job_kind_known check (kind in ('send_sms')),
    payload    text   not null,
    state      bigint not null constraint job_state_known check (state in (0, 1, 2, 3)),
    created_at bigint not null,
    updated_at bigint not null,
    note       text             -- why it failed
);
create index job_queued on job (id) where state = 0;
