-- A seat that was won is held for a while: paid in that time it becomes the right to study the course, else it is given again. A course
-- can be bought without a sale, too: then there is no ticket and no seat.

-- Seconds for which a seat of the sale is held; 0: there is nothing to pay.
alter table sale add column hold_s bigint not null default 900
    constraint sale_hold_known check (hold_s >= 0 and (price_fen = 0 or hold_s > 0));

-- state: 0 held, 1 closing (its hold ended, and its payments are being closed), 2 paid; ended: 3 expired, 4 cancelled, 5 refunding,
-- 6 refunded. An order is live, and holds its seat, while it has not ended.
-- 8< this engine's way: SQLite can't let a column be null that was not, so that the table is made anew with the same rows.
create table orders_with_state (
    id           integer primary key,
    ticket_id    blob constraint orders_ticket_unique unique,
    sale_id      bigint,
    student_id   bigint not null,
    course_id    bigint not null,
    price_fen    bigint not null,
    seat         bigint,                    -- from 1
    created_at   bigint not null,
    ended_at     bigint,                    -- null: the order is live, and holds its seat
    end_reason   text,                      -- why it ended
    state        bigint not null default 2, -- of a server of the version before: it has nothing to pay
    expires_at   bigint,                    -- when the hold ends; null: there is none
    cancelled_at bigint,                    -- when the student or an operator gave a hold back
    cancel_reason text,                     -- why
    paid_at      bigint,
    constraint orders_end_whole check ((ended_at is null) = (end_reason is null)),
    constraint orders_sale_whole check ((sale_id is null) = (ticket_id is null) and (sale_id is null) = (seat is null)),
    constraint orders_state_known check (state between 0 and 6),
    constraint orders_hold_whole check (state not in (0, 1) or expires_at is not null)
);
insert into orders_with_state (id, ticket_id, sale_id, student_id, course_id, price_fen, seat, created_at, ended_at, end_reason)
select id, ticket_id, sale_id, student_id, course_id, price_fen, seat, created_at, ended_at, end_reason from orders;
drop table orders;
alter table orders_with_state rename to orders;
create index orders_by_student on orders (student_id, created_at);
create unique index orders_student_unique on orders (sale_id, student_id) where ended_at is null;
create unique index orders_seat_unique on orders (sale_id, seat) where ended_at is null;
-- >8

-- What was won before there was anything to pay stays as it is, and is paid.
update orders set state = case when ended_at is null then 2 else 4 end, paid_at = case when ended_at is null then created_at end;

-- A student buys a course once.
create unique index orders_purchase_unique on orders (student_id, course_id) where ended_at is null and sale_id is null;
-- Holds by their ends.
create index orders_hold on orders (expires_at) where state in (0, 1);
-- How many holds of a sale a student let lapse.
create index orders_lapsed on orders (sale_id, student_id) where state = 3;
-- Orders of servers of the version before, which know no states.
create index orders_unknown on orders (id) where state = 2 and (paid_at is null or ended_at is not null);

-- The right to study a course. It begins in the transaction that the order is paid in.
create table entitlement (
    id         integer primary key,
    student_id bigint not null,
    course_id  bigint not null,
    order_id   bigint not null,
    granted_at bigint not null,
    revoked_at bigint, -- null: it holds
    constraint entitlement_order_unique unique (order_id)
);
create unique index entitlement_live_unique on entitlement (student_id, course_id) where revoked_at is null;
insert into entitlement (student_id, course_id, order_id, granted_at)
select student_id, course_id, min(id), min(created_at) from orders where ended_at is null group by student_id, course_id;
