//! Dialect of SQLite: what a statement that is said once leaves to its engine.

use super::{Connection, Engine, rush::rows};
use crate::{server::store::account::SmsUse, types::search::Letter};
use serde_json::json;

/// The one writer has the whole database to itself: no row needs a lock of its own.
macro_rules! for_update {
    () => {
        ""
    };
}

macro_rules! for_update_skip_locked {
    () => {
        ""
    };
}

/// The numbers of the first parameter, which is [`Engine::numbers`].
macro_rules! numbers {
    () => {
        "(select value from json_each($1))"
    };
}

/// The texts of the first parameter, which is [`Engine::texts`].
macro_rules! texts {
    () => {
        "(select value from json_each($1))"
    };
}

/// The rows of the first parameter, a JSON array of arrays.
macro_rules! json_rows {
    () => {
        "json_each($1)"
    };
}

/// A text of a column has the pattern that follows, which is [`Engine::pattern`].
macro_rules! has {
    () => {
        " glob "
    };
}

/// Whether this program can read a waiting ticket; a column of SQLite holds whatever was written
/// into it.
macro_rules! readable_ticket {
    () => {
        "(typeof(id) = 'blob' and length(id) = 16 and typeof(sale_id) = 'integer' and typeof(student_id) = 'integer'
          and typeof(accepted_at) = 'integer')"
    };
}

/// Who is signed in with a session, as `identity::caller` reads it.
macro_rules! session_student {
    () => {
        "(case when json_valid(cast(data as text)) then cast(data as text) ->> '$.me.id' end)"
    };
}

impl Engine {
    /// A list of numbers as one parameter.
    pub(super) fn numbers(numbers: &[i64]) -> String {
        json!(numbers).to_string()
    }

    /// A list of texts as one parameter.
    pub(super) fn texts(texts: &[String]) -> String {
        json!(texts).to_string()
    }

    /// Nobody else counts while this transaction writes.
    pub(super) async fn lock_sms(_: &mut Connection) -> Result<(), sqlx::Error> {
        Ok(())
    }

    /// Counts each of these once more.
    pub(super) async fn count_up(tx: &mut Connection, uses: &[SmsUse]) -> Result<u64, sqlx::Error> {
        let counted = sqlx::query(
            "insert into sms_counter (key, count, ends_at)
             select value ->> 'key', 1, value ->> 'ends_at' from json_each($1) where true
             on conflict (key) do update set count = count + 1, ends_at = excluded.ends_at",
        )
        .bind(rows(
            uses.iter()
                .map(|of| json!({"key": of.key, "ends_at": of.ends_at})),
        )?)
        .execute(tx)
        .await?;
        Ok(counted.rows_affected())
    }

    /// A search as GLOB reads it: a letter's signs in brackets, where `]` comes first, `-` does,
    /// too, and `^` does not.
    pub(super) fn pattern(pattern: &[Letter]) -> String {
        let mut glob = String::from("*");
        for Letter(signs) in pattern {
            match signs.as_slice() {
                [sign] if !matches!(sign, '*' | '?' | '[' | ']') => glob.push(*sign),
                [first, others @ ..] => {
                    glob.push('[');
                    glob.extend(others.iter().filter(|_| *first == '^').chain([first]));
                    glob.extend(others.iter().filter(|_| *first != '^'));
                    glob.push(']');
                }
                [] => {}
            }
        }
        glob.push('*');
        glob
    }

    /// Nobody else writes while this transaction does.
    pub(super) async fn lock_catalog(_: &mut Connection) -> Result<(), sqlx::Error> {
        Ok(())
    }

    /// A new row gets the number after the greatest, whoever brought that.
    pub(super) async fn number_on(_: &mut Connection) -> Result<(), sqlx::Error> {
        Ok(())
    }
}
