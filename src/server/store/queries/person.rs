//! Persons: what is kept of one, and how one is taken out. A table with something of a person is
//! named in both, and in [`kept`](crate::types::kept).

use super::{Connection, Engine, session::end_all};
use crate::{
    server::store::{
        error::expect_rows,
        job::payloads_of,
        person::{Erased, Person},
    },
    types::{account::Mobile, ids::StudentId, time::Millis},
};

/// What stands for somebody's words about an order's end, in which there may be a name.
pub(super) const ERASED: &str = "erased with its student";

impl Engine {
    pub async fn person(&self, mobile: &Mobile) -> Result<Person, sqlx::Error> {
        let mut tx = self.view_long().await?;
        let student: Option<(i64, i64)> =
            sqlx::query_as("select id, created_time from student where mobile = $1")
                .bind(mobile.digits())
                .fetch_optional(&mut *tx)
                .await?;
        let codes = sqlx::query_as("select expires_at, tries_left from sign_in_code where mobile = $1 order by expires_at, browser")
            .bind(mobile.digits())
            .fetch_all(&mut *tx)
            .await?;
        let [json, previous] = payloads_of(mobile);
        let messages = sqlx::query_as(
            "select created_at from job where payload like $1 or payload like $2 order by id",
        );
        let messages = messages
            .bind(json)
            .bind(previous)
            .fetch_all(&mut *tx)
            .await?;
        let person = Person {
            codes,
            messages,
            ..Person::default()
        };
        match student {
            Some((id, created_time)) => {
                of_student(
                    &mut tx,
                    id,
                    Person {
                        student: Some((StudentId(id), created_time)),
                        ..person
                    },
                )
                .await
            }
            None => Ok(person),
        }
    }

    pub async fn erase(&self, mobile: &Mobile, now: Millis) -> Result<Erased, sqlx::Error> {
        let mut tx = self.begin_long().await?;
        let codes = sqlx::query("delete from sign_in_code where mobile = $1")
            .bind(mobile.digits())
            .execute(&mut *tx)
            .await?;
        // One that is being sent goes out; what is queued does not.
        let [json, previous] = payloads_of(mobile);
        let messages = sqlx::query(
            "update job set payload = '', state = case when state = 0 then 3 else state end,
                    note = case when state = 0 then 'its student was erased' else note end, updated_at = $3
             where payload like $1 or payload like $2",
        );
        let messages = messages
            .bind(json)
            .bind(previous)
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
        let erased = Erased {
            codes: codes.rows_affected(),
            messages: messages.rows_affected(),
            ..Erased::default()
        };
        let sql = concat!("select id from student where mobile = $1", for_update!());
        let student: Option<i64> = sqlx::query_scalar(sql)
            .bind(mobile.digits())
            .fetch_optional(&mut *tx)
            .await?;
        let erased = match student {
            Some(id) => erase_student(&mut tx, id, now, erased).await?,
            None => erased,
        };
        tx.commit().await?;
        Ok(erased)
    }
}

/// What stands in the tables that know the student's number.
async fn of_student(tx: &mut Connection, id: i64, person: Person) -> Result<Person, sqlx::Error> {
    let sessions = sqlx::query_as(concat!(
        "select id, data, expires_at, false as is_current from session where (student_id = $1 or (student_id is null and ",
        session_student!(),
        " = $1)) order by expires_at, id"
    ));
    let sessions = sessions.bind(id).fetch_all(&mut *tx).await?;
    let networks = sqlx::query_as(
        "select network, used_at from student_network where student_id = $1 order by used_at, network",
    );
    let networks = networks.bind(id).fetch_all(&mut *tx).await?;
    let tickets = sqlx::query_as(
        "select sale_id, state, reason, click_key, accepted_at, decided_at, released_at from ticket
         where student_id = $1
         order by accepted_at, id",
    );
    let tickets = tickets.bind(id).fetch_all(&mut *tx).await?;
    let orders = sqlx::query_as(
        "select o.id, o.sale_id, o.course_id, coalesce(c.name, '') as course, o.seat, o.price_fen, o.created_at, o.ended_at, o.end_reason,
                o.cancel_reason, o.state, o.expires_at, o.paid_at,
                exists (select 1 from entitlement e where e.order_id = o.id and e.revoked_at is null) as is_entitled
         from orders o
         left join course c on c.id = o.course_id
         where o.student_id = $1
         order by o.id",
    );
    let orders = orders.bind(id).fetch_all(&mut *tx).await?;
    let progress = sqlx::query_as(
        "select section_id, position_s, furthest_s, length_s, done_at, updated_at from progress where student_id = $1
         order by updated_at, section_id",
    );
    let progress = progress.bind(id).fetch_all(&mut *tx).await?;
    let payments = sqlx::query_as(
        "select p.order_id, p.provider, p.out_trade_no, p.gateway_no, p.amount_fen, p.received_fen, p.created_at, p.paid_at,
                r.amount_fen as refund_fen, r.done_at as refunded_at
         from payment p
         join orders o on o.id = p.order_id
         left join refund r on r.payment_id = p.id
         where o.student_id = $1
         order by p.id",
    );
    let payments = payments.bind(id).fetch_all(&mut *tx).await?;
    let member_until = sqlx::query_scalar("select ends_at from vip where student_id = $1")
        .bind(id)
        .fetch_optional(&mut *tx)
        .await?;
    Ok(Person {
        sessions,
        networks,
        tickets,
        orders,
        progress,
        payments,
        member_until,
        ..person
    })
}

/// The row stays, so that no other student gets its number, and orders and tickets are somebody's.
async fn erase_student(
    tx: &mut Connection,
    id: i64,
    now: Millis,
    erased: Erased,
) -> Result<Erased, sqlx::Error> {
    let named = sqlx::query(
        "update student set mobile = null, created_time = 0, erased_at = $2 where id = $1",
    );
    expect_rows(
        "student",
        1,
        named
            .bind(id)
            .bind(now.0)
            .execute(&mut *tx)
            .await?
            .rows_affected(),
    )?;
    let sessions = end_all(tx, id, now).await?;
    let networks = sqlx::query("delete from student_network where student_id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?
        .rows_affected();
    let progress = sqlx::query("delete from progress where student_id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?
        .rows_affected();
    // One that is closing has words that its end would take over.
    sqlx::query(
        "update orders
         set end_reason = case when end_reason is not null then $2 end,
             cancel_reason = case when cancel_reason is not null then $2 end
         where student_id = $1",
    )
    .bind(id)
    .bind(ERASED)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "update ticket set click_key = null where student_id = $1 and click_key is not null",
    )
    .bind(id)
    .execute(&mut *tx)
    .await?;
    sqlx::query("delete from vip where student_id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    let orders = sqlx::query_scalar("select count(*) from orders where student_id = $1")
        .bind(id)
        .fetch_one(&mut *tx)
        .await?;
    Ok(Erased {
        student: Some(StudentId(id)),
        sessions,
        networks,
        orders,
        progress,
        ..erased
    })
}
