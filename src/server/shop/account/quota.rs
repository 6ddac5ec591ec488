//! Quotas of SMS codes: which counters a request uses up, and whether it is allowed. Pure rules;
//! the database keeps the counters.
//!
//! A window of a counter begins and ends with the clock (a day at midnight of the shop), and its
//! end is part of its key: what was counted under a wrong clock is in windows of another time, and
//! refuses nobody once the clock is right. Mobiles and addresses stand in keys as a hash, so that
//! no backup or listing shows them. It has no secret: who has the counters can try every number, so
//! they are swept with their windows, within a day.

mod limit;

use self::limit::{ClockWindow, Limit, hash, next};
use crate::{
    rules::proof,
    server::{
        challenge::{BITS_MIN, ChallengeScope, Proven, UNPROVEN_GAP_MS},
        config::SmsSettings,
        rate_limit::network::Networks,
        store::{SmsStanding, SmsUse},
    },
    types::time::{DAY_MS, MINUTE_MS, Millis},
};

/// Percents of a budget at which operators hear of it.
const ALARMS: [i64; 3] = [100, 80, 50];

/// What there is of codes in a day, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    pub all: i64,
    /// For everybody but students in a network that they signed in from before.
    pub away: i64,
    /// For mobiles that are no student's.
    pub strangers: i64,
}

impl Budget {
    /// The reserve is kept for students, and half of it for those at home: who knows students'
    /// mobiles can burn the other half.
    pub fn new(codes: i64, reserve_percent: i64) -> Self {
        let reserve = codes.saturating_mul(reserve_percent) / 100;
        Self {
            all: codes,
            away: codes - reserve / 2,
            strangers: codes - reserve,
        }
    }
}

/// The percents of a budget that one more code reaches, if operators are to hear of it: the count
/// is exact, so they hear once.
pub fn alarm(before: i64, codes: i64) -> Option<i64> {
    let is_reached =
        |percent: i64, spent: i64| spent.saturating_mul(100) >= codes.saturating_mul(percent);
    ALARMS.into_iter().find(|&percent| {
        !is_reached(percent, before) && is_reached(percent, before.saturating_add(1))
    })
}

/// Counters of the shop's day.
#[derive(Clone, Debug)]
pub struct Day {
    all: String,
    away: String,
    strangers: String,
    ends_at: Millis,
}

impl Day {
    /// That of a moment.
    pub fn of(now: Millis) -> Self {
        let ends_at = now.shop_midnight();
        let key = |name: &str| format!("{name}.{}", ends_at.0);
        Self {
            all: key("day"),
            away: key("away"),
            strangers: key("strangers"),
            ends_at,
        }
    }

    pub fn keys(&self) -> [String; 3] {
        [&self.all, &self.away, &self.strangers].map(Clone::clone)
    }

    /// What was spent of each part of the budget.
    pub fn spent(&self, standing: &SmsStanding) -> Budget {
        let [all, away, strangers] =
            [&self.all, &self.away, &self.strangers].map(|key| standing.count(key));
        Budget {
            all,
            away,
            strangers,
        }
    }
}

/// Why no code is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaRefusal {
    /// Something is used up.
    Wait {
        retry_ms: i64,
        /// What, for the metrics.
        what: &'static str,
    },
    /// A proof of so many zero bits would let it through.
    Prove {
        /// Zero bits.
        bits: u32,
        /// Milliseconds until it may do without.
        retry_ms: i64,
    },
}

/// All that one request is judged by.
#[derive(Clone, Debug)]
pub struct Quota<'a> {
    now: Millis,
    /// Zero bits that its address pays because of what was refused to it.
    own_bits: u32,
    proof: Option<(Proven, Limit)>,
    sms: &'a SmsSettings,
    /// Of the mobile in its network.
    here: [Limit; 3],
    /// Of the mobile in all networks that it never signed in from.
    away: Limit,
    /// Of the address: for those who never signed in from its network, and for those who did.
    address: [Limit; 2],
    networks: Vec<Limit>,
    unproven: Limit,
    minutes: [String; 2],
    day: Day,
    home: String,
}

