-- Students who may study every course for members, until a moment. An operator grants it.
create table vip (
    student_id bigint not null,
    ends_at    bigint not null,
    granted_at bigint not null,
    constraint vip_pkey primary key (student_id)
);
