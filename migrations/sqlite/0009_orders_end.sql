-- An order can end: its seat is given again, and its ticket stays won (100 is final), but is live no more.

-- When the order of a won ticket ended; null while it is live, and for every ticket that did not win.
alter table ticket add column released_at bigint constraint ticket_released_won check (released_at is null or state = 1);
-- A student holds at most one live ticket of a sale: one that waits, or one that won and was not released.
drop index ticket_live_unique;
create unique index ticket_live_unique on ticket (sale_id, student_id) where state in (0, 1) and released_at is null;
-- Few: what a desk must not take for tickets on their way.
create index ticket_released on ticket (sale_id, student_id) where released_at is not null;

-- Moves with each change of the sale's settings or seats from outside (pause, restock, an order's end): desks of an older version are
-- counted anew. Settlement leaves it alone.
alter table sale add column version bigint not null default 0;

-- The last desk of a sale that was put into Redis. Desks are numbered here, so that an older one that Redis comes back with is known
-- as such. A table of its own: a settlement holds the sale's row.
create table desk (
    sale_id bigint not null,
    epoch   bigint not null, -- from 1
    constraint desk_pkey primary key (sale_id)
);

-- 8< this engine's way: SQLite can't take a constraint out of a table, so that the table is made anew with the same rows.
create table orders_with_end (
    id           integer primary key,
    ticket_id    blob   not null constraint orders_ticket_unique unique,
    sale_id      bigint not null,
    student_id   bigint not null,
    course_id    bigint not null,
    price_fen    bigint not null,
    seat         bigint not null, -- from 1
    created_at   bigint not null,
    ended_at     bigint,          -- null: the order is live, and holds its seat
    end_reason   text,            -- why it ended, in the operator's words
    constraint orders_end_whole check ((ended_at is null) = (end_reason is null))
);
insert into orders_with_end (id, ticket_id, sale_id, student_id, course_id, price_fen, seat, created_at)
select id, ticket_id, sale_id, student_id, course_id, price_fen, seat, created_at from orders;
drop table orders;
alter table orders_with_end rename to orders;
create index orders_by_student on orders (student_id, created_at);
-- >8

-- One live order for each student of a sale, and for each of its seats.
create unique index orders_student_unique on orders (sale_id, student_id) where ended_at is null;
create unique index orders_seat_unique on orders (sale_id, seat) where ended_at is null;
