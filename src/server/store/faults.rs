//! Faults that a test may inject.

/// Whether settlement's own condition stands guard; off only in the negative control of the tests,
/// which must oversell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Guard {
    /// `where remaining >= n`, and no more winners than remain.
    #[default]
    On,
    Off,
}

/// What a test may break on purpose. Handed to `server::start` as a value: no flag and no
/// environment variable sets it.
#[derive(Clone, Copy, Debug, Default)]
pub struct InjectedFaults {
    /// Admission lets every click through.
    pub admission_lifted: bool,
    pub guard: Guard,
    /// Servers share a database of PostgreSQL whatever their queues are: the lock of instances is
    /// not taken.
    pub instances_unlocked: bool,
}
