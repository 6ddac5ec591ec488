//! Sign-in codes, SMS quotas, and the students whom they sign in.

use crate::types::{account::Mobile, ids::StudentId, time::Millis};
use std::collections::BTreeMap;

store! {
    /// A request for a code: judged by what is used up, and if it passes, its uses, code and
    /// sending job in one transaction.
    SignIn fn ask_code(code: &NewCode, judge: &SmsJudge<'_>, now: Millis) -> CodeAsked;
    /// Whether a browser waits for this code, for the job that sends it.
    Job fn is_code_live(mobile: &Mobile, nonce: &[u8], now: Millis) -> bool;
    /// The nonce of the code that this browser waits for.
    Job fn code_nonce(mobile: &Mobile, browser: &[u8], now: Millis) -> Option<Vec<u8>>;
    /// Spends a try of the code that this browser waits for.
    SignIn fn try_code(mobile: &Mobile, browser: &[u8], now: Millis) -> CodeTry;
    /// Uses the code up, and finds or makes its student, who is at home in `network` from now on;
    /// `None` when somebody else used it first.
    SignIn fn use_code(mobile: &Mobile, nonce: &[u8], network: &str, now: Millis) -> Option<StudentId>;
    /// When a counter's window ends; `None` when it has ended, or there is none.
    Asked fn sms_gap_ends(key: &str, now: Millis) -> Option<Millis>;
    /// Counters as they stand, and the budget that an operator set.
    Job fn sms_counters(keys: &[String], now: Millis) -> SmsStanding;
    /// The budget that an operator set, whether or not it still holds.
    Command fn sms_budget() -> Option<SmsBudget>;
    /// Sets the budget in place of the setting; `None` goes back to that.
    Command fn set_sms_budget(budget: Option<SmsBudget>) -> ();
    /// The greatest mobile of a student from `first` to `last`.
    Command fn last_mobile(first: &Mobile, last: &Mobile) -> Option<String>;
    /// Makes a student of each of these mobiles, all or none, and gives their numbers.
    Command fn add_students(mobiles: &[String], now: Millis) -> Vec<(StudentId, String)>;
}

/// A counter that a request for a code uses once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsUse {
    /// What is counted, and in which window.
    pub key: String,
    pub ends_at: Millis,
}

/// What a request for a code is judged by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmsStanding {
    /// Counters by their keys: how often, and the window's end.
    pub counters: BTreeMap<String, (i64, Millis)>,
    /// Codes of a day, if an operator set another number than the settings.
    pub budget: Option<i64>,
    /// Whether the mobile is a student's.
    pub is_student: bool,
    /// Whether this student signed in from the asker's network before.
    pub is_home: bool,
}

impl SmsStanding {
    /// A counter; `None` when nothing was counted.
    pub fn counter(&self, key: &str) -> Option<(i64, Millis)> {
        self.counters.get(key).copied()
    }

    /// How often something was counted.
    pub fn count(&self, key: &str) -> i64 {
        self.counter(key).map_or(0, |(count, _)| count)
    }
}

/// The rule: what a request uses up; `None` when it is refused. It is asked before the transaction,
/// so that a refusal costs one read, and again inside, where nobody else counts.
pub type SmsJudge<'a> = dyn Fn(&SmsStanding) -> Option<Vec<SmsUse>> + Send + Sync + 'a;

/// A code to be sent.
#[derive(Clone, Debug)]
pub struct NewCode {
    pub mobile: Mobile,
    /// The hash of the token of the browser that waits for it.
    pub browser: Vec<u8>,
    /// Randomness behind the code.
    pub nonce: Vec<u8>,
    /// The asker's network, as `student_network` has it.
    pub network: String,
    /// Every counter that may matter.
    pub keys: Vec<String>,
    pub expires_at: Millis,
    /// Tries that it allows.
    pub tries: i64,
}

/// What became of a request for a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeAsked {
    /// It is stored, and its sending is queued; how things stood before it.
    Queued(SmsStanding),
    /// The rule refused it; how things stood.
    Refused(SmsStanding),
}

/// What became of a try of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeTry {
    Spent {
        /// What the code is derived from.
        nonce: Vec<u8>,
        /// Tries that are left after it.
        tries_left: i64,
    },
    /// The code has no tries left.
    NoneLeft,
    /// This browser waits for no code of this mobile.
    NoCode,
}

/// A budget of codes that an operator set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmsBudget {
    /// In a day.
    pub codes: i64,
    /// Until then; `None`: until it is changed.
    pub until: Option<Millis>,
}