impl<'a> Quota<'a> {
    /// Of a request that came now, with its proof.
    pub fn new(
        sms: &'a SmsSettings,
        asker: ChallengeScope<'_>,
        own_bits: u32,
        proof: Option<Proven>,
        now: Millis,
    ) -> Self {
        let networks = Networks::of(asker.address);
        let (mobile, address, home) = (asker.mobile.digits(), asker.address, networks.home());
        let (hour, today) = (ClockWindow::hour(now), ClockWindow::day(now));
        let of_address =
            |name| Limit::window("address_hour", sms.address_hour, hour, name, &[address]);
        let minute = |at: Millis| format!("minute.{}", next(at, MINUTE_MS));
        Self {
            now,
            own_bits,
            proof: proof.map(|proven| (proven, Limit::once(&proven))),
            sms,
            here: of_mobile_here(sms, mobile, home, now),
            away: Limit::window(
                "mobile_away_day",
                sms.mobile_away_day,
                today,
                "a",
                &[mobile],
            ),
            address: ["s", "k"].map(of_address),
            networks: of_networks(sms, &networks, today),
            unproven: Limit::gap("unproven", UNPROVEN_GAP_MS, now, "u", &[address]),
            minutes: [minute(now), minute(now.plus(-MINUTE_MS))],
            day: Day::of(now),
            home: home_key(mobile, home),
        }
    }

    /// The keys of every counter that may matter.
    pub fn keys(&self) -> Vec<String> {
        let limits = self
            .here
            .iter()
            .chain([&self.away, &self.unproven])
            .chain(&self.address)
            .chain(&self.networks);
        let limits = limits
            .chain(self.proof.iter().map(|(_, once)| once))
            .map(|limit| &limit.key);
        limits
            .chain(&self.minutes)
            .chain(&self.day.keys())
            .cloned()
            .collect()
    }

    /// The key of the gap between two codes for this mobile.
    pub fn gap_key(&self) -> &str {
        let [gap, ..] = &self.here;
        &gap.key
    }

    /// Milliseconds left of a gap that ends then; `None` when it is over, or was written by a clock
    /// that was wrong.
    pub fn gap_left(&self, ends_at: Millis) -> Option<i64> {
        let [gap, ..] = &self.here;
        gap.is_now(ends_at, self.now)
            .then(|| ends_at.since(self.now))
    }

    /// The asker's network, as the student's are kept.
    pub fn home(&self) -> &str {
        &self.home
    }

    /// The shop's day.
    pub fn day(&self) -> &Day {
        &self.day
    }

    /// The budget of the day, as the settings or an operator have it.
    pub fn budget(&self, standing: &SmsStanding) -> Budget {
        Budget::new(
            standing.budget.unwrap_or(self.sms.shop_day),
            self.sms.reserve_percent,
        )
    }

    /// What the request uses up if it is served.
    ///
    /// # Errors
    /// Why it is not.
    pub fn judge(&self, standing: &SmsStanding) -> Result<Vec<SmsUse>, QuotaRefusal> {
        let mut limits = self.limits(standing);
        let waits = limits
            .iter()
            .filter_map(|limit| Some((limit.wait(standing, self.now)?, limit.what)));
        if let Some((retry_ms, what)) = waits.max() {
            return Err(QuotaRefusal::Wait { retry_ms, what });
        }
        let bits = self.bits(standing);
        let proven = self.proof.as_ref().filter(|(proven, once)| {
            proven.is_worth(bits) && once.wait(standing, self.now).is_none()
        });
        match proven {
            Some((_, once)) => limits.push(once.clone()),
            // Only who was asked for a proof and gave none uses this up: the others of an address
            // leave it to one who can't.
            None if bits > 0 => match self.unproven.wait(standing, self.now) {
                Some(retry_ms) => return Err(QuotaRefusal::Prove { bits, retry_ms }),
                None => limits.push(self.unproven.clone()),
            },
            None => {}
        }
        let shop = self.minutes.first().map(|key| SmsUse {
            key: key.clone(),
            ends_at: Millis(next(self.now, MINUTE_MS)),
        });
        Ok(limits.iter().map(Limit::used).chain(shop).collect())
    }

