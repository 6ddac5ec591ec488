//! Every promise of the database as a question: the statement finds counter-examples, and none is
//! right.

use super::Engine;
use crate::server::store::audit::AuditFinding;

/// Each statement gives the first counter-example as one text.
const INVARIANTS: &[(&str, &str)] = &[
    (
        "G1 never oversold: live orders <= stock",
        "select 'sale ' || s.id || ': ' || count(o.id) || ' orders, stock ' || s.stock
         from sale s join orders o on o.sale_id = s.id and o.ended_at is null
         group by s.id, s.stock having count(o.id) > s.stock limit 1",
    ),
    ("G1 remaining is never negative", "select 'sale ' || id || ': remaining ' || remaining from sale where remaining < 0 limit 1"),
    (
        "G2 conservation: stock = remaining + live orders",
        "select 'sale ' || s.id || ': stock ' || s.stock || ', remaining ' || s.remaining || ', orders ' || count(o.id)
         from sale s left join orders o on o.sale_id = s.id and o.ended_at is null
         group by s.id, s.stock, s.remaining having s.stock <> s.remaining + count(o.id) limit 1",
    ),
    (
        "G2 the ledger adds up to the stock",
        "select 'sale ' || s.id || ': stock ' || s.stock || ', ledger ' || coalesce(sum(l.delta), 0)
         from sale s left join stock_ledger l on l.sale_id = s.id
         group by s.id, s.stock having s.stock <> coalesce(sum(l.delta), 0) limit 1",
    ),
    (
        "G3 one live order for each student and sale",
        "select 'sale ' || sale_id || ', student ' || student_id || ': ' || count(*) || ' orders'
         from orders where ended_at is null and sale_id is not null group by sale_id, student_id having count(*) > 1 limit 1",
    ),
    (
        "G4 a ticket that won has exactly one order",
        "select 'sale ' || t.sale_id || ', student ' || t.student_id || ': won, without an order of its seat'
         from ticket t left join orders o on o.ticket_id = t.id and o.seat = t.seat and o.student_id = t.student_id
         where t.state = 1 /* ticket won */ and o.id is null limit 1",
    ),
    (
        "G4 an order has a ticket that won",
        "select 'order ' || o.id || ': its ticket did not win'
         from orders o left join ticket t on t.id = o.ticket_id and t.state = 1 /* ticket won */
         where o.sale_id is not null and t.id is null limit 1",
    ),
    (
        "G9 one live ticket for each student and sale",
        concat!(
            "select 'sale ' || sale_id || ', student ' || student_id || ': ' || count(*) || ' live tickets'
             from ticket where ",
            live_ticket!(),
            " group by sale_id, student_id having count(*) > 1 limit 1"
        ),
    ),
    (
        "G16 an order was accepted within its sale's window",
        "select 'order ' || o.id || ': accepted at ' || t.accepted_at
         from orders o join ticket t on t.id = o.ticket_id join sale s on s.id = o.sale_id
         where t.accepted_at < s.opens_at or t.accepted_at >= s.closes_at limit 1",
    ),
    (
        "a seat's number is within the stock, and given once",
        "select 'order ' || o.id || ': seat ' || o.seat
         from orders o join sale s on s.id = o.sale_id
         where o.seat < 1 or o.seat > s.stock
            or o.ended_at is null and exists
               (select 1 from orders p where p.sale_id = o.sale_id and p.seat = o.seat and p.id <> o.id and p.ended_at is null)
         limit 1",
    ),
    (
        "the next seat can be given: while seats are left, a number up to the stock is free",
        "select 'sale ' || s.id || ': ' || s.remaining || ' seats left, ' || count(distinct o.seat) || ' of ' || s.stock || ' numbers taken'
         from sale s left join orders o on o.sale_id = s.id and o.ended_at is null and o.seat between 1 and s.stock
         group by s.id, s.remaining, s.stock having s.remaining > 0 and count(distinct o.seat) + s.remaining > s.stock limit 1",
    ),
    (
        "a ticket is released when its order ends, and not before",
        "select 'order ' || o.id || case when o.ended_at is null then ': live, its ticket is released' else ': ended, its ticket is not' end
         from orders o join ticket t on t.id = o.ticket_id
         where (o.ended_at is null) <> (t.released_at is null) limit 1",
    ),
    (
        "a ticket can be read",
        concat!(
            "select 'a ticket of sale ' || sale_id || ', state ' || state from ticket where not ",
            readable_ticket!(),
            " limit 1"
        ),
    ),
    (
        "an order that has ended says so in its state, and one that is live, too",
        "select 'order ' || id || ': state ' || state || case when ended_at is null then ', not ended' else ', ended' end
         from orders where (state in (0 /* held */, 1 /* closing */, 2 /* paid */)) <> (ended_at is null) limit 1",
    ),
    (
        "G3 a course is bought once at a time",
        "select 'student ' || student_id || ', course ' || course_id || ': ' || count(*) || ' live orders'
         from orders where ended_at is null and sale_id is null group by student_id, course_id having count(*) > 1 limit 1",
    ),
    (
        "G18 an order with a price is paid by one payment of its price, and no other",
        "select 'order ' || o.id || ': ' || count(p.id) || ' payments that count'
         from orders o
         left join payment p on p.order_id = o.id and p.state = 1 /* payment paid */ and p.amount_fen = o.price_fen and p.received_fen = o.price_fen
                             and not exists (select 1 from refund r where r.payment_id = p.id)
         where o.state = 2 /* paid */ and o.price_fen > 0 and o.expires_at is not null
         group by o.id having count(p.id) <> 1 limit 1",
    ),
    (
        "G18 a payment that counts has a paid order",
        "select 'payment ' || p.id || ': its order ' || o.id || ' has state ' || o.state
         from payment p join orders o on o.id = p.order_id
         where p.state = 1 /* payment paid */ and o.state <> 2 /* paid */ and not exists (select 1 from refund r where r.payment_id = p.id) limit 1",
    ),
    (
        "G18 what costs nothing has no payment",
        "select 'order ' || o.id || ': payment ' || p.id
         from orders o join payment p on p.order_id = o.id where o.price_fen = 0 limit 1",
    ),
    (
        "G18 a paid order's student may study its course",
        "select 'order ' || o.id || ': student ' || o.student_id || ', course ' || o.course_id
         from orders o
         where o.state = 2 /* paid */ and o.paid_at is not null and not exists (
           select 1 from entitlement e where e.student_id = o.student_id and e.course_id = o.course_id and e.revoked_at is null
         ) limit 1",
    ),
    (
        "G18 who may study a course has a paid order of it",
        "select 'entitlement ' || e.id || ': order ' || e.order_id
         from entitlement e left join orders o on o.id = e.order_id
         where e.revoked_at is null and (o.id is null or o.state <> 2 /* paid */ or o.student_id <> e.student_id or o.course_id <> e.course_id)
         limit 1",
    ),
    (
        "G19 money of another amount goes back",
        "select 'payment ' || p.id || ': received ' || p.received_fen || ', asked for ' || p.amount_fen
         from payment p
         where p.state in (1, 3) and (p.state = 3 or p.received_fen <> p.amount_fen)
           and not exists (select 1 from refund r where r.payment_id = p.id and r.amount_fen = p.received_fen) limit 1",
    ),
    (
        "G22 no more goes back than came",
        "select 'refund ' || r.id || ': ' || r.amount_fen || ' of ' || coalesce(p.received_fen, 0)
         from refund r left join payment p on p.id = r.payment_id
         where p.id is null or p.received_fen is null or r.amount_fen > p.received_fen limit 1",
    ),
    (
        "money that an order waits for goes back: a refunding order has its refund",
        "select 'order ' || o.id || ': state ' || o.state
         from orders o
         where o.state in (5 /* refunding */, 6 /* refunded */) and not exists (
           select 1 from refund r join payment p on p.id = r.payment_id
           where p.order_id = o.id and (o.state = 5 /* refunding */ or r.state = 2 /* refund done */)
         ) limit 1",
    ),
    (
        "a job that ended has no payload",
        "select 'job ' || id || ': ended, with a payload' from job where state in (2, 3) and payload <> '' limit 1",
    ),
    (
        "a course's category is there",
        "select 'course ' || c.id || ': category ' || c.course_category_id
         from course c left join category k on k.id = c.course_category_id
         where c.course_category_id is not null and k.id is null limit 1",
    ),
    (
        "a course's teacher is there",
        "select 'course ' || c.id || ': teacher ' || c.teacher_id
         from course c left join teacher t on t.id = c.teacher_id
         where c.teacher_id is not null and t.id is null limit 1",
    ),
    (
        "a chapter's course is there",
        "select 'chapter ' || h.id || ': course ' || h.course_id
         from chapter h left join course c on c.id = h.course_id where c.id is null limit 1",
    ),
    (
        "a section's chapter is there",
        "select 'section ' || s.id || ': chapter ' || s.chapter_id
         from section s left join chapter h on h.id = s.chapter_id where h.id is null limit 1",
    ),
    (
        "a sale's course is there",
        "select 'sale ' || s.id || ': course ' || s.course_id
         from sale s left join course c on c.id = s.course_id where c.id is null limit 1",
    ),
    (
        "a ticket's sale and student are there",
        "select 'sale ' || t.sale_id || ', student ' || t.student_id
         from ticket t left join sale s on s.id = t.sale_id left join student u on u.id = t.student_id
         where s.id is null or u.id is null limit 1",
    ),
    (
        "a network's student is there",
        "select 'student ' || n.student_id
         from student_network n left join student u on u.id = n.student_id where u.id is null limit 1",
    ),
];

impl Engine {
    pub async fn audit(&self) -> Result<Vec<AuditFinding>, sqlx::Error> {
        // One snapshot: a running sale does not look like a broken one.
        let mut tx = self.view_long().await?;
        let mut findings = Vec::new();
        for (invariant, sql) in INVARIANTS {
            let example: Option<String> = sqlx::query_scalar(*sql).fetch_optional(&mut *tx).await?;
            findings.extend(example.map(|example| AuditFinding { invariant, example }));
        }
        Ok(findings)
    }
}
