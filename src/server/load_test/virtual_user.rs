//! Virtual user: clicks until it gets a ticket or a refusal, then polls as told until the ticket is
//! decided.

use super::{
    connection::{Received, RequestFailure, Said, get, post},
    stats::{Stats, count},
    target::Target,
};
use crate::{
    rules::{
        retry::{again_after_ms, poll_after_ms},
        seckill::ticket::{CODE_LOST, CODE_SETTLING, CODE_UNKNOWN, CODE_WAITING, CODE_WON},
    },
    server::signer::Signer,
    types::ids::SaleId,
};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, Uri};
use http_body_util::Full;
use std::time::Duration;

/// How long a student waits, from the arrival on: six times as long as an accepted ticket may take
/// after a fault's end.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Tries of one click at most.
const TRIES_MAX: u32 = 30;
/// Between an answer and the next click of an impatient student.
const CLICK_GAP: Duration = Duration::from_millis(200);
/// A click that was heard.
const CODE_HEARD: u16 = 100;

const PATH: &str = "/api/v1/user/sckill/";

/// What does not change from student to student.
pub struct Rules {
    pub target: Target,
    /// Tells a ticket from a refusal.
    pub signer: Signer,
    /// Clicks of each student.
    pub clicks: u32,
    path: Uri,
    sale: SaleId,
}

/// A student on the way. All moments are counted from the start.
pub struct VirtualUser {
    /// The student's place in the crowd.
    pub student: u32,
    arrived: Duration,
    /// When the click was meant to be sent.
    pub intended: Duration,
    step: Step,
    tries: u32,
    is_accepted: bool,
}

enum Step {
    /// The n-th click, from 1.
    Click(u32),
    /// A look at the ticket at this address.
    Poll(Uri),
}

/// When it goes on, and how; `None`: it is over.
type Next = Option<(Duration, VirtualUser)>;

impl Rules {
    /// Clicks for this sale.
    pub fn new(target: Target, signer: Signer, sale: SaleId, clicks: u32) -> Self {
        Self {
            target,
            signer,
            clicks,
            path: Uri::from_static(PATH),
            sale,
        }
    }
}

impl VirtualUser {
    /// A student who arrives.
    pub fn new(student: u32, arrived: Duration) -> Self {
        Self {
            student,
            arrived,
            intended: arrived,
            step: Step::Click(1),
            tries: 0,
            is_accepted: false,
        }
    }

    /// Whether this is the first try of a click.
    pub fn is_new_click(&self) -> bool {
        self.tries == 0 && matches!(self.step, Step::Click(_))
    }

