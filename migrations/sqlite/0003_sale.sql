create table sale (
    id           integer primary key,
    course_id    bigint  not null,
    price_fen    bigint  not null constraint sale_price_not_negative check (price_fen >= 0),
    stock        bigint  not null constraint sale_stock_positive check (stock > 0), -- initial and restocked
    remaining    bigint  not null constraint sale_remaining_not_negative check (remaining >= 0),
    opens_at     bigint  not null,
    closes_at    bigint  not null,
    paused       boolean not null,
    created_time bigint  not null,
    updated_time bigint  not null,
    constraint sale_window_ordered check (opens_at < closes_at)
);
create index sale_by_course on sale (course_id);

-- Every change of a sale's stock from outside: the initial seats, and each restock.
create table stock_ledger (
    id         integer primary key,
    sale_id    bigint not null,
    delta      bigint not null constraint stock_ledger_delta_positive check (delta > 0),
    reason     text   not null constraint stock_ledger_reason_known check (reason in ('initial', 'restock')),
    created_at bigint not null
);
create index stock_ledger_by_sale on stock_ledger (sale_id);

-- state: 0 waiting, 1 won, 2 lost. reason: why it was lost (seckill::Reason as a number).
create table ticket (
    id          blob   primary key, -- UUID v7, so that inserts append
    sale_id     bigint not null,
    student_id  bigint not null,
    click_key   text,               -- the client's idempotency key
    state       bigint not null constraint ticket_state_known check (state in (0, 1, 2)),
    reason      bigint,
    seat        bigint,
    accepted_at bigint not null,
    decided_at  bigint,
    constraint ticket_decided_whole check (
        (state = 0 and reason is null and seat is null and decided_at is null)
        or (state = 1 and reason is null and seat is not null and decided_at is not null)
        or (state = 2 and reason is not null and seat is null and decided_at is not null)
    )
) without rowid;
-- A student holds at most one live ticket of a sale.
create unique index ticket_live_unique on ticket (sale_id, student_id) where state in (0, 1);
create unique index ticket_key_unique on ticket (student_id, sale_id, click_key) where click_key is not null;
create index ticket_waiting on ticket (sale_id, id) where state = 0;

-- The seat that a student holds.
create table orders (
    id           integer primary key,
    ticket_id    blob   not null constraint orders_ticket_unique unique,
    sale_id      bigint not null,
    student_id   bigint not null,
    course_id    bigint not null,
    price_fen    bigint not null,
    seat         bigint not null, -- from 1
    created_at   bigint not null,
    constraint orders_student_unique unique (sale_id, student_id),
    constraint orders_seat_unique unique (sale_id, seat)
);
create index orders_by_student on orders (student_id, created_at);
