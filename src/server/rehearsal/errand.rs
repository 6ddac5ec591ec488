//! Virtual user: clicks until it gets a ticket or a refusal, then polls as told until the ticket is
//! decided.

use super::{
    line::{Answer, Said, Trouble, get, post},
    score::{Score, count},
    target::Target,
};
use crate::{
    seckill::ticket::{CODE_LOST, CODE_SETTLING, CODE_UNKNOWN, CODE_WAITING, CODE_WON},
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
/// Until the next try when the shop does not say when.
const AGAIN_S: u64 = 1;
/// Milliseconds by which students who failed together come back apart, as browsers do.
const SPREAD_MS: u32 = 500;
/// Between two polls when the shop does not say, and its bounds when it does; milliseconds, as
/// browsers have them.
const POLL_MS: u64 = 1_000;
const POLL_MIN_MS: u64 = 3;
const POLL_MAX_MS: u64 = 10_000;
/// A click that was heard.
const CODE_HEARD: u16 = 100;

const PATH: &str = "/api/v1/user/sckill/";

/// What does not change from student to student.
pub struct Rules {
    /// The shop.
    pub target: Target,
    /// Tells a ticket from a refusal.
    pub signer: Signer,
    /// Clicks of each student.
    pub clicks: u32,
    path: Uri,
    sale: SaleId,
}

/// A student on the way. All moments are counted from the start.
pub struct Errand {
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
type Next = Option<(Duration, Errand)>;

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

impl Errand {
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
                let body = format!(r#"{{"sale":{},"key":"rehearsal-{number}"}}"#, rules.sale);
                post(&rules.target, rules.path.clone(), cookie, body.into())
            }
            Step::Poll(uri) => get(&rules.target, uri.clone(), cookie),
        }
    }

    /// What an answer at this moment means.
    pub fn after(
        self,
        answer: &Result<Answer, Trouble>,
        at: Duration,
        rules: &Rules,
        score: &mut Score,
    ) -> Next {
        match answer {
            Ok(answer) if answer.status == StatusCode::OK => match answer.read() {
                Some(said) => self.told(&said, at, rules, score),
                None => self.puzzled("unreadable answer", score),
            },
            Ok(answer) => {
                count(&mut score.errors, &format!("HTTP {}", answer.status));
                let is_passing =
                    answer.status >= 500 || answer.status == StatusCode::TOO_MANY_REQUESTS;
                if is_passing {
                    self.again(answer.retry_after_s, at, score)
                } else {
                    self.give_up(score)
                }
            }
            Err(trouble) => {
                count(&mut score.errors, trouble.name());
                self.again(None, at, score)
            }
        }
    }

    fn told(self, said: &Said, at: Duration, rules: &Rules, score: &mut Score) -> Next {
        match (&self.step, said.code) {
            (Step::Click(number), CODE_HEARD) => {
                let number = *number;
                self.heard(number, said, at, rules, score)
            }
            (Step::Poll(_), CODE_WON) => {
                score.won += 1;
                score.last_won = at;
                score.settled.note(at.saturating_sub(self.arrived));
                None
            }
            (Step::Poll(_), CODE_LOST) => {
                count(
                    &mut score.lost,
                    said.reason.as_deref().unwrap_or("no reason"),
                );
                score.settled.note(at.saturating_sub(self.arrived));
                None
            }
            (Step::Poll(_), CODE_WAITING | CODE_SETTLING | CODE_UNKNOWN) => {
                let wait_ms = said
                    .retry_ms
                    .unwrap_or(POLL_MS)
                    .clamp(POLL_MIN_MS, POLL_MAX_MS);
                self.later(at + Duration::from_millis(wait_ms), score)
            }
            _ => self.puzzled("unknown code", score),
        }
    }

    fn heard(
        mut self,
        number: u32,
        said: &Said,
        at: Duration,
        rules: &Rules,
        score: &mut Score,
    ) -> Next {
        score.clicks.note(at.saturating_sub(self.intended));
        let task = said.task_id.as_deref().unwrap_or_default();
        let Some(claim) = rules.signer.read(task) else {
            return self.puzzled("foreign ticket", score);
        };
        if claim.refusal.is_none() && !self.is_accepted {
            self.is_accepted = true;
            score.accepted += 1;
            score.last_accepted = at;
        }
        self.tries = 0;
        if number < rules.clicks {
            self.step = Step::Click(number + 1);
            self.intended = at + CLICK_GAP;
            return Some((self.intended, self));
        }
        let Ok(uri) = format!("{PATH}?task_id={task}").parse() else {
            return self.puzzled("foreign ticket", score);
        };
        self.step = Step::Poll(uri);
        // A refusal is asked about at once.
        let wait_ms = said
            .retry_ms
            .map_or(0, |ms| ms.clamp(POLL_MIN_MS, POLL_MAX_MS));
        Some((at + Duration::from_millis(wait_ms), self))
    }

    /// The same once more, with the same key.
    fn again(mut self, retry_after_s: Option<u64>, at: Duration, score: &mut Score) -> Next {
        self.tries += 1;
        if matches!(self.step, Step::Click(_)) && self.tries == TRIES_MAX {
            return self.give_up(score);
        }
        let wait = Duration::from_secs(retry_after_s.unwrap_or(AGAIN_S).max(AGAIN_S));
        // Apart by their numbers: the same in each rehearsal. A prime, so that neighbours are not.
        let spread = Duration::from_millis((self.student.wrapping_mul(7_919) % SPREAD_MS).into());
        self.later(at + wait + spread, score)
    }

    fn later(self, at: Duration, score: &mut Score) -> Next {
        if at.saturating_sub(self.arrived) > PATIENCE {
            self.give_up(score)
        } else {
            Some((at, self))
        }
    }

    fn puzzled(self, error: &str, score: &mut Score) -> Next {
        count(&mut score.errors, error);
        self.give_up(score)
    }

    fn give_up(self, score: &mut Score) -> Next {
        match self.step {
            Step::Click(_) => score.turned_away += 1,
            Step::Poll(_) => score.undecided += 1,
        }
        None
    }
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

    fn answer(status: u16, retry_after_s: Option<u64>, body: &str) -> Answer {
        Answer {
            status,
            retry_after_s,
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn heard(rules: &Rules, refusal: Option<Reason>) -> Answer {
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
        let (rules, mut score) = (rules(1), Score::default());
        let (at, errand) = Errand::new(3, ms(1_000))
            .after(&Ok(heard(&rules, None)), ms(1_040), &rules, &mut score)
            .expect("polls");
        assert_eq!(
            (
                at,
                score.accepted,
                score.clicks.spread().map(|spread| spread.max)
            ),
            (ms(1_040), 1, Some(40.0))
        );
        let request = errand.request(&rules, &HeaderValue::from_static("session=x"));
        assert_eq!(
            request.uri().to_string(),
            format!("{PATH}?task_id={}", ticket(&rules, None))
        );
        let waits = Ok(answer(
            200,
            None,
            r#"{"code":102,"msg":"…","place":3,"retry_ms":250}"#,
        ));
        let (at, errand) = errand
            .after(&waits, ms(1_050), &rules, &mut score)
            .expect("polls again");
        assert_eq!(at, ms(1_300));
        assert!(
            errand
                .after(
                    &Ok(answer(200, None, r#"{"code":100,"seat":1}"#)),
                    ms(1_500),
                    &rules,
                    &mut score
                )
                .is_none()
        );
        assert_eq!(
            (
                score.won,
                score.ended(),
                score.settled.spread().map(|spread| spread.max)
            ),
            (1, 1, Some(500.0))
        );
    }

    #[test]
    fn a_refusal_is_no_accepted_click_and_polled_for_its_reason() {
        let (rules, mut score) = (rules(1), Score::default());
        let refused = Ok(heard(&rules, Some(Reason::SoldOut)));
        let (_, errand) = Errand::new(3, ms(0))
            .after(&refused, ms(5), &rules, &mut score)
            .expect("polls");
        assert!(
            errand
                .after(
                    &Ok(answer(200, None, r#"{"code":101,"reason":"sold_out"}"#)),
                    ms(9),
                    &rules,
                    &mut score
                )
                .is_none()
        );
        assert_eq!((score.accepted, score.lost.get("sold_out")), (0, Some(&1)));
    }

    #[test]
    fn a_click_that_is_told_to_come_back_is_the_same_click_and_timed_from_its_first_moment() {
        let (rules, mut score) = (rules(1), Score::default());
        let body = |errand: &Errand| {
            format!(
                "{:?}",
                errand
                    .request(&rules, &HeaderValue::from_static("x"))
                    .body()
            )
        };
        let errand = Errand::new(0, ms(0));
        let first = body(&errand);
        let (at, errand) = errand
            .after(&Ok(answer(503, Some(2), "{}")), ms(10), &rules, &mut score)
            .expect("comes back");
        assert_eq!((at, body(&errand)), (ms(2_010), first));
        assert!(!errand.is_new_click());
        assert_eq!(score.errors.get("HTTP 503"), Some(&1));
        errand
            .after(&Ok(heard(&rules, None)), ms(2_020), &rules, &mut score)
            .expect("polls");
        assert_eq!(
            score.clicks.spread().map(|spread| spread.max),
            Some(2_020.0)
        );
    }

    #[test]
    fn nobody_tries_for_ever() {
        let rules = rules(1);
        for failure in [
            Ok(answer(503, Some(1), "")),
            Ok(answer(429, None, "")),
            Err(Trouble::Late),
        ] {
            let (mut score, mut next, mut tries) =
                (Score::default(), Some((ms(0), Errand::new(1, ms(0)))), 0);
            while let Some((at, errand)) = next {
                next = errand.after(&failure, at, &rules, &mut score);
                tries += 1;
                assert!(tries <= TRIES_MAX);
            }
            assert_eq!(
                (score.turned_away, score.ended(), score.errors()),
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
            let mut score = Score::default();
            assert!(
                Errand::new(1, ms(0))
                    .after(&failure, ms(1), &rules, &mut score)
                    .is_none(),
                "{failure:?}"
            );
            assert_eq!((score.turned_away, score.errors()), (1, 1));
        }
    }

    #[test]
    fn an_impatient_student_clicks_again_with_another_key() {
        let (rules, mut score) = (rules(2), Score::default());
        let (at, errand) = Errand::new(3, ms(0))
            .after(&Ok(heard(&rules, None)), ms(10), &rules, &mut score)
            .expect("clicks again");
        assert_eq!((at, errand.intended), (ms(210), ms(210)));
        assert!(errand.is_new_click());
        let (at, errand) = errand
            .after(&Ok(heard(&rules, None)), ms(230), &rules, &mut score)
            .expect("polls");
        assert!(matches!(errand.step, Step::Poll(_)));
        assert_eq!((at, score.accepted), (ms(230), 1), "one student");
    }
}
