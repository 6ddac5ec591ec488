//! What strikes. A fault is one entry of [`FAULTS`]: what it is called, whom it can hit, what it needs, how the shop is set up for it,
//! and a function that strikes, heals, and gives how often it struck. When that returns, the shop is whole again.

mod process;

use crate::{
    dice::Dice,
    episode::{Scene, Size, Strikes},
    shop::{Pair, Shop, Staging},
};
use futures::future::BoxFuture;

/// Strikes and heals.
pub type Strike = for<'a> fn(&'a mut Shop, &'a Scene, u64, &'a mut Dice) -> BoxFuture<'a, Result<Strikes, String>>;

pub struct Fault {
    pub name: &'static str,
    pub pairs: &'static [Pair],
    /// Programs that it needs; without one of them it is reported as skipped.
    pub needs: &'static [&'static str],
    /// How many turns it gets in a round of all faults.
    pub weight: usize,
    pub size: Size,
    /// Its size in the short form; without one it takes too long for that.
    pub short: Option<Size>,
    pub staging: Staging,
    /// Seats may stay unsold: it says why where it is so.
    pub may_leave_seats: bool,
    pub strike: Strike,
}

/// A crowd of two thousand.
const RUSH: Size = Size { sales: 16, seats: 100, students: 2_000, spread_ms: 6_000, strikes_ms: (200, 3_000) };
/// The same, for faults that strike again and again.
const LONG_RUSH: Size = Size { spread_ms: 12_000, strikes_ms: (100, 800), ..RUSH };

/// For the short form.
const SHORT: Size = Size { sales: 2, seats: 100, students: 300, spread_ms: 2_000, strikes_ms: (100, 600) };

const STAGING: Staging = Staging { small_disk: false, false_clock: false, redis_proxy: false, postgres_proxy: false };

const FAULT: Fault = Fault {
    name: "",
    pairs: &Pair::ALL,
    needs: &[],
    weight: 1,
    size: RUSH,
    short: Some(SHORT),
    staging: STAGING,
    may_leave_seats: false,
    strike: |_, _, _, _| Box::pin(async { Ok(Strikes::default()) }),
};

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "kill -9",
        weight: 8,
        size: LONG_RUSH,
        strike: |shop, scene, _, dice| Box::pin(process::kill(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "SIGTERM under load",
        size: LONG_RUSH,
        strike: |shop, scene, _, dice| Box::pin(process::terminate(shop, scene, dice)),
        ..FAULT
    },
    Fault { name: "SIGSTOP 30 s", short: None, strike: |shop, _, _, dice| Box::pin(process::stop(shop, dice)), ..FAULT },
];
