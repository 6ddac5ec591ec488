-- Money: payments that students make, what providers tell of them, and what is paid back.

-- state: 0 open, 1 paid, 2 closed (nothing can be paid any more), 3 mismatch (another amount was paid; it is paid back).
-- provider: 0 mock.
create table payment (
    id           integer primary key,
    order_id     bigint not null,
    provider     bigint not null constraint payment_provider_known check (provider >= 0),
    out_trade_no text   not null constraint payment_out_trade_no_unique unique, -- its name at the provider
    amount_fen   bigint not null constraint payment_amount_positive check (amount_fen > 0),
    state        bigint not null constraint payment_state_known check (state in (0, 1, 2, 3)),
    gateway_no   text,                                                          -- the provider's own name of it
    received_fen bigint,                                                        -- what was really paid
    expires_at   bigint not null,                                               -- the provider takes no money from then on
    created_at   bigint not null,
    paid_at      bigint,                                                        -- when the provider says so
    closed_at    bigint,
    constraint payment_paid_whole check ((state in (1, 3)) = (gateway_no is not null and received_fen is not null and paid_at is not null))
);
create index payment_by_order on payment (order_id);
create unique index payment_open_unique on payment (order_id, provider) where state = 0;
create unique index payment_gateway_no_unique on payment (provider, gateway_no) where gateway_no is not null;

-- What providers told, each time that they did; nothing changes or deletes a row but its age.
create table payment_notice (
    id          integer primary key,
    provider    bigint not null,
    notice_id   text   not null, -- the provider's name of it; the same in repeats
    payment_id  bigint,          -- null: it is about none of ours
    sha256      text   not null, -- of its bytes
    verdict     text   not null, -- what it came to
    received_at bigint not null
);
create index payment_notice_by_payment on payment_notice (payment_id);
create index payment_notice_by_age on payment_notice (received_at);

-- state: 0 asked, 1 sent (the provider may know it), 2 done, 3 failed (the provider refuses it: a person must look).
create table refund (
    id         integer primary key,
    payment_id bigint not null constraint refund_payment_unique unique,
    refund_no  text   not null constraint refund_no_unique unique, -- its name at the provider, for every try
    amount_fen bigint not null constraint refund_amount_positive check (amount_fen > 0),
    cause      text   not null constraint refund_cause_known check (cause in ('late', 'twice', 'mismatch', 'asked')),
    state      bigint not null constraint refund_state_known check (state in (0, 1, 2, 3)),
    note       text,                                               -- why the last try failed
    created_at bigint not null,
    done_at    bigint,
    constraint refund_done_whole check ((state = 2) = (done_at is not null))
);
