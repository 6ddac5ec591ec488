//! What hostile bytes meet first, for a few seconds: the seeds of the fuzzer, and what is near
//! them. `make fuzz` goes on for as long as one likes.

#[path = "../../fuzz/oracles/mod.rs"]
mod oracles;

use proptest::{
    prelude::{Strategy, any, prop},
    test_runner::{Config, TestRunner},
};
use qiangke::server::import;
use std::{collections::BTreeSet, fs, path::Path};

/// Changed seeds that each target is given.
const CASES: u32 = 2_000;
/// Pieces that are put into a seed at most.
const CHANGES_MAX: usize = 4;
/// What parsers stumble over.
const PIECES: [&[u8]; 12] = [
    b"\0",
    b"\xff",
    b"\r\n",
    b"%00",
    b"%25",
    b"\"",
    b"</script><!--",
    b";session=",
    b"-9223372036854775809",
    b"'",
    b"\xe2\x80\xae",
    b"\xf0\x9f\x8e\x93",
];

#[test]
fn nothing_hostile_gets_through() {
    for (name, holds) in oracles::ALL {
        let seeds = seeds(name);
        seeds.iter().for_each(|seed| holds(seed));
        let change = (
            any::<prop::sample::Index>(),
            prop::sample::select(PIECES.to_vec()),
            0..4_usize,
        );
        let changed = (
            prop::sample::select(seeds),
            prop::collection::vec(change, 0..=CHANGES_MAX),
        )
            .prop_map(|(mut text, changes)| {
                for (at, piece, less) in changes {
                    let at = at.index(text.len() + 1);
                    let end = text.len().min(at + less);
                    text.splice(at..end, piece.iter().copied());
                }
                text
            });
        let mut runner = TestRunner::new(Config {
            cases: CASES,
            failure_persistence: None,
            ..Config::default()
        });
        let ran = runner.run(&changed, |text| {
            holds(&text);
            Ok(())
        });
        assert!(ran.is_ok(), "{name}: {ran:?}");
    }
}

#[test]
fn every_target_is_built_seeded_and_named() {
    let names: BTreeSet<_> = oracles::ALL
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let manifest = fs::read_to_string(here("Cargo.toml")).expect("the fuzzer's manifest");
    let built = manifest
        .lines()
        .filter_map(|line| {
            line.strip_prefix("path = \"targets/")?
                .strip_suffix(".rs\"")
        })
        .map(str::to_owned);
    assert_eq!(built.collect::<BTreeSet<_>>(), names);
    for name in names {
        assert!(!seeds(&name).is_empty(), "{name} has no seeds");
        let target = fs::read_to_string(here(&format!("targets/{name}.rs"))).expect("a target");
        assert!(
            target.contains(&format!("qiangke_fuzz::{name}(data)")),
            "{name} calls another"
        );
    }
}

#[test]
fn a_dump_that_is_as_deep_as_it_is_long_is_refused() {
    const LINKS: usize = 50_000;
    let chains = [
        "+1",
        "::int",
        " is null",
        " at time zone 1",
        "-f(1,2)",
        " in (1,2)",
        " union select 1,1",
    ];
    for chain in chains {
        let value = format!("1{}", chain.repeat(LINKS));
        for sql in [
            format!("insert into luffy_course_category(id) values ({value});"),
            format!("insert into luffy_course_category(id) select {value};"),
        ] {
            let (_, faults) = import::examine(&sql);
            assert_eq!(faults.list().len(), 1, "{chain}");
        }
    }
    assert!(import::examine(import::SEED[0]).1.is_empty());
}

/// The small corpus that stands in the repository.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = fs::read_dir(here(&format!("seeds/{name}"))).expect("the seeds of a target");
    folder
        .map(|file| fs::read(file.expect("a file").path()).expect("a seed"))
        .collect()
}

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz")
        .join(path)
}
