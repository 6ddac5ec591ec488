//! Retention of personal data: the days that each kind is kept after its use, for the privacy page
//! and for the sweeps. The other limits are a session's, by the setting `SESSION_DAYS`, and those
//! of a code and of counters, which end within a day.

/// Days that a network is kept after the last sign-in from it.
pub const NETWORK_DAYS: i64 = 180;
/// Days that it is kept when an SMS was sent and how that ended. The mobile goes with the sending.
pub const JOB_DAYS: i64 = 7;
/// Days that a lost ticket is kept after its sale closed.
pub const LOST_TICKET_DAYS: i64 = 90;
/// Days that a session is kept after it expired: a clock that is wrong by less deletes nothing.
pub const EXPIRED_SESSION_DAYS: i64 = 1;

/// Days that it is kept what a provider told of a payment: as long as one may be asked about it.
pub const NOTICE_DAYS: i64 = 400;

/// Every table with something of a person, and the days that its rows are kept after their use.
/// `None`: no number of days, but a day at most, until the student is erased, or for ever without
/// the student; docs/security.md says which.
pub const TABLES: [(&str, Option<i64>); 15] = [
    ("student", None),
    ("session", Some(EXPIRED_SESSION_DAYS)),
    ("session_end", None),
    ("sign_in_code", None),
    ("sms_counter", None),
    ("student_network", Some(NETWORK_DAYS)),
    ("job", Some(JOB_DAYS)),
    ("ticket", Some(LOST_TICKET_DAYS)),
    ("orders", None),
    ("progress", None),
    ("entitlement", None),
    ("payment", None),
    ("payment_notice", Some(NOTICE_DAYS)),
    ("refund", None),
    ("vip", None),
];
