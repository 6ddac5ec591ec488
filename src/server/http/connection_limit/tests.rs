use super::*;

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn limit(most: u32) -> Arc<ConnectionLimit> {
    ConnectionLimit::new(100, most, vec!["10.0.0.0/8".parse().expect("a network")])
}

/// A connection that rests, if there is room for it.
fn resting(limit: &Arc<ConnectionLimit>, from: &str) -> Option<ConnectionPermit> {
    let is_admitted = limit.admits(address(from)) == ConnectionAdmission::Admitted;
    is_admitted
        .then(|| limit.enter(address(from)))
        .inspect(|permit| permit.activity().is_seen())
}

/// A connection that is being answered.
fn busy(limit: &Arc<ConnectionLimit>, from: &str) -> Option<ConnectionPermit> {
    resting(limit, from).inspect(|permit| permit.activity().works())
}

fn is_told(permit: &ConnectionPermit) -> bool {
    permit.activity().is_leaving()
}

fn is_gone(permit: &ConnectionPermit) -> bool {
    permit.activity().is_going()
}

#[test]
fn an_address_has_its_share_and_gets_it_back() {
    let limit = limit(2);
    let (first, second) = (busy(&limit, "203.0.113.7"), busy(&limit, "203.0.113.7"));
    assert!(first.is_some() && second.is_some());
    assert!(busy(&limit, "203.0.113.7").is_none(), "a third one");
    assert!(busy(&limit, "203.0.113.8").is_some(), "somebody else's");
    drop(first);
    assert!(busy(&limit, "203.0.113.7").is_some());
    drop(second);
    assert!(
        limit.lock().holders.is_empty(),
        "nothing is kept of who has gone"
    );
}

#[test]
fn who_rests_makes_room_for_a_newcomer_of_the_same_address() {
    let limit = limit(2);
    let (first, second) = (
        busy(&limit, "203.0.113.7").expect("a permit"),
        resting(&limit, "203.0.113.7").expect("a permit"),
    );
    let third = resting(&limit, "203.0.113.7").expect("a permit");
    assert_eq!(
        [is_told(&first), is_told(&second), is_told(&third)],
        [false, true, false]
    );
    third.activity().works();
    assert!(
        resting(&limit, "203.0.113.7").is_none(),
        "who is told already makes no room twice"
    );
    drop(second);
    assert!(
        resting(&limit, "203.0.113.7").is_none(),
        "that was the third one's"
    );
    drop(third);
    assert!(resting(&limit, "203.0.113.7").is_some());
}

#[test]
fn who_was_told_and_had_a_request_to_answer_keeps_its_place() {
    let limit = limit(2);
    let permits = [(); 2].map(|()| resting(&limit, "203.0.113.7").expect("a permit"));
    let third = resting(&limit, "203.0.113.7").expect("a permit");
    // Their requests had come by the time they looked.
    for permit in permits.iter().chain([&third]) {
        permit.activity().works();
        assert!(permit.activity().heard() != Some(Dismissal::Leave));
    }
    assert!(
        resting(&limit, "203.0.113.7").is_none(),
        "a burst of requests holds no more than its share"
    );
}

#[test]
fn a_connection_that_nobody_looked_at_yet_does_not_rest() {
    let limit = limit(2);
    let new = [(); 2].map(|()| limit.enter(address("203.0.113.7")));
    assert_eq!(
        limit.admits(address("203.0.113.7")),
        ConnectionAdmission::Unclear,
        "its request may have come"
    );
    assert!(!limit.admits_at_last(address("203.0.113.7")));
    drop(new);
    assert_eq!(
        limit.admits(address("203.0.113.7")),
        ConnectionAdmission::Admitted
    );
}

#[test]
fn a_fruitless_look_is_not_repeated_at_once() {
    let limit = limit(2);
    let permits = [(); 2].map(|()| busy(&limit, "203.0.113.7").expect("a permit"));
    let now = limit.start.elapsed();
    let mut open = limit.lock();
    let held = open.holders.values_mut().next().expect("a holder");
    assert_eq!(held.admits(2, now), ConnectionAdmission::Refused);
    permits[0].activity().rests();
    assert_eq!(
        held.admits(2, now),
        ConnectionAdmission::Refused,
        "nobody looks at the one that rests now"
    );
    assert!(!is_told(&permits[0]));
    assert_eq!(
        held.admits(2, now + ROOM_PERIOD),
        ConnectionAdmission::Admitted
    );
    assert_eq!([is_told(&permits[0]), is_told(&permits[1])], [true, false]);
    assert_eq!(held.staying(), 1);
}

#[test]
fn who_went_after_it_was_told_is_counted_no_more() {
    let limit = limit(2);
    let first = resting(&limit, "203.0.113.7").expect("a permit");
    let _second = busy(&limit, "203.0.113.7").expect("a permit");
    let _third = busy(&limit, "203.0.113.7").expect("a permit in the place of the first");
    drop(first);
    let open = limit.lock();
    let held = open.holders.values().next().expect("a holder");
    assert_eq!((held.connections.len(), held.staying()), (2, 2));
}

