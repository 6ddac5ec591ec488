use super::*;

#[test]
fn work_grows_with_the_pressure() {
    let bits = |minute| by_load(minute, 30);
    assert_eq!([0, 29].map(bits), [0, 0], "calm");
    assert_eq!([30, 59, 60, 120].map(bits), [15, 15, 16, 17]);
    assert_eq!(bits(1_000_000), 20, "no browser is asked for more");
    assert_eq!(by_load(0, 0), 15, "a shop that is never calm");
}

#[test]
fn work_grows_as_the_budget_goes() {
    let bits = |spent| by_budget(spent, 10_000);
    assert_eq!([0, 4_999].map(bits), [0, 0]);
    assert_eq!(
        [5_000, 7_499, 7_500, 8_750, 10_000, 20_000].map(bits),
        [15, 15, 16, 17, 20, 20]
    );
    assert_eq!(by_budget(0, 0), 15, "there is none");
}

#[test]
fn work_grows_with_what_was_refused() {
    let bits = |refused| by_refusals(refused, 100);
    assert_eq!(
        [0, 99, 100, 199, 200, 400, 1_000_000].map(bits),
        [0, 0, 15, 15, 16, 17, 20]
    );
}

#[test]
fn each_alarm_is_heard_once() {
    let heard = |codes| {
        (0..2 * codes)
            .filter_map(|before| alarm(before, codes))
            .collect::<Vec<_>>()
    };
    for codes in [5, 10, 99, 20_000] {
        assert_eq!(heard(codes), [50, 80, 100], "{codes}");
    }
    assert_eq!(heard(1), [100], "all at once");
}

#[test]
fn the_budget_keeps_a_part_for_students() {
    assert_eq!(
        Budget::new(20_000, 50),
        Budget {
            all: 20_000,
            away: 15_000,
            strangers: 10_000
        }
    );
    assert_eq!(
        Budget::new(20_000, 0),
        Budget {
            all: 20_000,
            away: 20_000,
            strangers: 20_000
        }
    );
    assert_eq!(
        Budget::new(1, 50),
        Budget {
            all: 1,
            away: 1,
            strangers: 1
        }
    );
}
