-- A person can be erased: what they bought stays, without them. And a student sees where they are signed in.

-- 8< this engine's way: what the table is to be without is taken out of it, so that rights and numbers stay as they are.
alter table student
    alter column mobile drop not null, -- null: the person was erased
    add column erased_at bigint,
    add constraint student_erased_nameless check ((mobile is null) = (erased_at is not null));
-- >8

-- Who signed in with a session; null in rows of servers of the version before, which are found by their data.
alter table session add column student_id bigint;
create index session_by_student on session (student_id, expires_at);
-- 8< this engine's way: its operators for JSON.
update session set student_id = (convert_from(data, 'UTF8')::jsonb #>> '{me,id}')::bigint where data like '{%';
-- >8

-- Students whose sessions were ended by somebody else than their own sign-out, so that every server drops its copies of them. The
-- version is that of session_version when it was written.
create table session_end (
    student_id bigint not null, -- 0: everybody's
    version    bigint not null,
    ended_at   bigint not null, -- swept an hour later
    constraint session_end_pkey primary key (student_id)
);
create table session_version (
    id      bigint primary key constraint session_version_single check (id = 1),
    version bigint not null
);
insert into session_version (id, version) values (1, 0);

-- Lost tickets of sales long over are swept by this.
create index ticket_lost on ticket (sale_id) where state = 2;

-- Jobs that ended are swept by this, as those that were started are by job_started.
create index job_ended on job (updated_at) where state in (2, 3);

-- Not used since 0007_sign_in: they held mobiles and addresses in clear.
drop table sms_code;
drop table sms_request;
