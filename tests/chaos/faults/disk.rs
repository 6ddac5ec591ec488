//! A disk that is full for a while: a file of zeros takes all that is free, and goes again.

use crate::{episode::Strikes, shop::Shop};
use std::{
    fs::OpenOptions,
    io::Write,
    time::{Duration, Instant},
};

/// How long it is full.
const FULL_FOR: Duration = Duration::from_secs(4);
/// Bytes that are written at a time, down to a page.
const CHUNKS: [usize; 2] = [65_536, 4_096];

pub async fn full(shop: &mut Shop) -> Result<Strikes, String> {
    let path = shop
        .disk
        .as_ref()
        .expect("staged with a small disk")
        .path
        .join("ballast");
    let since = Instant::now();
    let mut refused = 0;
    while since.elapsed() < FULL_FOR {
        let mut ballast = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(|error| error.to_string())?;
        for size in CHUNKS {
            let zeros = vec![0; size];
            while ballast.write_all(&zeros).is_ok() {}
            refused += 1;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    std::fs::remove_file(&path).map_err(|error| error.to_string())?;
    // It heals without a restart: whoever died of it fails the episode.
    if !shop
        .instances
        .iter_mut()
        .all(crate::process::Instance::is_alive)
    {
        return Err(format!(
            "a full disk ended the process: {}",
            shop.instances[0].last_words()
        ));
    }
    Ok(Strikes {
        count: usize::from(refused > 0),
        ..Strikes::default()
    })
}
