//! What strikes. A fault is one entry of [`FAULTS`]: what it is called, whom it can hit, what it
//! needs, how the shop is set up for it, and a function that strikes, heals, and gives how often it
//! struck. When that returns, the shop is whole again.

mod clients;
mod clock;
mod disk;
mod gate;
mod holds;
mod log;
mod orders;
mod postgres;
mod process;
mod redis;
mod rivals;
mod strace;
mod strangers;

use crate::{
    dice::Dice,
    episode::{Scene, Size, Strikes},
    outlet::Outlet,
    proxy::Weather,
    shop::{FAKETIME, Pair, Shop, Staging},
};
use futures::future::BoxFuture;
use std::time::Duration;

/// Strikes and heals.
pub type Strike = for<'a> fn(
    &'a mut Shop,
    &'a Scene,
    u64,
    &'a mut Dice,
) -> BoxFuture<'a, Result<Strikes, String>>;

pub struct Fault {
    /// Without a comma: one stands between the parts of names that `--faults` takes.
    pub name: &'static str,
    pub pairs: &'static [Pair],
    /// Programs and files that it needs; without one of them it is reported as skipped.
    pub needs: &'static [&'static str],
    /// How many turns it gets in a round of all faults.
    pub weight: usize,
    pub size: Size,
    /// Its size in the short form; without one it takes too long for that.
    pub short: Option<Size>,
    pub staging: Staging,
    /// It takes nothing of the shop away, so that nobody else may notice it.
    pub is_whole: bool,
    pub strike: Strike,
}

impl Fault {
    /// Whether its name contains this, which is in lower case.
    pub fn is_named(&self, part: &str) -> bool {
        self.name.to_lowercase().contains(part)
    }
}

/// A crowd of two thousand.
const RUSH: Size = Size {
    sales: 16,
    seats: 100,
    students: 2_000,
    calm_ms: 0,
    spread_ms: 6_000,
    strikes_ms: (200, 2_500),
};
/// The same, for faults that strike again and again.
const LONG_RUSH: Size = Size {
    spread_ms: 12_000,
    strikes_ms: (100, 800),
    ..RUSH
};
/// A small sale, which begins once everything is in its place.
const SMALL: Size = Size {
    sales: 1,
    seats: 20,
    students: 40,
    calm_ms: 250,
    spread_ms: 300,
    strikes_ms: (0, 1),
};
/// For the short form.
const SHORT: Size = Size {
    sales: 2,
    seats: 100,
    students: 300,
    calm_ms: 0,
    spread_ms: 1_500,
    strikes_ms: (100, 400),
};

const SQLITE: &[Pair] = &[Pair::Sqlite];
const POSTGRES: &[Pair] = &[Pair::Postgres];

/// A crowd that is there while strangers are.
const BESIDE: Size = Size {
    sales: 8,
    seats: 60,
    students: 600,
    calm_ms: 300,
    spread_ms: 7_000,
    strikes_ms: (0, 200),
};
/// The same for the short form.
const SHORT_BESIDE: Size = Size {
    sales: 2,
    seats: 100,
    students: 240,
    calm_ms: 100,
    spread_ms: 5_000,
    ..BESIDE
};
/// A crowd that still comes when a lock of 20 s is gone.
const LOCKED_OUT: Size = Size {
    sales: 6,
    students: 800,
    calm_ms: 0,
    spread_ms: 22_000,
    strikes_ms: (500, 1_500),
    ..RUSH
};

/// Seats that are paid, or clicked again after a few seconds: who comes late finds them.
const HELD: Size = Size {
    sales: 4,
    seats: 60,
    students: 800,
    calm_ms: 0,
    spread_ms: 20_000,
    strikes_ms: (200, 3_000),
};
/// The same for the short form.
const SHORT_HELD: Size = Size {
    sales: 2,
    seats: 40,
    students: 240,
    spread_ms: 6_000,
    strikes_ms: (100, 1_000),
    ..HELD
};
/// A thousand students for a hundred seats, of whom three of ten never pay.
const THOUSAND: Size = Size {
    sales: 1,
    seats: 100,
    students: 1_000,
    calm_ms: 0,
    spread_ms: 30_000,
    strikes_ms: (100, 800),
};

