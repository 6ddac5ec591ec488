-- Jobs of any kind: the payload is JSON, a job is due at a moment, its tries are counted, and the program alone says which kinds there
-- are. Servers of the version before go on beside this one's: what they insert is due at once and started once at most, and its payload
-- of the form before can still be read, so that no row is rewritten.

-- 8< this engine's way: what the table is to be without is taken out of it, so that rights and numbers stay as they are.
alter table job
    drop constraint job_kind_known,
    add column due_at    bigint not null default 0, -- not claimed before; 0: at once, whatever the clock says
    add column tries     bigint not null default 0, -- how often it was started
    add column tries_max bigint not null default 1; -- how often it may be
drop index job_queued;
-- >8

-- What is claimed next; this takes the place of job_queued.
create index job_due on job (due_at, id) where state = 0;
