//! The desk that instances share in Redis judges as the room does.

use ::redis::{Connection, Script};
use proptest::{prelude::*, test_runner::TestRunner};
use qiangke::{
    rules::seckill::{
        admission::{Admission, Verdict},
        window::Window,
    },
    types::{
        ids::{StudentId, TicketId},
        sale::Reason,
        time::Millis,
    },
};
use std::collections::HashMap;
use support::redis::RedisServer;

/// Histories that are tried.
const HISTORIES: u32 = 128;
/// Milliseconds that a ticket of the test counts as on its way.
const RECENT_MS: i64 = 60_000;

/// What may happen at a desk.
#[derive(Clone, Debug)]
enum Move {
    /// Students click at a moment, in one batch.
    Clicks { now: i64, students: Vec<i64> },
    /// The database did not take a student's ticket; it may have another that stands.
    Refused { student: i64, stands: bool },
    /// It is counted from a database that took none of the tickets yet.
    Recount,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        4 => (90..210_i64, prop::collection::vec(0..12_i64, 1..8)).prop_map(|(now, students)| Move::Clicks { now, students }),
        1 => (0..12_i64, any::<bool>()).prop_map(|(student, stands)| Move::Refused { student, stands }),
        1 => Just(Move::Recount),
    ];
    prop::collection::vec(one, 1..20)
}

/// The desk of one history, in Redis.
struct Desk<'a> {
    connection: &'a mut Connection,
    epoch: u32,
    is_final: bool,
}

impl Desk<'_> {
    const KEYS: [&'static str; 3] = ["{sale:1}:desk", "{sale:1}:holders", "{sale:1}:recent"];

    fn call<T: ::redis::FromRedisValue>(&mut self, script: &str, arguments: Vec<Vec<u8>>) -> T {
        let script = Script::new(script);
        let mut call = script.prepare_invoke();
        for key in Self::KEYS {
            call.key(key);
        }
        call.key(format!("{{sale:1}}:staged:{}", self.epoch + 1));
        for argument in arguments {
            call.arg(argument);
        }
        call.invoke(self.connection).expect("the script runs")
    }

    /// From a database in which nobody holds a ticket.
    fn recount(&mut self, window: Window, free: i64, doubted_ms: i64) {
        assert_eq!(self.rebuild(window, free, doubted_ms, 0), "ok");
        self.epoch += 1;
    }

    /// From a database of which so many holders were staged.
    fn rebuild(&mut self, window: Window, free: i64, doubted_ms: i64, staged: i64) -> String {
        let before = if self.epoch == 0 {
            String::new()
        } else {
            self.epoch.to_string()
        };
        let numbers = [
            window.opens_at.0,
            window.closes_at.0,
            i64::from(window.paused),
            free,
            60_000,
            RECENT_MS,
            doubted_ms,
            i64::from(self.is_final),
            staged,
        ];
        let epochs = [before, (self.epoch + 1).to_string()];
        let arguments = epochs
            .into_iter()
            .chain(numbers.map(|number| number.to_string()))
            .map(String::into_bytes)
            .collect();
        self.call(
            include_str!("../../src/server/queue/redis/rebuild.lua"),
            arguments,
        )
    }

    fn offer(&mut self, now: i64, clicks: &[(StudentId, TicketId)]) -> (i64, Vec<Verdict>) {
        let head = [
            self.epoch.to_string(),
            now.to_string(),
            RECENT_MS.to_string(),
        ]
        .map(String::into_bytes);
        let clicks = clicks
            .iter()
            .flat_map(|(student, ticket)| [student.to_string().into_bytes(), ticket.0.to_vec()]);
        let answer: Vec<Vec<u8>> = self.call(
            include_str!("../../src/server/queue/redis/offer.lua"),
            head.into_iter().chain(clicks).collect(),
        );
        assert_eq!(answer[2], i64::from(self.is_final).to_string().into_bytes());
        let left = String::from_utf8_lossy(&answer[1])
            .parse()
            .expect("a number");
        (
            left,
            answer[3..].iter().map(|verdict| read(verdict)).collect(),
        )
    }

    fn release(&mut self, student: StudentId, ticket: TicketId, standing: Option<TicketId>) {
        let standing = standing.map_or_else(Vec::new, |id| id.0.to_vec());
        let arguments = vec![
            student.to_string().into_bytes(),
            ticket.0.to_vec(),
            standing,
        ];
        let _: i64 = self.call(
            include_str!("../../src/server/queue/redis/release.lua"),
            arguments,
        );
    }
}

fn read(verdict: &[u8]) -> Verdict {
    match verdict.split_first() {
        Some((b'a', [])) => Verdict::Admitted,
        Some((b'h', id)) => Verdict::Yours(TicketId(id.try_into().expect("an id"))),
        Some((b'n', [digit])) => {
            Verdict::Refused(Reason::of_number(digit - b'0').expect("a reason"))
        }
        _ => panic!("{verdict:?}"),
    }
}

