//! Sessions, and the versions by which copies of them end.

use crate::types::{account::Mobile, ids::StudentId, time::Millis};

store! {
    /// Those of these sessions that have not expired, by their cookies' values: their data, and
    /// when they will.
    Job fn load_sessions(ids: &[String], now: Millis) -> Vec<(String, Vec<u8>, Millis)>;
    Asked fn save_session(id: &str, student: Option<StudentId>, data: &[u8], expires_at: Millis) -> ();
    /// Writes new sessions, each an id and its data, all or none.
    Command fn save_sessions(sessions: &[(String, Vec<u8>)], expires_at: Millis) -> ();
    Asked fn delete_session(id: &str) -> ();
    /// Ends the sessions of the student with this mobile, or everybody's, and gives how many;
    /// `None` when nobody has this mobile.
    Command fn end_sessions(mobile: Option<&Mobile>, now: Millis) -> Option<u64>;
    /// The sessions of a student that have not expired, at most `limit`: the one with the cookie's
    /// value `current` first, then those that expire last.
    Asked fn sessions_of(student: StudentId, current: &str, now: Millis, limit: i64) -> Vec<SessionRow>;
    /// Ends the session of this row, when it is this student's; `false` when it is not.
    Asked fn end_session(student: StudentId, row: &str, now: Millis) -> bool;
    /// Ends all sessions of a student but the one with this cookie's value, and gives how many.
    Asked fn end_other_sessions(student: StudentId, current: &str, now: Millis) -> u64;
    /// The version of the last end of sessions that copies must hear of.
    Job fn session_version() -> i64;
    /// Students whose sessions were ended after a version, and at which; `None` stands for all
    /// students.
    Job fn session_ends(after: i64) -> Vec<(Option<StudentId>, i64)>;
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SessionRow {
    /// The row's key: the SHA-256 of the cookie's value, which signs nobody in.
    pub id: String,
    /// Its data, as `identity` wrote it.
    pub data: Vec<u8>,
    pub expires_at: i64,
    /// Whether it is the asker's own.
    pub is_current: bool,
}
