//! `qiangke banner`: the slides of the home page.

use super::there;
use crate::{
    server::{clock::Clock, config::BannerCommand, output::Output},
    types::{
        banner::{BadBanner, NewBanner},
        ids::BannerId,
    },
};
use anyhow::anyhow;

pub(super) async fn run(command: BannerCommand, output: &mut Output) -> anyhow::Result<()> {
    let now = Clock::System.now();
    match command {
        BannerCommand::Add { title, image, link, info, database } => {
            let NewBanner { title, image, link, info } =
                NewBanner::parse(&title, &image, &link, &info).map_err(|bad| refusal(bad, &image, &link))?;
            let id = super::open(&database).await?.add_banner(&title, &image, &link, &info, now).await?;
            output.done(format_args!("banner {id} is shown last"));
        }
        BannerCommand::List(database) => {
            for (banner, shown) in super::open(&database).await?.all_banners().await? {
                let state = if shown { "shown" } else { "hidden" };
                output.line(format_args!("{:>5} place {:>4} {state:6} {} -> {}", banner.id, banner.orders, banner.title, banner.link));
            }
        }
        BannerCommand::Hide { id, database } => {
            there(super::open(&database).await?.show_banner(BannerId(id), false, now).await?, "banner", id)?;
            output.done(format_args!("banner {id} is hidden"));
        }
        BannerCommand::Show { id, database } => {
            there(super::open(&database).await?.show_banner(BannerId(id), true, now).await?, "banner", id)?;
            output.done(format_args!("banner {id} is shown"));
        }
        BannerCommand::Order { id, place, database } => {
            there(super::open(&database).await?.order_banner(BannerId(id), place, now).await?, "banner", id)?;
            output.done(format_args!("banner {id} has place {place}"));
        }
    }
    Ok(())
}

fn refusal(bad: BadBanner, image: &str, link: &str) -> anyhow::Error {
    match bad {
        BadBanner::Line(flag, why) => anyhow!("--{flag}: {why}"),
        BadBanner::Image => anyhow!("--image {image:?}: a path below /media/, like banner/rush.png"),
        BadBanner::Link => anyhow!("--link {link:?}: a path of the shop like /courses, or an address of the web like https://example.com"),
    }
}