    /// What is asked next.
    pub fn request(&self, rules: &Rules, cookie: &HeaderValue) -> Request<Full<Bytes>> {
        match &self.step {
            Step::Click(number) => {
                let body = format!(r#"{{"sale":{},"key":"load-test-{number}"}}"#, rules.sale);
                post(&rules.target, rules.path.clone(), cookie, body.into())
            }
            Step::Poll(uri) => get(&rules.target, uri.clone(), cookie),
        }
    }

    /// What an answer at this moment means.
    pub fn after(
        self,
        answer: &Result<Received, RequestFailure>,
        at: Duration,
        rules: &Rules,
        stats: &mut Stats,
    ) -> Next {
        match answer {
            Ok(answer) if answer.status == StatusCode::OK => match answer.read() {
                Some(said) => self.told(&said, at, rules, stats),
                None => self.puzzled("unreadable answer", stats),
            },
            Ok(answer) => {
                count(&mut stats.errors, &format!("HTTP {}", answer.status));
                let is_passing =
                    answer.status >= 500 || answer.status == StatusCode::TOO_MANY_REQUESTS;
                if is_passing {
                    self.again(answer.retry_after_s, at, stats)
                } else {
                    self.give_up(stats)
                }
            }
            Err(trouble) => {
                count(&mut stats.errors, trouble.name());
                self.again(None, at, stats)
            }
        }
    }

    fn told(self, said: &Said, at: Duration, rules: &Rules, stats: &mut Stats) -> Next {
        match (&self.step, said.code) {
            (Step::Click(number), CODE_HEARD) => {
                let number = *number;
                self.heard(number, said, at, rules, stats)
            }
            (Step::Poll(_), CODE_WON) => {
                stats.won += 1;
                stats.last_won = at;
                stats.settled.note(at.saturating_sub(self.arrived));
                None
            }
            (Step::Poll(_), CODE_LOST) => {
                count(
                    &mut stats.lost,
                    said.reason.as_deref().unwrap_or("no reason"),
                );
                stats.settled.note(at.saturating_sub(self.arrived));
                None
            }
            (Step::Poll(_), CODE_WAITING | CODE_SETTLING | CODE_UNKNOWN) => {
                self.later(at + poll_after(said.retry_ms), stats)
            }
            _ => self.puzzled("unknown code", stats),
        }
    }

    fn heard(
        mut self,
        number: u32,
        said: &Said,
        at: Duration,
        rules: &Rules,
        stats: &mut Stats,
    ) -> Next {
        stats.clicks.note(at.saturating_sub(self.intended));
        let task = said.task_id.as_deref().unwrap_or_default();
        let Some(claim) = rules.signer.read(task) else {
            return self.puzzled("foreign ticket", stats);
        };
        if claim.refusal.is_none() && !self.is_accepted {
            self.is_accepted = true;
            stats.accepted += 1;
            stats.last_accepted = at;
        }
        self.tries = 0;
        if number < rules.clicks {
            self.step = Step::Click(number + 1);
            self.intended = at + CLICK_GAP;
            return Some((self.intended, self));
        }
        let Ok(uri) = format!("{PATH}?task_id={task}").parse() else {
            return self.puzzled("foreign ticket", stats);
        };
        self.step = Step::Poll(uri);
        // A refusal is asked about at once.
        let wait = said
            .retry_ms
            .map_or(Duration::ZERO, |ms| poll_after(Some(ms)));
        Some((at + wait, self))
    }

    /// The same once more, with the same key.
    fn again(mut self, retry_after_s: Option<u64>, at: Duration, stats: &mut Stats) -> Next {
        self.tries += 1;
        if matches!(self.step, Step::Click(_)) && self.tries == TRIES_MAX {
            return self.give_up(stats);
        }
        let said_s = retry_after_s.map(|s| i64::try_from(s).unwrap_or(i64::MAX));
        // Apart by their numbers: the same in each load test. A prime, so that neighbours are not.
        let seed = u16::try_from(self.student.wrapping_mul(7_919) % u32::from(u16::MAX));
        let wait_ms = again_after_ms(said_s, self.tries, seed.unwrap_or_default());
        self.later(at + milliseconds(wait_ms), stats)
    }

    fn later(self, at: Duration, stats: &mut Stats) -> Next {
        if at.saturating_sub(self.arrived) > PATIENCE {
            self.give_up(stats)
        } else {
            Some((at, self))
        }
    }

    fn puzzled(self, error: &str, stats: &mut Stats) -> Next {
        count(&mut stats.errors, error);
        self.give_up(stats)
    }

    fn give_up(self, stats: &mut Stats) -> Next {
        match self.step {
            Step::Click(_) => stats.turned_away += 1,
            Step::Poll(_) => stats.undecided += 1,
        }
        None
    }
}

/// How long a student waits before the next poll, as browsers do.
fn poll_after(said_ms: Option<u64>) -> Duration {
    let said_ms = said_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
    milliseconds(poll_after_ms(said_ms))
}

fn milliseconds(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        server::signer::{Claim, SECRET_BYTES},
        types::{
            ids::{StudentId, TicketId},
            sale::Reason,
        },
    };

    const SALE: SaleId = SaleId(7);

    fn rules(clicks: u32) -> Rules {
        let signer = Signer::new(vec![1; SECRET_BYTES]).expect("a key");
        let target = Target {
            address: ([127, 0, 0, 1], 3_000).into(),
            authority: HeaderValue::from_static("shop"),
        };
        Rules::new(target, signer, SALE, clicks)
    }

    fn ticket(rules: &Rules, refusal: Option<Reason>) -> String {
        rules.signer.sign(&Claim {
            refusal,
            sale: SALE,
            student: StudentId(1),
            id: TicketId([1; 16]),
        })
    }