/// Plays a history at both desks.
fn play(
    desk: &mut Desk,
    window: Window,
    seats: i64,
    doubted: bool,
    moves: Vec<Move>,
) -> Result<(), TestCaseError> {
    let mut room = Admission::new(seats, HashMap::new());
    if doubted {
        room = room.doubted();
    }
    let doubted_ms = if doubted { RECENT_MS } else { 0 };
    desk.recount(window, seats, doubted_ms);
    let (mut tickets, mut on_their_way) = (0_u8, HashMap::new());
    let mut ticket = || {
        tickets += 1;
        TicketId([tickets; 16])
    };
    for step in moves {
        match step {
            Move::Clicks { now, students } => {
                let clicks: Vec<_> = students
                    .into_iter()
                    .map(|student| (StudentId(student), ticket()))
                    .collect();
                let judge = |&(student, ticket): &(StudentId, TicketId)| {
                    room.click(student, ticket, window, Millis(now))
                };
                let expected: Vec<_> = clicks.iter().map(judge).collect();
                let admitted = clicks
                    .iter()
                    .zip(&expected)
                    .filter(|(_, verdict)| **verdict == Verdict::Admitted);
                on_their_way.extend(admitted.map(|(click, _)| *click));
                prop_assert_eq!(desk.offer(now, &clicks), (room.free(), expected));
            }
            Move::Refused { student, stands } => {
                let student = StudentId(student);
                let Some(refused) = on_their_way.remove(&student) else {
                    continue;
                };
                let standing = stands.then(&mut ticket);
                match standing {
                    Some(standing) => room.replace(student, refused, standing),
                    None => room.undo(student, refused),
                }
                desk.release(student, refused, standing);
            }
            // Who stands in the database would be in it: only histories without such a ticket can
            // be counted from an empty one.
            Move::Recount if room.clone().into_holders() == on_their_way => {
                desk.recount(window, seats, 0);
            }
            Move::Recount => {}
        }
    }
    Ok(())
}

#[test]
fn the_shared_desk_judges_as_the_room_does() {
    let redis = RedisServer::start();
    let client = ::redis::Client::open(redis.url()).expect("a client");
    let mut connection = client.get_connection().expect("a connection");
    let history = (
        0..10_i64,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        moves(),
    );
    let mut runner = TestRunner::new(ProptestConfig {
        cases: HISTORIES,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let connection = std::cell::RefCell::new(&mut connection);
    let outcome = runner.run(&history, |(seats, paused, doubted, is_final, moves)| {
        let connection = &mut **connection.borrow_mut();
        ::redis::cmd("FLUSHALL")
            .exec(connection)
            .expect("an empty Redis");
        let window = Window {
            opens_at: Millis(100),
            closes_at: Millis(200),
            paused,
        };
        play(
            &mut Desk {
                connection,
                epoch: 0,
                is_final,
            },
            window,
            seats,
            doubted,
            moves,
        )
    });
    outcome.expect("the script and the room agree");
    // A rebuild by a version that does not know the word leaves the one of an earlier desk.
    let connection = &mut **connection.borrow_mut();
    ::redis::cmd("FLUSHALL")
        .exec(connection)
        .expect("an empty Redis");
    let mut desk = Desk {
        connection,
        epoch: 0,
        is_final: true,
    };
    desk.recount(
        Window {
            opens_at: Millis(100),
            closes_at: Millis(200),
            paused: false,
        },
        0,
        0,
    );
    desk.offer(150, &[(StudentId(1), TicketId([1; 16]))]);
    ::redis::cmd("HSET")
        .arg(Desk::KEYS[0])
        .arg("epoch")
        .arg("2")
        .exec(&mut *desk.connection)
        .expect("another desk");
    (desk.epoch, desk.is_final) = (2, false);
    desk.offer(150, &[(StudentId(1), TicketId([1; 16]))]);
}

#[test]
fn a_desk_whose_staged_holders_got_lost_is_not_put_in_place() {
    let redis = RedisServer::start();
    let client = ::redis::Client::open(redis.url()).expect("a client");
    let mut connection = client.get_connection().expect("a connection");
    let mut desk = Desk {
        connection: &mut connection,
        epoch: 0,
        is_final: true,
    };
    let window = Window {
        opens_at: Millis(100),
        closes_at: Millis(200),
        paused: false,
    };
    let staged = format!("{{sale:1}}:staged:{}", desk.epoch + 1);
    assert_eq!(
        desk.rebuild(window, 0, 0, 1),
        "stale",
        "nothing was staged, or Redis forgot it"
    );
    ::redis::cmd("HSET")
        .arg(&staged)
        .arg(7)
        .arg("ticket")
        .exec(&mut *desk.connection)
        .expect("staged");
    assert_eq!(desk.rebuild(window, 0, 0, 2), "stale", "a part of it");
    ::redis::cmd("HSET")
        .arg(&staged)
        .arg(7)
        .arg(&[7_u8; 16][..])
        .exec(&mut *desk.connection)
        .expect("staged");
    assert_eq!(desk.rebuild(window, 0, 0, 1), "ok");
    desk.epoch += 1;
    assert_eq!(
        desk.offer(150, &[(StudentId(7), TicketId([8; 16]))]),
        (0, vec![Verdict::Yours(TicketId([7; 16]))])
    );
}
