//! How a noun declares its calls.

/// Calls of one noun, each handed on to the engine of the same name. The word before `fn` is the
/// call's `Urgency`: who waits for it, and so how long it may take where there is a network in
/// between.
macro_rules! store {
    ($($(#[$doc:meta])* $urgency:ident fn $name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {
        impl super::Store {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// [`StoreError`](super::StoreError) when the database can't be read or written.
                pub async fn $name(&self, $($arg: $kind),*) -> Result<$out, super::StoreError> {
                    use super::urgency::Urgency;
                    match self {
                        Self::Sqlite(engine) => Ok(engine.call(Urgency::$urgency, || engine.$name($($arg),*)).await?),
                        Self::Postgres(engine) => Ok(engine.call(Urgency::$urgency, || engine.$name($($arg),*)).await?),
                    }
                }
            )*
        }
    };
}
