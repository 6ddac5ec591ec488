//! Clients that are slow, and clients that are many.

use crate::{
    dice::Dice,
    episode::{Scene, Strikes},
    history::{Answer, Ticket},
    shop::Shop,
};
use std::{net::SocketAddr, time::Duration};
use tokio::{io::AsyncWriteExt, net::TcpStream, task::JoinSet};

/// Connections of slow clients.
const SLOW: usize = 400;
/// How long they stay.
const SLOW_FOR: Duration = Duration::from_secs(6);
/// Who polls without rest.
const STORM: usize = 96;
/// How long.
const STORM_FOR: Duration = Duration::from_secs(5);

/// Heads that come byte by byte, bodies that never end, and answers that nobody reads.
pub async fn slow(shop: &mut Shop, dice: &mut Dice) -> Result<Strikes, String> {
    let mut clients = JoinSet::new();
    for number in 0..SLOW {
        let address = *shop.instances[dice.below(shop.instances.len())]
            .recipe
            .address;
        clients.spawn(tokio::time::timeout(SLOW_FOR, dawdle(address, number % 3)));
    }
    let mut count = 0;
    while let Some(client) = clients.join_next().await {
        // Still there at the end, or sent away: it was slow either way.
        count += usize::from(client.is_ok());
    }
    Ok(Strikes {
        count,
        ..Strikes::default()
    })
}

async fn dawdle(address: SocketAddr, manner: usize) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    match manner {
        0 => {
            for byte in b"POST /api/v1/user/sckill/ HTTP/1.1\r\nhost: shop\r\nx-slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" {
                stream.write_all(&[*byte]).await?;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        1 => {
            let head = b"POST /api/v1/user/sckill/ HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{";
            stream.write_all(head).await?;
            tokio::time::sleep(SLOW_FOR).await;
        }
        _ => loop {
            stream.write_all(b"GET /courses HTTP/1.1\r\nhost: shop\r\n\r\n").await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        },
    }
    Ok(())
}

/// Everybody who has a ticket asks about it without rest.
pub async fn storm(shop: &mut Shop, scene: &Scene, dice: &mut Dice) -> Result<Strikes, String> {
    let held: Vec<(i64, i64, Ticket)> = scene
        .clients
        .history
        .events()
        .iter()
        .filter_map(|event| {
            if let Answer::Ticket(ticket) = event.answer {
                Some((event.student, event.sale, ticket))
            } else {
                None
            }
        })
        .collect();
    if held.is_empty() {
        return Ok(Strikes::default());
    }
    let mut asking = JoinSet::new();
    for _ in 0..STORM {
        let (student, sale, ticket) = held[dice.below(held.len())];
        let Some(student) = shop
            .students
            .iter()
            .find(|known| known.id == student)
            .cloned()
        else {
            continue;
        };
        let clients = scene.clients.clone();
        asking.spawn(tokio::time::timeout(STORM_FOR, async move {
            loop {
                clients.poll(&student, sale, ticket).await;
            }
        }));
    }
    let count = asking.len();
    while asking.join_next().await.is_some() {}
    Ok(Strikes {
        count,
        ..Strikes::default()
    })
}