const STAGING: Staging = Staging {
    small_disk: false,
    false_clock: false,
    redis_proxy: false,
    postgres_proxy: false,
    gate: false,
    alone: false,
    hold_s: 0,
    instances: 0,
    connections_max: 0,
    outlet: Outlet::File,
};
const PAID: Staging = Staging {
    hold_s: 4,
    ..STAGING
};
/// As many as a small shop would have, and holds that outlast a kill.
const PAID_AT_THREE: Staging = Staging {
    hold_s: 12,
    instances: 3,
    ..STAGING
};
const BEHIND_NGINX: Staging = Staging {
    gate: true,
    ..STAGING
};
const LOG_IN_PIPE: Staging = Staging {
    outlet: Outlet::Pipe,
    ..STAGING
};
const BEHIND_REDIS_PROXY: Staging = Staging {
    redis_proxy: true,
    ..STAGING
};
const BEHIND_POSTGRES_PROXY: Staging = Staging {
    postgres_proxy: true,
    ..STAGING
};

const FAULT: Fault = Fault {
    name: "",
    pairs: &Pair::ALL,
    needs: &[],
    weight: 1,
    size: RUSH,
    short: None,
    staging: STAGING,
    is_whole: false,
    strike: |_, _, _, _| Box::pin(async { Ok(Strikes::default()) }),
};

/// Calls of the system, and what becomes of the N-th of them.
macro_rules! nth {
    ($name:literal, $pairs:expr, $calls:literal, $effect:literal) => {
        Fault {
            name: $name,
            pairs: $pairs,
            needs: &["strace"],
            weight: 5,
            size: SMALL,
            short: Some(SMALL),
            strike: |shop, scene, turn, _| {
                Box::pin(strace::nth(shop, scene, turn, $calls, $effect))
            },
            ..FAULT
        }
    };
}

macro_rules! clock {
    ($name:literal, $offset:literal) => {
        Fault {
            name: $name,
            needs: &[FAKETIME],
            staging: Staging {
                false_clock: true,
                ..STAGING
            },
            strike: |shop, scene, _, _| Box::pin(clock::jump(shop, $offset, scene.sales[0])),
            ..FAULT
        }
    };
}

macro_rules! gateway_weather {
    ($name:literal, $weather:expr, $short:expr) => {
        Fault {
            name: $name,
            size: HELD,
            short: $short,
            staging: PAID,
            is_whole: true,
            strike: |shop, scene, _, _| Box::pin(holds::weather(shop, scene, $weather)),
            ..FAULT
        }
    };
}

macro_rules! redis_weather {
    ($name:literal, $weather:expr) => {
        Fault {
            name: $name,
            pairs: POSTGRES,
            staging: BEHIND_REDIS_PROXY,
            strike: |shop, _, _, _| Box::pin(redis::weather(shop, $weather)),
            ..FAULT
        }
    };
}

