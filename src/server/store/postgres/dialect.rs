//! Dialect of PostgreSQL: what a statement that is said once leaves to its engine.

use super::{Connection, Engine, SMS_LOCK};
use crate::{server::store::account::SmsUse, types::search::Letter};

/// The row stays as it was read until the transaction ends; whoever locks it, too, waits.
macro_rules! for_update {
    () => {
        " for update"
    };
}

/// The same; rows that somebody else has locked are passed over.
macro_rules! for_update_skip_locked {
    () => {
        " for update skip locked"
    };
}

/// The numbers of the first parameter, which is [`Engine::numbers`].
macro_rules! numbers {
    () => {
        "(select unnest($1::bigint[]))"
    };
}

/// The texts of the first parameter, which is [`Engine::texts`].
macro_rules! texts {
    () => {
        "(select unnest($1::text[]))"
    };
}

/// The rows of the first parameter, a JSON array of arrays.
macro_rules! json_rows {
    () => {
        "jsonb_array_elements(cast($1 as jsonb)) as rows (value)"
    };
}

/// A text of a column has the pattern that follows, which is [`Engine::pattern`].
macro_rules! has {
    () => {
        " ~ "
    };
}

/// Whether this program can read a waiting ticket; of all but its id PostgreSQL sees to that.
macro_rules! readable_ticket {
    () => {
        "(octet_length(id) = 16)"
    };
}

/// Who is signed in with a session, as `identity::caller` reads it.
macro_rules! session_student {
    () => {
        "(case when data like '{%' then (convert_from(data, 'UTF8')::jsonb #>> '{me,id}')::bigint end)"
    };
}

impl Engine {
    /// A list of numbers as one parameter.
    pub(super) fn numbers(numbers: &[i64]) -> &[i64] {
        numbers
    }

    /// A list of texts as one parameter.
    pub(super) fn texts(texts: &[String]) -> &[String] {
        texts
    }

    /// Holds back everybody else who counts requests for codes, until the transaction ends: two who
    /// count at once would both find the last place free. A few hundred requests pass in a second,
    /// which is more than any budget for SMS.
    pub(super) async fn lock_sms(tx: &mut Connection) -> Result<(), sqlx::Error> {
        sqlx::query("select pg_advisory_xact_lock($1)")
            .bind(SMS_LOCK)
            .execute(tx)
            .await?;
        Ok(())
    }

    /// Counts each of these once more.
    pub(super) async fn count_up(tx: &mut Connection, uses: &[SmsUse]) -> Result<u64, sqlx::Error> {
        let (keys, ends): (Vec<_>, Vec<_>) = uses
            .iter()
            .map(|of| (of.key.as_str(), of.ends_at.0))
            .unzip();
        let counted = sqlx::query(
            "insert into sms_counter (key, count, ends_at)
             select key, 1, ends_at from unnest($1::text[], $2::bigint[]) as used (key, ends_at)
             on conflict (key) do update set count = sms_counter.count + 1, ends_at = excluded.ends_at",
        )
        .bind(keys)
        .bind(ends)
        .execute(tx)
        .await?;
        Ok(counted.rows_affected())
    }

    /// A search as a regular expression: a letter's signs in brackets, where a backslash makes any
    /// mark an ordinary one.
    pub(super) fn pattern(pattern: &[Letter]) -> String {
        let mut regex = String::new();
        for Letter(signs) in pattern {
            regex.push('[');
            for sign in signs {
                if sign.is_ascii_punctuation() {
                    regex.push('\\');
                }
                regex.push(*sign);
            }
            regex.push(']');
        }
        regex
    }

    /// Holds back whoever else writes the catalogue, until the transaction ends; readers go on.
    pub(super) async fn lock_catalog(tx: &mut Connection) -> Result<(), sqlx::Error> {
        sqlx::query("lock table teacher, category, course, chapter, section, banner in share row exclusive mode").execute(tx).await?;
        Ok(())
    }

    /// The next banner gets a number behind those that an import brought; no other table of an
    /// import gets rows without one.
    pub(super) async fn number_on(tx: &mut Connection) -> Result<(), sqlx::Error> {
        sqlx::query("select setval(pg_get_serial_sequence('banner', 'id'), max(id)) from banner having max(id) is not null")
            .execute(tx)
            .await?;
        Ok(())
    }
}
