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

-- 8< this engine's way: what the table is to be without is taken out of it, so that rights and numbers stay as they are.
alter table orders
    add column ended_at   bigint, -- null: the order is live, and holds its seat
    add column end_reason text,   -- why it ended, in the operator's words
    add constraint orders_end_whole check ((ended_at is null) = (end_reason is null)),
    drop constraint orders_student_unique,
    drop constraint orders_seat_unique;
-- >8

-- One live order for each student of a sale, and for each of its seats.
create unique index orders_student_unique on orders (sale_id, student_id) where ended_at is null;
create unique index orders_seat_unique on orders (sale_id, seat) where ended_at is null;