    fn answer(status: u16, retry_after_s: Option<u64>, body: &str) -> Received {
        Received {
            status,
            retry_after_s,
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn heard(rules: &Rules, refusal: Option<Reason>) -> Received {
        answer(
            200,
            None,
            &format!(
                r#"{{"code":100,"msg":"…","task_id":"{}"}}"#,
                ticket(rules, refusal)
            ),
        )
    }

    #[test]
    fn a_student_clicks_once_polls_as_told_and_wins() {
        let (rules, mut stats) = (rules(1), Stats::default());
        let (at, user) = VirtualUser::new(3, ms(1_000))
            .after(&Ok(heard(&rules, None)), ms(1_040), &rules, &mut stats)
            .expect("polls");
        assert_eq!(
            (
                at,
                stats.accepted,
                stats.clicks.spread().map(|spread| spread.max)
            ),
            (ms(1_040), 1, Some(40.0))
        );
        let request = user.request(&rules, &HeaderValue::from_static("session=x"));
        assert_eq!(
            request.uri().to_string(),
            format!("{PATH}?task_id={}", ticket(&rules, None))
        );
        let waits = Ok(answer(
            200,
            None,
            r#"{"code":102,"msg":"…","place":3,"retry_ms":250}"#,
        ));
        let (at, user) = user
            .after(&waits, ms(1_050), &rules, &mut stats)
            .expect("polls again");
        assert_eq!(at, ms(1_300));
        assert!(
            user.after(
                &Ok(answer(200, None, r#"{"code":100,"seat":1}"#)),
                ms(1_500),
                &rules,
                &mut stats
            )
            .is_none()
        );
        assert_eq!(
            (
                stats.won,
                stats.ended(),
                stats.settled.spread().map(|spread| spread.max)
            ),
            (1, 1, Some(500.0))
        );
    }

    #[test]
    fn a_refusal_is_no_accepted_click_and_polled_for_its_reason() {
        let (rules, mut stats) = (rules(1), Stats::default());
        let refused = Ok(heard(&rules, Some(Reason::SoldOut)));
        let (_, user) = VirtualUser::new(3, ms(0))
            .after(&refused, ms(5), &rules, &mut stats)
            .expect("polls");
        assert!(
            user.after(
                &Ok(answer(200, None, r#"{"code":101,"reason":"sold_out"}"#)),
                ms(9),
                &rules,
                &mut stats
            )
            .is_none()
        );
        assert_eq!((stats.accepted, stats.lost.get("sold_out")), (0, Some(&1)));
    }

    #[test]
    fn a_click_that_is_told_to_come_back_is_the_same_click_and_timed_from_its_first_moment() {
        let (rules, mut stats) = (rules(1), Stats::default());
        let body = |user: &VirtualUser| {
            format!(
                "{:?}",
                user.request(&rules, &HeaderValue::from_static("x")).body()
            )
        };
        let user = VirtualUser::new(0, ms(0));
        let first = body(&user);
        let (at, user) = user
            .after(&Ok(answer(503, Some(2), "{}")), ms(10), &rules, &mut stats)
            .expect("comes back");
        assert_eq!((at, body(&user)), (ms(2_010), first));
        assert!(!user.is_new_click());
        assert_eq!(stats.errors.get("HTTP 503"), Some(&1));
        user.after(&Ok(heard(&rules, None)), ms(2_020), &rules, &mut stats)
            .expect("polls");
        assert_eq!(
            stats.clicks.spread().map(|spread| spread.max),
            Some(2_020.0)
        );
    }

    #[test]
    fn nobody_tries_for_ever() {
        let rules = rules(1);
        for failure in [
            Ok(answer(503, Some(1), "")),
            Ok(answer(429, None, "")),
            Err(RequestFailure::Late),
        ] {
            let (mut stats, mut next, mut tries) = (
                Stats::default(),
                Some((ms(0), VirtualUser::new(1, ms(0)))),
                0,
            );
            while let Some((at, user)) = next {
                next = user.after(&failure, at, &rules, &mut stats);
                tries += 1;
                assert!(tries <= TRIES_MAX);
            }
            assert_eq!(
                (stats.turned_away, stats.ended(), stats.errors()),
                (1, 1, u64::from(tries))
            );
        }
    }

    #[test]
    fn what_can_t_pass_is_not_tried_again() {
        let rules = rules(1);
        for failure in [
            answer(401, None, ""),
            answer(404, None, ""),
            answer(200, None, "<html>"),
            answer(200, None, r#"{"code":100}"#),
        ] {
            let failure = Ok(failure);
            let mut stats = Stats::default();
            assert!(
                VirtualUser::new(1, ms(0))
                    .after(&failure, ms(1), &rules, &mut stats)
                    .is_none(),
                "{failure:?}"
            );
            assert_eq!((stats.turned_away, stats.errors()), (1, 1));
        }
    }

    #[test]
    fn an_impatient_student_clicks_again_with_another_key() {
        let (rules, mut stats) = (rules(2), Stats::default());
        let (at, user) = VirtualUser::new(3, ms(0))
            .after(&Ok(heard(&rules, None)), ms(10), &rules, &mut stats)
            .expect("clicks again");
        assert_eq!((at, user.intended), (ms(210), ms(210)));
        assert!(user.is_new_click());
        let (at, user) = user
            .after(&Ok(heard(&rules, None)), ms(230), &rules, &mut stats)
            .expect("polls");
        assert!(matches!(user.step, Step::Poll(_)));
        assert_eq!((at, stats.accepted), (ms(230), 1), "one student");
    }
}