macro_rules! postgres_weather {
    ($name:literal, $weather:expr) => {
        Fault {
            name: $name,
            pairs: POSTGRES,
            staging: BEHIND_POSTGRES_PROXY,
            strike: |shop, _, _, _| Box::pin(postgres::weather(shop, $weather)),
            ..FAULT
        }
    };
}

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "kill -9",
        weight: 12,
        size: LONG_RUSH,
        short: Some(SHORT),
        strike: |shop, scene, _, dice| Box::pin(process::kill(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "SIGTERM under load",
        size: LONG_RUSH,
        short: Some(SHORT),
        strike: |shop, scene, _, dice| Box::pin(process::terminate(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "SIGSTOP 30 s",
        strike: |shop, _, _, dice| Box::pin(process::stop(shop, dice)),
        ..FAULT
    },
    nth!(
        "kill at the N-th pwrite64",
        SQLITE,
        "pwrite64",
        "signal=KILL"
    ),
    nth!("EIO at the N-th pwrite64", SQLITE, "pwrite64", "error=EIO"),
    nth!(
        "ENOSPC at the N-th pwrite64",
        SQLITE,
        "pwrite64",
        "error=ENOSPC"
    ),
    nth!(
        "kill at the N-th fdatasync or fsync",
        SQLITE,
        "fdatasync,fsync",
        "signal=KILL"
    ),
    nth!(
        "EIO at the N-th fdatasync or fsync",
        SQLITE,
        "fdatasync,fsync",
        "error=EIO"
    ),
    nth!(
        "ENOSPC at the N-th fdatasync or fsync",
        SQLITE,
        "fdatasync,fsync",
        "error=ENOSPC"
    ),
    nth!(
        "kill at the N-th sendto or writev",
        &Pair::ALL,
        "sendto,writev",
        "signal=KILL"
    ),
    nth!(
        "EIO at the N-th sendto or writev",
        &Pair::ALL,
        "sendto,writev",
        "error=EIO"
    ),
    nth!(
        "ENOSPC at the N-th sendto or writev",
        &Pair::ALL,
        "sendto,writev",
        "error=ENOSPC"
    ),
    Fault {
        name: "disk full and healed",
        pairs: SQLITE,
        needs: &["tmpfs"],
        staging: Staging {
            small_disk: true,
            ..STAGING
        },
        strike: |shop, _, _, _| Box::pin(disk::full(shop)),
        ..FAULT
    },
    Fault {
        name: "Redis emptied",
        pairs: POSTGRES,
        short: Some(SHORT),
        strike: |shop, scene, _, dice| Box::pin(redis::flush(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "Redis killed",
        pairs: POSTGRES,
        strike: |shop, scene, _, dice| Box::pin(redis::kill(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "Redis paused 3 s",
        pairs: POSTGRES,
        strike: |shop, _, _, _| Box::pin(redis::pause(shop)),
        ..FAULT
    },
    Fault {
        name: "Redis out of memory",
        pairs: POSTGRES,
        strike: |shop, _, _, _| Box::pin(redis::out_of_memory(shop)),
        ..FAULT
    },
    Fault {
        name: "Redis: garbage on the bell",
        pairs: POSTGRES,
        short: Some(SHORT),
        strike: |shop, scene, _, dice| Box::pin(redis::garbage(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "Redis: group or stream deleted",
        pairs: POSTGRES,
        short: Some(SHORT),
        strike: |shop, scene, _, dice| Box::pin(redis::no_group(shop, scene, dice)),
        ..FAULT
    },
    redis_weather!("Redis: its answers do not arrive", Weather::AnswersLost),
    redis_weather!("Redis: words to it do not arrive", Weather::WordsLost),
    redis_weather!("Redis: connections reset", Weather::Reset),
    redis_weather!(
        "Redis: 300 ms late",
        Weather::Late(Duration::from_millis(300))
    ),
    Fault {
        name: "PostgreSQL stopped at once",
        pairs: POSTGRES,
        short: Some(SHORT),
        strike: |_, _, _, dice| Box::pin(postgres::crash(dice)),
        ..FAULT
    },
    Fault {
        name: "PostgreSQL: backends terminated in COMMIT",
        pairs: POSTGRES,
        strike: |shop, scene, _, dice| Box::pin(postgres::terminate(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "PostgreSQL: the reply of COMMIT dropped",
        pairs: POSTGRES,
        short: Some(SHORT),
        staging: BEHIND_POSTGRES_PROXY,
        strike: |shop, scene, _, dice| Box::pin(postgres::lost_commit(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "PostgreSQL: no connection free",
        pairs: POSTGRES,
        strike: |shop, _, _, _| Box::pin(postgres::crowded(shop)),
        ..FAULT
    },
    Fault {
        name: "PostgreSQL: read-only",
        pairs: POSTGRES,
        strike: |shop, _, _, _| Box::pin(postgres::read_only(shop)),
        ..FAULT
    },
    postgres_weather!(
        "PostgreSQL: its answers do not arrive",
        Weather::AnswersLost
    ),
    postgres_weather!("PostgreSQL: connections reset", Weather::Reset),
    postgres_weather!("PostgreSQL: connections half closed", Weather::HalfClosed),
    postgres_weather!(
        "PostgreSQL: 100 ms late",
        Weather::Late(Duration::from_millis(100))
    ),
    postgres_weather!("PostgreSQL: 512 bytes in 10 ms", Weather::Narrow(512)),
    clock!("clock 1 h forth", "+1h"),
    clock!("clock 3 h forth past the sale's end", "+3h"),
    clock!("clock 1 d back", "-1d"),
    Fault {
        name: "clock 40 d forth and right again",
        needs: &[FAKETIME],
        // Sales that ended weeks ago are not known: the crowd comes when they are again.
        size: Size {
            sales: 4,
            students: 440,
            calm_ms: 82_000,
            spread_ms: 4_000,
            strikes_ms: (0, 1),
            ..RUSH
        },
        staging: Staging {
            false_clock: true,
            ..STAGING
        },
        strike: |shop, scene, _, _| Box::pin(clock::far(shop, scene)),
        ..FAULT
    },
    Fault {
        name: "slow clients",
        strike: |shop, _, _, dice| Box::pin(clients::slow(shop, dice)),
        ..FAULT
    },
    Fault {
        name: "a storm of polls",
        size: Size {
            strikes_ms: (800, 2_500),
            ..RUSH
        },
        strike: |shop, scene, _, dice| Box::pin(clients::storm(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "clients that do not read",
        size: Size {
            students: 600,
            calm_ms: 2_000,
            spread_ms: 9_000,
            strikes_ms: (0, 1),
            ..BESIDE
        },
        staging: Staging {
            connections_max: 400,
            ..STAGING
        },
        is_whole: true,
        strike: |shop, _, _, _| Box::pin(strangers::unread(shop)),
        ..FAULT
    },
    Fault {
        name: "keys made by strangers",
        size: BESIDE,
        is_whole: true,
        strike: |shop, _, _, dice| Box::pin(strangers::keys(shop, dice)),
        ..FAULT
    },
    Fault {
        name: "hostile heads",
        size: BESIDE,
        is_whole: true,
        strike: |shop, _, _, _| Box::pin(strangers::heads(shop)),
        ..FAULT
    },
    Fault {
        name: "log: its reader stops",
        size: BESIDE,
        short: Some(SHORT_BESIDE),
        staging: LOG_IN_PIPE,
        is_whole: true,
        strike: |shop, _, _, dice| Box::pin(log::rests(shop, dice)),
        ..FAULT
    },
    Fault {
        name: "log: its pipe is closed",
        size: BESIDE,
        staging: LOG_IN_PIPE,
        strike: |shop, _, _, dice| Box::pin(log::closed(shop, dice)),
        ..FAULT
    },
    Fault {
        name: "log: its disk is full",
        needs: &["/dev/full"],
        size: BESIDE,
        staging: Staging {
            outlet: Outlet::Full,
            ..STAGING
        },
        is_whole: true,
        strike: |shop, _, _, dice| Box::pin(log::full(shop, dice)),
        ..FAULT
    },
    Fault {
        name: "nginx: hostile heads",
        needs: &["nginx"],
        size: BESIDE,
        short: Some(SHORT_BESIDE),
        staging: BEHIND_NGINX,
        is_whole: true,
        strike: |shop, _, _, _| Box::pin(strangers::heads(shop)),
        ..FAULT
    },
    Fault {
        name: "nginx: PostgreSQL away and students who click",
        pairs: POSTGRES,
        needs: &["nginx"],
        weight: 2,
        size: BESIDE,
        short: Some(SHORT_BESIDE),
        staging: BEHIND_NGINX,
        strike: |_, _, _, dice| Box::pin(postgres::away(dice)),
        ..FAULT
    },
    Fault {
        name: "nginx: Redis away",
        pairs: POSTGRES,
        needs: &["nginx"],
        size: BESIDE,
        staging: BEHIND_NGINX,
        strike: |shop, scene, _, dice| Box::pin(redis::kill(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "nginx: instances killed and hostile heads",
        pairs: POSTGRES,
        needs: &["nginx"],
        size: LONG_RUSH,
        staging: BEHIND_NGINX,
        strike: |shop, scene, _, dice| Box::pin(gate::kill(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "nginx: instances drained and hostile heads",
        pairs: POSTGRES,
        needs: &["nginx"],
        size: LONG_RUSH,
        staging: BEHIND_NGINX,
        strike: |shop, scene, _, dice| Box::pin(gate::drain(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "Redis with an older state",
        pairs: POSTGRES,
        weight: 2,
        strike: |shop, scene, _, dice| Box::pin(redis::older(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "orders cancelled",
        weight: 2,
        size: Size {
            strikes_ms: (800, 2_000),
            ..RUSH
        },
        short: Some(Size {
            strikes_ms: (600, 900),
            ..SHORT
        }),
        strike: |shop, scene, _, dice| Box::pin(orders::cancel(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "holds: kill -9",
        weight: 4,
        size: HELD,
        short: Some(SHORT_HELD),
        staging: PAID,
        strike: |shop, scene, _, dice| Box::pin(holds::kill(shop, scene, dice)),
        ..FAULT
    },
    gateway_weather!(
        "holds: the gateway answers 500",
        Weather::Fails,
        Some(SHORT_HELD)
    ),
    gateway_weather!(
        "holds: the gateway's answers do not arrive",
        Weather::AnswersLost,
        None
    ),
    gateway_weather!("holds: the gateway does not hear", Weather::WordsLost, None),
    gateway_weather!("holds: the gateway hangs up", Weather::Reset, None),
    gateway_weather!(
        "holds: the gateway is 1.5 s late",
        Weather::Late(Duration::from_millis(1_500)),
        None
    ),
    Fault {
        name: "holds: Redis killed",
        pairs: POSTGRES,
        size: HELD,
        staging: PAID,
        strike: |shop, scene, _, dice| Box::pin(redis::kill(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "holds: PostgreSQL stopped at once",
        pairs: POSTGRES,
        size: HELD,
        staging: PAID,
        strike: |_, _, _, dice| Box::pin(postgres::crash(dice)),
        ..FAULT
    },
    Fault {
        name: "holds: a thousand students and three instances killed",
        size: THOUSAND,
        staging: PAID_AT_THREE,
        strike: |shop, scene, _, dice| Box::pin(holds::kill(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "no Redis: a second server",
        pairs: POSTGRES,
        size: BESIDE,
        staging: Staging {
            alone: true,
            ..STAGING
        },
        strike: |shop, scene, _, dice| Box::pin(rivals::try_second(shop, scene, dice)),
        ..FAULT
    },
    Fault {
        name: "PostgreSQL: the row of another sale locked",
        pairs: POSTGRES,
        size: LOCKED_OUT,
        strike: |shop, scene, _, dice| Box::pin(postgres::locked(shop, scene, dice)),
        ..FAULT
    },
];

/// A part of names that an argument gives, in lower case. One that no name contains is an error: a
/// run of it would try nothing.
pub fn part_of_name(text: &str) -> Result<String, String> {
    let part = text.trim().to_lowercase();
    if !part.is_empty() && FAULTS.iter().any(|fault| fault.is_named(&part)) {
        Ok(part)
    } else {
        Err("no fault has this in its name".to_owned())
    }
}

/// A fault is found by its name, and by a part of it in any case.
pub fn check() {
    for fault in FAULTS {
        let name = fault.name;
        assert!(!name.contains(','), "{name}");
        assert_eq!(part_of_name(name), Ok(name.to_lowercase()));
    }
    assert_eq!(part_of_name(" redis"), Ok("redis".to_owned()));
    assert_eq!(part_of_name("DISK"), Ok("disk".to_owned()));
    for nothing in ["", " ", "rebis"] {
        assert!(part_of_name(nothing).is_err(), "{nothing:?}");
    }
}