#[test]
fn a_household_counts_as_one_and_a_proxy_as_none() {
    let limit = limit(1);
    let _first = busy(&limit, "2001:db8::1").expect("a permit");
    assert!(busy(&limit, "2001:db8::2").is_none());
    assert!(
        busy(&limit, "2001:db8:0:ff::1").is_none(),
        "a network of 64 bits costs a household nothing"
    );
    assert!(
        busy(&limit, "2001:db8:0:100::1").is_some(),
        "another household"
    );
    let permits: Vec<_> = (0..5).map(|_| busy(&limit, "::ffff:10.0.0.2")).collect();
    assert!(permits.iter().all(Option::is_some));
}

#[tokio::test]
async fn the_longest_rest_of_who_holds_most_makes_room() {
    let limit = limit(10);
    let few = [
        resting(&limit, "10.0.0.1"),
        resting(&limit, "10.0.0.1"),
        resting(&limit, "203.0.113.8"),
    ]
    .map(Option::unwrap);
    let many: Vec<_> = (0..3)
        .map(|_| resting(&limit, "203.0.113.7").expect("a permit"))
        .collect();
    tokio::time::sleep(Duration::from_millis(5)).await;
    many[0].activity().rests();
    many[2].activity().works();
    limit.make_room(address("198.51.100.1"), &mut Weak::new());
    assert_eq!(
        many.iter().map(is_told).collect::<Vec<_>>(),
        [false, true, false]
    );
    limit.make_room(address("198.51.100.1"), &mut Weak::new());
    assert_eq!(
        many.iter().map(is_told).collect::<Vec<_>>(),
        [true, true, false]
    );
    assert!(!few.iter().any(is_told));
}

#[test]
fn who_holds_many_connections_leaves_answers_unread_for_a_shorter_time() {
    let limit = limit(10);
    let stalled = |from: &str| {
        busy(&limit, from)
            .inspect(|permit| permit.activity().stalls())
            .expect("a permit")
    };
    let (one, many) = (
        stalled("203.0.113.8"),
        [stalled("203.0.113.7"), stalled("203.0.113.7")],
    );
    let mut told = Weak::new();
    let mut make_room = |after: Duration| {
        limit
            .lock()
            .make_room(1, 0, limit.start.elapsed() + after, &mut told);
    };
    let gone = || {
        (
            many.iter().filter(|permit| is_gone(permit)).count(),
            is_gone(&one),
        )
    };
    make_room(STALL_MIN_OF_MANY);
    assert_eq!(gone(), (1, false), "one goes");
    make_room(STALL_MIN_OF_MANY + ROOM_PERIOD);
    assert_eq!(gone(), (1, false), "and the others have time");
    make_room(STALL_MIN + 2 * ROOM_PERIOD);
    make_room(STALL_MIN + 3 * ROOM_PERIOD);
    assert_eq!(gone(), (2, true));
}

#[test]
fn who_holds_many_takes_no_place_from_who_holds_few() {
    let limit = limit(10);
    let few = resting(&limit, "203.0.113.8").expect("a permit");
    let many: Vec<_> = (0..3)
        .map(|_| busy(&limit, "203.0.113.7").expect("a permit"))
        .collect();
    many.iter().for_each(|permit| permit.activity().stalls());
    let mut told = Weak::new();
    let mut make_room = |has: usize, after: Duration| {
        limit
            .lock()
            .make_room(1, has, limit.start.elapsed() + after, &mut told);
    };
    make_room(3, Duration::ZERO);
    assert!(!is_gone(&few), "another one of three does not drive it out");
    make_room(0, STALL_MIN_OF_MANY);
    assert!(
        !is_gone(&few) && many.iter().filter(|permit| is_gone(permit)).count() == 1,
        "nor does any other, while there is an unread one"
    );
    make_room(1, ROOM_PERIOD);
    assert!(
        is_gone(&few),
        "who has as few gets its place when there is no other"
    );
}

#[test]
fn while_all_are_busy_one_is_asked_to_leave_after_its_answer() {
    let limit = limit(10);
    let mut permits: Vec<_> = (0..3)
        .map(|_| busy(&limit, "203.0.113.7").expect("a permit"))
        .collect();
    let (mut told, mut looks) = (Weak::new(), 0);
    let mut look = |told: &mut Weak<Activity>| {
        looks += 1;
        limit.lock().make_room(1, 0, ROOM_PERIOD * looks, told);
    };
    let asked =
        |permits: &[ConnectionPermit]| permits.iter().filter(|permit| is_told(permit)).count();
    (0..9).for_each(|_| look(&mut told));
    assert_eq!(
        asked(&permits),
        1,
        "one for a newcomer, however long it waits"
    );
    look(&mut Weak::new());
    assert_eq!(asked(&permits), 2, "another one for another newcomer");
    let at = permits
        .iter()
        .position(|permit| told.ptr_eq(&Arc::downgrade(permit.activity())))
        .expect("it is still there");
    assert_eq!(
        permits.swap_remove(at).activity().heard(),
        Some(Dismissal::Leave)
    );
    look(&mut told);
    assert_eq!(
        asked(&permits),
        2,
        "it has gone, and somebody else has its place"
    );
}
