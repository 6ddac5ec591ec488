-- Jobs of any kind: the payload is JSON, a job is due at a moment, its tries are counted, and the program alone says which kinds there
-- are. Servers of the version before go on beside this one's: what they insert is due at once and started once at most, and its payload
-- of the form before can still be read, so that no row is rewritten.

-- 8< this engine's way: SQLite can't take a constraint out of a table, so that the table is made anew with the same rows.
create table job_with_due (
    id         integer primary key,
    kind       text   not null,
    payload    text   not null,           -- JSON of the kind; empty once the job ended
    state      bigint not null constraint job_state_known check (state in (0, 1, 2, 3)),
    created_at bigint not null,
    updated_at bigint not null,
    note       text,                      -- why its last try failed
    due_at     bigint not null default 0, -- not claimed before; 0: at once, whatever the clock says
    tries      bigint not null default 0, -- how often it was started
    tries_max  bigint not null default 1  -- how often it may be
);
insert into job_with_due (id, kind, payload, state, created_at, updated_at, note)
select id, kind, payload, state, created_at, updated_at, note from job;
drop table job;
alter table job_with_due rename to job;
create index job_started on job (updated_at) where state = 1;
create index job_ended on job (updated_at) where state in (2, 3);
-- >8

-- What is claimed next; this takes the place of job_queued.
create index job_due on job (due_at, id) where state = 0;
