//! What bystanders saw, held against G10 and G12 to G15.

use crate::{
    bystanders::{HIDDEN_TITLE, Visit, Wish},
    checker::{Case, example},
};
use std::collections::{HashMap, HashSet};

/// A banner is gone from every page within this time of being hidden.
const GONE_WITHIN_MS: u64 = 1_000;
/// Within this time of a fault's end: what waits for a database that does not answer gives up after
/// 8 s.
const GONE_AFTER_FAULT_MS: u64 = 10_000;
/// What a machine that runs all of this at once may add.
const SLACK_MS: u64 = 1_500;
/// A mobile gets one code in 60 s; the clocks of shop and visitor are not the same.
const CODE_GAP_MS: u64 = 55_000;

/// From when on the banner must be gone.
pub fn gone_from_ms(hidden_ms: u64, healed_ms: u64) -> u64 {
    (hidden_ms + GONE_WITHIN_MS).max(healed_ms + GONE_AFTER_FAULT_MS) + SLACK_MS
}

/// A page that an instance has shown it goes on showing, whatever happens to the database, until it
/// dies: the next one at its address has shown nothing yet.
pub fn pages_are_answered(case: &Case) -> Option<String> {
    let mut shown = HashMap::new();
    let is_new = |visit: &Visit, shown_ms: u64| {
        case.launches.iter().any(|&(instance, ms)| {
            instance == visit.instance && (shown_ms..=visit.received_ms).contains(&ms)
        })
    };
    for visit in case.visits {
        let Wish::Page { path, .. } = visit.wish else {
            continue;
        };
        match visit.status {
            Some(200) => {
                shown.insert((visit.instance, path), visit.sent_ms);
            }
            None => {}
            Some(503)
                if shown
                    .get(&(visit.instance, path))
                    .is_none_or(|&shown_ms| is_new(visit, shown_ms)) => {}
            Some(_) => return Some(example(visit)),
        }
    }
    None
}

/// A code lets in once, and a wrong one never.
pub fn codes_work_once(case: &Case) -> Option<String> {
    let mut used: HashMap<(&str, &str), &Visit> = HashMap::new();
    for visit in case.visits.iter().filter(|visit| visit.status == Some(200)) {
        let Wish::SignIn {
            mobile,
            code,
            is_right,
        } = &visit.wish
        else {
            continue;
        };
        if !is_right {
            return Some(example(visit));
        }
        if let Some(first) = used.insert((mobile, code), visit) {
            return Some(format!("{first:?} and {visit:?}"));
        }
    }
    None
}

pub fn codes_are_sent_once(case: &Case) -> Option<String> {
    let mut seen = HashSet::new();
    case.sent.iter().find(|sms| !seen.insert(*sms)).map(example)
}

pub fn banner_is_gone(case: &Case) -> Option<String> {
    let gone_from_ms = gone_from_ms(case.hidden_ms?, case.healed_ms);
    let shows = |visit: &&Visit| matches!(&visit.wish, Wish::Page { banners, .. } if banners.contains(&HIDDEN_TITLE));
    case.visits
        .iter()
        .find(|visit| visit.sent_ms > gone_from_ms && shows(visit))
        .map(example)
}

pub fn banners_are_never_empty(case: &Case) -> Option<String> {
    let is_empty = |visit: &&Visit| matches!(&visit.wish, Wish::Page { path: "/", banners } if banners.is_empty());
    case.visits
        .iter()
        .find(|visit| visit.status == Some(200) && is_empty(visit))
        .map(example)
}

pub fn nobody_clicks(case: &Case) -> Option<String> {
    case.visits
        .iter()
        .find(|visit| visit.wish == Wish::ClickByNobody && visit.status == Some(200))
        .map(example)
}

pub fn limits_hold(case: &Case) -> Option<String> {
    let mut given: HashMap<&str, &Visit> = HashMap::new();
    for visit in case.visits.iter().filter(|visit| visit.status == Some(200)) {
        let Wish::Code(mobile) = &visit.wish else {
            continue;
        };
        if let Some(first) = given.insert(mobile, visit)
            && visit.received_ms < first.sent_ms + CODE_GAP_MS
        {
            return Some(format!("{first:?} and {visit:?}"));
        }
    }
    None
}