    /// The limits of this asker. A student at home has none that strangers elsewhere can reach.
    fn limits(&self, standing: &SmsStanding) -> Vec<Limit> {
        let budget = self.budget(standing);
        let part = |key: &String, most| Limit {
            what: "budget",
            key: key.clone(),
            most,
            span_ms: DAY_MS,
            ends_at: self.day.ends_at,
        };
        let [of_strangers, of_known] = &self.address;
        let mut limits = self.here.to_vec();
        limits.push(part(&self.day.all, budget.all));
        if standing.is_home {
            limits.push(of_known.clone());
            return limits;
        }
        limits.extend([
            self.away.clone(),
            of_strangers.clone(),
            part(&self.day.away, budget.away),
        ]);
        limits.extend(self.networks.iter().cloned());
        if !standing.is_student {
            limits.push(part(&self.day.strangers, budget.strangers));
        }
        limits
    }

    /// Zero bits of the work that this code costs just now.
    fn bits(&self, standing: &SmsStanding) -> u32 {
        if standing.is_home {
            return self.own_bits;
        }
        let load = self
            .minutes
            .iter()
            .map(|key| standing.count(key))
            .max()
            .unwrap_or_default();
        let (budget, spent) = (self.budget(standing), self.day.spent(standing));
        let (most, spent) = if standing.is_student {
            (budget.away, spent.away)
        } else {
            (budget.strangers, spent.strangers)
        };
        // The first network in which a mobile is asked for is as likely its owner's as not; the
        // next ones pay.
        let [_, _, here] = &self.here;
        let is_moved = standing.count(&self.away.key) > standing.count(&here.key);
        let moved = if is_moved { BITS_MIN } else { 0 };
        by_load(load, self.sms.calm_minute)
            .max(by_budget(spent, most))
            .max(moved)
            .max(self.own_bits)
    }
}

/// The limits of a mobile in the network that it is asked for from.
fn of_mobile_here(sms: &SmsSettings, mobile: &str, home: &str, now: Millis) -> [Limit; 3] {
    let (whose, gap_ms) = ([mobile, home], sms.gap_s.saturating_mul(1_000));
    let (hour, today) = (ClockWindow::hour(now), ClockWindow::day(now));
    [
        Limit::gap("mobile_gap", gap_ms, now, "g", &whose),
        Limit::window("mobile_hour", sms.mobile_hour, hour, "h", &whose),
        Limit::window("mobile_day", sms.mobile_day, today, "d", &whose),
    ]
}

/// The limits of the address' network, and of the site that the network is part of.
fn of_networks(sms: &SmsSettings, networks: &Networks, today: ClockWindow) -> Vec<Limit> {
    let of = |network: &str, most| Limit::window("network_day", most, today, "n", &[network]);
    let site = networks.site.as_deref();
    let site = site.map(|site| of(site, sms.site_day));
    [of(&networks.network, sms.network_day)]
        .into_iter()
        .chain(site)
        .collect()
}

/// Zero bits while many ask: none up to `calm` codes in a minute, one more with each doubling from
/// there.
fn by_load(minute: i64, calm: i64) -> u32 {
    if minute < calm {
        0
    } else {
        harder((minute / calm.max(1)).max(1).ilog2())
    }
}

/// Zero bits once half of a part of the budget is spent, one more each time that half of what was
/// left is.
fn by_budget(spent: i64, most: i64) -> u32 {
    let left = most.saturating_sub(spent);
    if left.saturating_mul(2) > most {
        0
    } else {
        harder((most / left.max(1)).max(2).ilog2() - 1)
    }
}

/// Zero bits that an address pays because so many requests of it were refused of late: none up to
/// `free`, one more with each doubling. It slows a flood down, and keeps nobody out who shares the
/// address.
pub fn by_refusals(refused: u32, free: u32) -> u32 {
    if refused < free {
        0
    } else {
        harder((refused / free.max(1)).max(1).ilog2())
    }
}

fn harder(doublings: u32) -> u32 {
    BITS_MIN.saturating_add(doublings).min(proof::BITS_MAX)
}

/// A network that a student signed in from, as it is kept: a hash of both. The signing key has no
/// part in it, since it may change.
pub fn home_key(mobile: &str, network: &str) -> String {
    hash(&["home", mobile, network])
}

#[cfg(test)]
mod tests;
